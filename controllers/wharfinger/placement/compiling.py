"""From a placement to what the scheduler understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wharfinger.api.operation import Spread
from wharfinger.api.tasks import TasksBlock
from wharfinger.placement.load import Loads
from wharfinger.placement.node import Node
from wharfinger.placement.pod_placement import PodPlacement


def pod_placement(
    block: TasksBlock,
    *,
    selector: Mapping[str, str],
    nodes: Sequence[Node] | None,
    load: Loads | None = None,
    spread: Spread | None = None,
) -> PodPlacement:
    """The placement of a workload's tasks.

    `selector` are the labels of all its pods. `nodes` are all nodes of the cluster, None where they are not watched:
    what cannot be said without them is an error finding. `load` is what runs on them (`loads`); None where that is not
    known. `spread` is the workload's `spec.spread`. What `check` finds is not found here again: a constraint that is
    no constraint fits no node.
    """
    raise NotImplementedError(block, selector, nodes, load, spread)
