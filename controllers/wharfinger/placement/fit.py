"""Hold a placement against nodes: for tasks by node, and for tasks whose node changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.tasks import Placement, TasksBlock
from wharfinger.placement import words
from wharfinger.placement.constraint import Constraint, matches
from wharfinger.placement.load import IDLE, Load, Loads
from wharfinger.placement.node import CONTROL_PLANE, Node, Taint
from wharfinger.placement.placing import own_terms
from wharfinger.placement.query import QueryError
from wharfinger.placement.query.compiling import dynamic
from wharfinger.placement.query.holding import holds
from wharfinger.placement.requirement import met

_CONDITIONS: Final = "node.kubernetes.io/"
"""Prefix of the taints by which Kubernetes says that a node is not ready, cordoned or short of something.

Those pass, or are told by `Node.takes_new`: they do not say which tasks a node is for.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligible:
    """A node that gets a task, where each has one."""

    name: str
    takes_new: bool
    """False: cordoned, paused or not ready. What runs there stays, nothing new or changed starts."""


def fits(block: TasksBlock, node: Node, *, pod: Object, load: Load = IDLE) -> bool:
    """Whether a task could run on a node: placement, and the PodSpec's own selectors, tolerations and OS."""
    return (
        _fits(block.placement, node, pod)
        and _selected(block.placement, node, load)
        and _tolerated(block.placement, node, pod, effects=("NoSchedule", "NoExecute"))
    )


def _stays(block: TasksBlock, node: Node, pod: Object) -> bool:
    """Whether a task that runs there may stay: as a DaemonSet's pods do, it need not tolerate NoSchedule any more.

    Nor is it asked what runs on the node: it does itself.
    """
    return (
        _fits(block.placement, node, pod)
        and not misfit(block, node)
        and _tolerated(block.placement, node, pod, effects=("NoExecute",))
    )


def eligible(
    block: TasksBlock,
    nodes: Iterable[Node],
    *,
    pod: Object,
    load: Loads | None = None,
    running: Collection[str] = (),
) -> tuple[Eligible, ...]:
    """The nodes that are to have a task: those that fit, neither drained nor lost; by name.

    `pod` is the PodSpec that tasks are made from. `running` are the nodes where a task is already.
    """
    known = load or {}
    return tuple(
        Eligible(name=node.name, takes_new=node.takes_new)
        for node in sorted(nodes, key=lambda node: node.name)
        if not (node.lost or node.availability == "drain")
        and (
            _stays(block, node, pod)
            if node.name in running
            else fits(block, node, pod=pod, load=known.get(node.name, IDLE))
        )
    )


def drained(nodes: Iterable[Node], used: Iterable[str] = ()) -> frozenset[str]:
    """Names of the nodes that are drained or lost; and of those in `used` that are gone."""
    by_name = {node.name: node for node in nodes}
    gone = frozenset(used) - by_name.keys()
    return gone | {name for name, node in by_name.items() if node.lost or node.availability == "drain"}


def misfit(block: TasksBlock, node: Node) -> bool:
    """Whether a task that runs on a node does not fit there any more, by the placement of today's spec.

    Swarm's constraint enforcer looks at all tasks so, ECS at those of a daemon; here it is all of them, since a change
    of placement alone moves tasks too. What depends on what runs (`task:group`) is asked once, when a task starts.
    """
    placement = block.placement
    return not _constrained(placement, node) or not _selected(placement, node, IDLE, static=True)


def _constrained(placement: Placement, node: Node) -> bool:
    """Whether all of Swarm's constraints hold; one that is none never does."""
    return all(isinstance(each, Constraint) and matches(each, node) for _, each in words.constraints(placement))


def _fits(placement: Placement, node: Node, pod: Object) -> bool:
    """What does not depend on what runs, nor on taints."""
    own = pod.get("nodeSelector") or {}
    return (
        (node.role == "worker" or words.on_control_plane(placement))
        and _constrained(placement, node)
        and all(node.labels.get(key) == value for key, value in own.items())
        and met(own_terms((pod.get("affinity") or {}).get("nodeAffinity") or {}), node)
        and (pod.get("os") or {}).get("name", node.os) == node.os
    )


def _selected(placement: Placement, node: Node, load: Load, *, static: bool = False) -> bool:
    """Whether all expressions hold; `static`: of those that do not depend on what runs."""
    return all(
        not isinstance(each, QueryError) and ((static and dynamic(each)) or holds(each, node, load))
        for _, each in words.expressions(placement)
    )


def _tolerated(placement: Placement, node: Node, pod: Object, *, effects: Collection[str]) -> bool:
    tolerations = list(pod.get("tolerations") or ())
    if words.on_control_plane(placement):
        tolerations.append({"key": CONTROL_PLANE, "operator": "Exists"})
    return all(
        any(_tolerates(each, taint) for each in tolerations)
        for taint in node.taints
        if taint.effect in effects and not taint.key.startswith(_CONDITIONS)
    )


def _tolerates(toleration: Mapping[str, str], taint: Taint) -> bool:
    """core/v1 Toleration: an empty key with Exists tolerates all, an empty effect each."""
    if toleration.get("effect") not in (None, "", taint.effect):
        return False
    exists = toleration.get("operator") == "Exists"
    key = toleration.get("key") or ""
    if key != taint.key and not (exists and not key):
        return False
    return exists or (toleration.get("value") or "") == taint.value
