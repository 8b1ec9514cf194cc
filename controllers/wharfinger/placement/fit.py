"""Hold a placement against nodes: for tasks by node, and for tasks whose node changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wharfinger.api.resource import Object
from wharfinger.api.tasks import TasksBlock
from wharfinger.placement.load import Loads
from wharfinger.placement.node import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligible:
    """A node that gets a task, where each has one."""

    name: str
    takes_new: bool
    """False: cordoned, paused or not ready. What runs there stays, nothing new or changed starts."""


def fits(block: TasksBlock, node: Node, *, pod: Object, load: Loads | None = None) -> bool:
    """Whether a task could run on a node: placement, and the PodSpec's own selectors, tolerations and OS."""
    raise NotImplementedError(block, node, pod, load)


def eligible(
    block: TasksBlock, nodes: Iterable[Node], *, pod: Object, load: Loads | None = None
) -> tuple[Eligible, ...]:
    """The nodes that are to have a task, by name: those that fit, and are neither drained nor lost."""
    raise NotImplementedError(block, nodes, pod, load)


def drained(nodes: Sequence[Node], used: Iterable[str]) -> frozenset[str]:
    """Of the names of nodes where tasks are (or of all that are known), those drained, lost, or gone."""
    return frozenset(nodes and used)


def misfit(block: TasksBlock, node: Node) -> bool:
    """Whether a task that runs on a node does not fit there any more."""
    raise NotImplementedError(block, node)
