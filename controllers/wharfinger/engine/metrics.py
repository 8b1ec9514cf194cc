"""Everything that the operator counts, under one registry, by the Prometheus naming rules.

Label look-ups of prometheus-client take a lock and hash every label, so hot paths hold on to their children
(`Metrics.request`, `QueueMetrics`). Counters whose labels are known beforehand are there at 0 from the beginning: of a
series that begins at 1, Prometheus sees no increase.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from platform import python_version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from wharfinger.engine.census import Census

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, that nobody reads

_REQUEST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_WORK_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)


class Metrics:
    """The operator's metrics. One instance a process, or one an operator where tests run several."""

    def __init__(
        self, registry: CollectorRegistry | None = None, *, ours: Callable[[str], bool] = lambda _namespace: True
    ) -> None:
        """``ours`` says whether this process answers for a namespace now: only its objects are counted by state."""
        self.registry = registry if registry is not None else CollectorRegistry()
        self._engine(self.registry)
        self.census = Census(self.registry, ours=ours)
        self._requests: dict[tuple[str, str, int], Counter] = {}
        self._durations: dict[tuple[str, str], Histogram] = {}

    def _engine(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"wharfinger_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"wharfinger_{name}", text, labels, registry=registry)

        def seconds(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"wharfinger_{name}_seconds", text, labels, buckets=buckets, registry=registry)

        self.reconciles = counter(
            "reconciles_total", "Reconciles: success, retry, error, lost (the Lease, meanwhile).", "kind", "result"
        )
        self.reconcile_duration = seconds("reconcile_duration", "Time of one reconcile.", _WORK_BUCKETS, "kind")
        self.queue_depth = gauge("queue_depth", "Keys that wait to be reconciled.", "kind")
        self.queue_latency = seconds("queue_latency", "Wait of a key until it is reconciled.", _WORK_BUCKETS, "kind")
        self.queue_retries = counter("queue_retries_total", "Keys that were put back after an error.", "kind")
        self.api_requests = counter(
            "api_requests_total",
            "Requests to the API server, watches aside; code none: no answer.",
            *("verb", "resource", "code"),
        )
        self.api_duration = seconds(
            "api_request_duration", "Time until the API server answered.", _REQUEST_BUCKETS, "verb", "resource"
        )
        self.store_objects = gauge("store_objects", "Objects in the cache.", "resource")
        self.watch_events = counter("watch_events_total", "Events received by watches.", "resource")
        self.watch_restarts = counter(
            "watch_restarts_total", "Watches begun again: ended, gone, error.", "resource", "reason"
        )
        self.drift_repairs = counter("drift_repairs_total", "Owned objects changed by others, put right.", "resource")
        self.events_dropped = counter(
            "events_dropped_total", "Kubernetes Events not written: rate, backlog, refused, lease.", "reason"
        )
        self.rollbacks = counter("rollbacks_total", "Automatic rollbacks begun.", "kind")
        self.admission_reviews = counter(
            "admission_reviews_total",
            "Admission reviews: allowed, warned, denied; without a kind ignored and error (let through unjudged).",
            *("kind", "result"),
        )
        self.leader = gauge("leader", "1 while this process holds the lease.", "lease")
        build = gauge("build_info", "Always 1; the labels say what runs.", "version", "python")
        build.labels(version("wharfinger"), python_version()).set(1)

    def queue(self, kind: str) -> QueueMetrics:
        """The queue metrics of one kind, looked up once."""
        return QueueMetrics(
            self.queue_depth.labels(kind), self.queue_latency.labels(kind), self.queue_retries.labels(kind)
        )

    def request(self, verb: str, resource: str, code: int, seconds: float) -> None:
        """Count one request; ``code`` 0 means that no answer came."""
        counted = self._requests.get((verb, resource, code))
        if counted is None:
            counted = self.api_requests.labels(verb, resource, str(code) if code else "none")
            self._requests[verb, resource, code] = counted
        counted.inc()
        timed = self._durations.get((verb, resource))
        if timed is None:
            timed = self._durations[verb, resource] = self.api_duration.labels(verb, resource)
        timed.observe(seconds)

    def text(self) -> bytes:
        """All metrics in the text exposition format."""
        return generate_latest(self.registry)


@dataclass(frozen=True, slots=True)
class QueueMetrics:
    """What a work queue counts."""

    depth: Gauge
    latency: Histogram
    retries: Counter
