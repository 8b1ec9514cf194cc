"""Where tasks may run: Swarm's constraints, preferences and limits, ECS's expressions and strategies. Pure.

A document's `spec.tasks.placement` is looked at in three ways:

- `check` says what is wrong with it whatever the nodes are; it needs no cluster.
- `pod_placement` compiles it, with the nodes as they are, to what the scheduler understands: affinity, topology spread,
  tolerations, extended resources. Once for a workload, then ``.at(slot=…)`` or ``.at(node=…)`` for each task, and
  `placed` writes it into a PodSpec.
- `eligible` and `misfit` hold it against nodes, for what the scheduler does not do: tasks by node, and tasks whose node
  does not fit any more.

Placement is no part of a revision: it may change without new pods, and moves only those that no longer fit.
"""

from wharfinger.placement.check import check
from wharfinger.placement.compiling import pod_placement
from wharfinger.placement.fit import Eligible, drained, eligible, fits, misfit
from wharfinger.placement.load import GROUP_LABEL, Load, Loads, loads
from wharfinger.placement.node import (
    AVAILABILITY_ANNOTATION,
    ENGINE_LABEL_PREFIX,
    Availability,
    Node,
    Role,
    read_node,
    trim_node,
)
from wharfinger.placement.placing import placed
from wharfinger.placement.pod_placement import LANE_LABEL, PodPlacement

__all__ = [
    "AVAILABILITY_ANNOTATION",
    "ENGINE_LABEL_PREFIX",
    "GROUP_LABEL",
    "LANE_LABEL",
    "Availability",
    "Eligible",
    "Load",
    "Loads",
    "Node",
    "PodPlacement",
    "Role",
    "check",
    "drained",
    "eligible",
    "fits",
    "loads",
    "misfit",
    "placed",
    "pod_placement",
    "read_node",
    "trim_node",
]
