"""Which objects are in which state, told to Prometheus when it asks.

Nothing is counted up and down as objects move: a scrape counts what is there, and only what this process answers for
at that moment. So the sum over all replicas is right while shards move between them.

Labels say ``workload_namespace`` and ``workload``, not ``namespace`` and ``name``: Prometheus gives each series the
namespace and pod of what it scraped, and would rename ours to ``exported_namespace``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from wharfinger.api.resource import Key

STATES = ("ready", "reconciling", "stalled", "not-ready")
"""Shown for each namespace that has objects, at 0 too: a line that ends looks like a target that is gone."""

NAMED = 500
"""Stalled objects shown by name; the first in order. With more of them, the names are not what matters."""


class State(NamedTuple):
    """How one object is: one of `STATES`, and the reason of its condition."""

    word: str
    reason: str = ""


class Census(Collector):
    """The states of all objects of all kinds. One a registry."""

    def __init__(self, registry: CollectorRegistry, *, ours: Callable[[str], bool] = lambda _namespace: True) -> None:
        """``ours`` says whether this process answers for a namespace now."""
        self._ours = ours
        self._states: dict[tuple[str, Key], State] = {}
        registry.register(self)

    def note(self, kind: str, key: Key, state: State) -> None:
        """The object is in that state from now on."""
        self._states[kind, key] = state

    def forget(self, kind: str, key: Key) -> None:
        """The object is gone."""
        self._states.pop((kind, key), None)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Names and labels, without samples."""
        return (_counts(), _stalled())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What a scrape shows."""
        namespaces = {namespace for _, (namespace, _) in self._states}
        ours = {namespace for namespace in namespaces if self._ours(namespace)}
        states = {who: state for who, state in self._states.items() if who[1][0] in ours}
        counts, stalled = _counts(), _stalled()
        counted = Counter((kind, namespace, state.word) for (kind, (namespace, _)), state in states.items())
        for kind, namespace in sorted({(kind, namespace) for kind, namespace, _ in counted}):
            for word in STATES:
                counts.add_metric((kind, namespace, word), counted[kind, namespace, word])
        for kind, (namespace, name) in sorted(who for who, state in states.items() if state.word == "stalled")[:NAMED]:
            stalled.add_metric((kind, namespace, name, states[kind, (namespace, name)].reason), 1)
        yield counts
        yield stalled


def _counts() -> GaugeMetricFamily:
    labels = ("kind", "workload_namespace", "state")
    text = f"Resources, by the state they are in: {', '.join(STATES)}; each replica counts those that it leads."
    return GaugeMetricFamily("wharfinger_workloads", text, labels=labels)


def _stalled() -> GaugeMetricFamily:
    labels = ("kind", "workload_namespace", "workload", "reason")
    text = f"1 for each resource that will not get well by itself; the first {NAMED} of them."
    return GaugeMetricFamily("wharfinger_workload_stalled", text, labels=labels)
