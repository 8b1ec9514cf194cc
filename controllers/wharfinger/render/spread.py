"""Topology spread: the workload's pods are kept apart over nodes and zones.

Both constraints count the pods of one revision only (`matchLabelKeys`), since during a rolling update the old pods are
about to go and would skew the new ones' places
(kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints). The key is our own revision label, which
every mode's pods carry, and not ``pod-template-hash``, which only a Deployment's do.
"""

from __future__ import annotations

from wharfinger.api.containerworkload import Workload
from wharfinger.api.labels import REVISION_LABEL
from wharfinger.api.resource import Object
from wharfinger.render.metadata import selector

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"

SPREAD_MODES = frozenset({"service", "stateful"})
"""Modes with interchangeable replicas; a DaemonSet is spread by nature, a bare pod is one, jobs pack."""


def spread_constraints(workload: Workload) -> list[Object]:
    """topologySpreadConstraints over nodes (binding where `spread.strict`) and over zones (always best effort)."""
    spread = workload.spec.spread
    if not spread.enabled or workload.spec.mode not in SPREAD_MODES:
        return []
    over_nodes = "DoNotSchedule" if spread.strict else "ScheduleAnyway"
    return [_constraint(workload, HOSTNAME, over_nodes), _constraint(workload, ZONE, "ScheduleAnyway")]


def _constraint(workload: Workload, topology_key: str, when_unsatisfiable: str) -> Object:
    return {
        "maxSkew": 1,
        "topologyKey": topology_key,
        "whenUnsatisfiable": when_unsatisfiable,
        "labelSelector": {"matchLabels": selector(workload)},
        "matchLabelKeys": [REVISION_LABEL],
    }
