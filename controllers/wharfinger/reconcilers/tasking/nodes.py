"""The nodes, as a workload's tasks see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from wharfinger.api.resource import Object
from wharfinger.api.tasks import TasksBlock
from wharfinger.placement import Load, Node, eligible, misfit
from wharfinger.rollout.tasks.machine import Fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where tasks may be."""

    nodes: tuple[Node, ...] | None
    """All nodes, None where they are not watched."""
    fits: tuple[Fit, ...] = ()
    """Tasks by node: the nodes that are to have one."""
    misfits: frozenset[str] = frozenset()
    """Nodes of tasks that do not fit the placement any more."""
    drained: frozenset[str] = frozenset()
    """Nodes that are drained."""
    down: frozenset[str] = frozenset()
    """Nodes of tasks that are silent, or gone."""
    gone: frozenset[str] = frozenset()
    """Those of them that do not exist."""


def ground(
    block: TasksBlock,
    nodes: tuple[Node, ...] | None,
    *,
    pod: Object,
    used: Collection[str],
    load: Mapping[str, Load] | None = None,
) -> Ground:
    """What the nodes mean. `pod` is the PodSpec that tasks are made from, `used` the nodes where tasks are."""
    if nodes is None:
        return Ground(nodes=None)
    known = {node.name: node for node in nodes}
    here = [node for name in used if (node := known.get(name)) is not None]
    gone = frozenset(used) - known.keys()
    return Ground(
        nodes=nodes,
        fits=_fits(block, nodes, pod=pod, used=used, load=load) if block.per_node else (),
        misfits=frozenset(node.name for node in here if misfit(block, node)),
        drained=frozenset(node.name for node in nodes if node.availability == "drain"),
        down=gone | {node.name for node in here if node.lost},
        gone=gone,
    )


def _fits(
    block: TasksBlock,
    nodes: tuple[Node, ...],
    *,
    pod: Object,
    used: Collection[str],
    load: Mapping[str, Load] | None,
) -> tuple[Fit, ...]:
    found = eligible(block, nodes, pod=pod, load=load, running=used)
    return tuple(Fit(name=each.name, takes_new=each.takes_new) for each in found)
