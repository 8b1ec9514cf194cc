"""What the dashboard shows, row by row: the workloads first, then what makes them late, then the process itself.

Workloads are counted by the leader alone, so they are summed over all pods; the rest can be narrowed to one pod.
"""

from __future__ import annotations

from scripts.dashboard.panels import Query, by_state, graph, listing, numbers, row, timeline

_OURS = 'namespace=~"$namespace", pod=~"$pod"'
_WORKLOADS = 'namespace=~"$namespace", workload_namespace=~"$workload_namespace"'
_PROCESS = f"and on (job, instance) wharfinger_build_info{{{_OURS}}}"
"""Other programs have metrics of these names as well."""


def _rate(metric: str, by: str, more: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{{{_OURS}{more}}}[$__rate_interval]))"


def _count(metric: str, by: str, more: str = "") -> str:
    return f"sum by ({by}) (increase({metric}{{{_OURS}{more}}}[$__rate_interval]))"


def _quantiles(metric: str, by: str, *quantiles: float) -> tuple[Query, ...]:
    """Seconds that so much of all took at most."""
    rate = _rate(f"{metric}_bucket", f"le, {by}")
    return tuple(
        Query(f"histogram_quantile({quantile}, {rate})", f"{{{{{by}}}}} p{quantile * 100:.0f}")
        for quantile in quantiles
    )


_FAILED = _rate("wharfinger_reconciles_total", "kind", ', result="error"')

WORKLOADS = row(
    "Workloads",
    by_state(
        numbers(
            "Workloads by state",
            "How many there are now. Stalled ones do not get well by themselves.",
            Query(f"sum by (state) (wharfinger_workloads{{{_WORKLOADS}}})", "{{state}}"),
        )
    ),
    timeline(
        "Leader",
        "Which pod holds which Lease. At every moment one pod each, but for seconds at a hand-over.",
        Query(f'max by (lease, pod) (wharfinger_leader{{{_OURS}, lease=~"$lease"}})', "{{lease}} {{pod}}"),
        names={1: ("leads", "green"), 0: ("waits", "text")},
        width=12,
    ),
    by_state(
        graph(
            "Workloads over time",
            "The same, over time. Much blue for long: pods do not become ready, or the operator is behind.",
            Query(f"sum by (state) (wharfinger_workloads{{{_WORKLOADS}}})", "{{state}}"),
            stacked=True,
        )
    ),
    listing(
        "Stalled workloads",
        "Each needs a person: `wharfinger status NAME` says what for.",
        Query(
            f"max by (kind, workload_namespace, workload, reason) (wharfinger_workload_stalled{{{_WORKLOADS}}}) > 0",
            "{{workload}}",
        ),
        columns={"workload_namespace": "namespace", "workload": "workload", "kind": "kind", "reason": "reason"},
        width=16,
    ),
    graph(
        "Rollbacks",
        "Rollouts that failed, so that the last good revision runs again.",
        Query(_count("wharfinger_rollbacks_total", "kind"), "{{kind}}"),
        width=12,
    ),
    graph(
        "Drift repairs",
        "Objects that others changed and that were put right. Again and again: two fight over a field.",
        Query(_count("wharfinger_drift_repairs_total", "resource"), "{{resource}}"),
        width=12,
    ),
)

RECONCILING = row(
    "Reconciling",
    graph(
        "Reconciles",
        "By outcome. retry: tried again, as after a conflict or without the API server; error: not expected.",
        Query(_rate("wharfinger_reconciles_total", "kind, result"), "{{kind}} {{result}}"),
        unit="ops",
    ),
    graph(
        "Duration of a reconcile",
        "With the writes that it waited for.",
        *_quantiles("wharfinger_reconcile_duration_seconds", "kind", 0.5, 0.99),
        unit="s",
    ),
    graph(
        "Errors",
        "Part of all reconciles that ended in an error.",
        Query(f"{_FAILED} / {_rate('wharfinger_reconciles_total', 'kind')}", "{{kind}}"),
        unit="percentunit",
    ),
    graph(
        "Queue",
        "Keys that wait. It peaks when an operator starts, and must fall to 0.",
        Query(f"sum by (kind) (wharfinger_queue_depth{{{_OURS}}})", "{{kind}}"),
    ),
    graph(
        "Wait in the queue",
        "From the event to the begin of its reconcile.",
        *_quantiles("wharfinger_queue_latency_seconds", "kind", 0.5, 0.99),
        unit="s",
    ),
    graph(
        "Retries",
        "Keys put back after a reconcile that failed; each waits longer than before.",
        Query(_rate("wharfinger_queue_retries_total", "kind"), "{{kind}}"),
        unit="ops",
    ),
)

API_SERVER = row(
    "API server",
    graph(
        "Requests by verb",
        "Watches aside. An operator with nothing to do only renews its Lease.",
        Query(_rate("wharfinger_api_requests_total", "verb"), "{{verb}}"),
        unit="reqps",
    ),
    graph(
        "Requests by code",
        "409: somebody was faster; 403: a right or a quota is lacking; 429: told to slow down; none: no answer.",
        Query(_rate("wharfinger_api_requests_total", "code"), "{{code}}"),
        unit="reqps",
    ),
    graph(
        "Latency",
        "Until the answer was read, for 99 of 100 requests.",
        *_quantiles("wharfinger_api_request_duration_seconds", "verb", 0.99),
        unit="s",
    ),
)

CACHES = row(
    "Watches and caches",
    graph(
        "Watch events",
        "What the API server tells of changes.",
        Query(_rate("wharfinger_watch_events_total", "resource"), "{{resource}}"),
        unit="ops",
    ),
    graph(
        "Watches begun again",
        "ended: as it should, after 5 to 10 minutes; gone: too far behind, listed anew; error: broken off or refused.",
        Query(_count("wharfinger_watch_restarts_total", "resource, reason"), "{{resource}} {{reason}}"),
    ),
    graph(
        "Objects in the cache",
        "They are most of the memory.",
        Query(f"max by (resource) (wharfinger_store_objects{{{_OURS}}})", "{{resource}}"),
    ),
)

PROCESS = row(
    "Process",
    graph(
        "CPU",
        "Cores in use.",
        Query(f"rate(process_cpu_seconds_total[$__rate_interval]) {_PROCESS}", "{{pod}}"),
        width=6,
    ),
    graph(
        "Memory",
        "Resident; what the container's limit is about.",
        Query(f"process_resident_memory_bytes {_PROCESS}", "{{pod}}"),
        unit="bytes",
        width=6,
    ),
    graph(
        "Events not written",
        "Kubernetes Events that were dropped. rate: too many about one object; backlog: too many in all.",
        Query(_count("wharfinger_events_dropped_total", "reason"), "{{reason}}"),
        width=6,
    ),
    graph(
        "Versions",
        "Pods by what they run. Two versions for long: an update of the operator is stuck.",
        Query(f"count by (version, python) (wharfinger_build_info{{{_OURS}}})", "{{version}} on Python {{python}}"),
        stacked=True,
        width=6,
    ),
)

ROWS = (WORKLOADS, RECONCILING, API_SERVER, CACHES, PROCESS)
