"""What placement means for a pod: the parts of a PodSpec that say where it may run, and where it would best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.placement.node import HOSTNAME, Node
from wharfinger.placement.requirement import ANYWHERE, Terms, both, met, named

LANE_LABEL: Final = "wharfinger.dev/lane"
"""On tasks with `maxReplicasPerNode` above 1: slot modulo that number. Two tasks of a lane never share a node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodPlacement:
    """Where a workload's tasks may run. `at` makes it that of one task; `placing.placed` writes it into a PodSpec."""

    nodes: Terms = ANYWHERE
    """Required node affinity."""
    near: tuple[Object, ...] = ()
    """Required podAffinityTerms."""
    apart: tuple[Object, ...] = ()
    """Required pod anti-affinity, as podAffinityTerms."""
    rather_near: tuple[Object, ...] = ()
    """Preferred pod affinity, as weightedPodAffinityTerms."""
    spread: tuple[Object, ...] = ()
    """topologySpreadConstraints."""
    tolerations: tuple[Object, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    """For the pod, beside those that it has."""
    resources: Mapping[str, str] = field(default_factory=dict)
    """Extended resources of the main container, as request and as limit."""
    lanes: int = 0
    """How many lanes slots are dealt to; 0: none."""
    selector: Mapping[str, str]
    """Labels of the workload's pods."""
    findings: tuple[Finding, ...] = ()
    """What is not honoured as written, or could not be with the nodes as they are."""

    def among(self, nodes: Iterable[Node]) -> tuple[Node, ...]:
        """Of these nodes those that a pod may run on, by its node affinity."""
        return tuple(node for node in nodes if met(self.nodes, node))

    def at(self, *, slot: int | None = None, node: str | None = None) -> PodPlacement:
        """That of the task of a slot, or of a node: by node there is nothing to spread or to keep apart."""
        if node is not None:
            return replace(self, nodes=both(named(node), self.nodes), spread=(), apart=(), rather_near=())
        if not self.lanes or slot is None:
            return self
        lane = {LANE_LABEL: str(slot % self.lanes)}
        return replace(self, labels={**self.labels, **lane}, apart=(*self.apart, on_a_node({**self.selector, **lane})))


def on_a_node(labels: Mapping[str, str]) -> Object:
    """A podAffinityTerm: the nodes where a pod with these labels runs."""
    return {"labelSelector": {"matchLabels": dict(labels)}, "topologyKey": HOSTNAME}
