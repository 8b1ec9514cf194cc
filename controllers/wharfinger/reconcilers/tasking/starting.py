"""The Pods of tasks to start: what a machine decided, its revision's template, today's placement."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from wharfinger.api.builtin import POD
from wharfinger.api.containerworkload import Workload
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.api.tasks import TasksBlock
from wharfinger.engine.desired import Desired, prepare
from wharfinger.placement import Node, PodPlacement, check, fits, placed, pod_placement
from wharfinger.reconcilers.tasking.nodes import Ground
from wharfinger.reconcilers.view import View
from wharfinger.render import Placed, TaskIdentity, Template, selector, task_pod
from wharfinger.render.names import main_container
from wharfinger.render.templating import expanded, has_templates, is_template, template_findings, texts, values
from wharfinger.rollout import RevisionRef
from wharfinger.rollout.tasks.machine import Start
from wharfinger.rollout.tasks.task import Place, Task

_ID_BYTES = 5
"""Eight letters and digits: none is given twice within what is remembered of a workload."""


def placement_of(view: View, block: TasksBlock, land: Ground) -> PodPlacement:
    """Where tasks that start now may run."""
    spec = view.workload.spec
    return pod_placement(block, selector=selector(view.workload), nodes=land.nodes, load=view.loads, spread=spec.spread)


@dataclass(frozen=True, kw_only=True)
class Starting:
    """What Pods are made from."""

    workload: Workload
    block: TasksBlock
    placement: PodPlacement
    nodes: tuple[Node, ...] | None
    """All nodes, None where they are not watched."""
    template: Callable[[RevisionRef], Template]
    """What a revision runs."""

    @cached_property
    def fitting(self) -> tuple[Node, ...] | None:
        """Nodes that a task may run on: what Swarm's templates say of its platform is known by them."""
        if self.nodes is None:
            return None
        return tuple(node for node in self.nodes if fits(self.block, node, pod={"containers": []}))


def to_start(making: Starting, starts: Iterable[Start], tasks: tuple[Task, ...]) -> Iterator[Desired]:
    """The Pods, each to be made once and then left as it is."""
    known = _ids_by_place(tasks)
    for start in starts:
        ids = known.setdefault(start.place, [])
        identity = TaskIdentity(
            id=new_id(making.workload.uid, start, ids),
            slot=start.place.slot,
            node=start.place.node,
            iteration=start.iteration,
            cause=start.cause,
        )
        ids.append(identity.id)
        made = task_pod(making.workload, making.template(start.revision), identity, _placed(making, identity))
        yield prepare(POD, made, wave=1, once=True)


def new_id(workload: str, start: Start, known: Iterable[str]) -> str:
    """An id that follows from what is known of the place.

    Whoever decides the same from the same view, a moment after a crash or from a stale cache, asks for the same Pod:
    the API server makes it once.
    """
    seed = "/".join((workload, start.place.label, str(start.iteration), *sorted(known)))
    digest = blake2b(seed.encode(), digest_size=_ID_BYTES).digest()
    return base64.b32encode(digest).decode().lower()


def start_findings(making: Starting) -> tuple[Finding, ...]:
    """What keeps tasks from starting, or will not be as written: placement, and Swarm's templates."""
    block, placement = making.block, making.placement
    found = (*check(block), *placement.findings, *template_findings(making.workload, block, making.fitting))
    if making.nodes is None and block.per_node:
        message = "needs nodes to be watched: this operator is of single namespaces and may not"
        path = "spec.tasks.scheduling"
        found = (*found, Finding(path=path, severity="error", reason="NodesNotWatched", message=message))
    return found


def _placed(making: Starting, task: TaskIdentity) -> Placed:
    here = making.placement.at(slot=task.slot, node=task.node)

    def spec(pod: Object) -> Object:
        made = placed(pod, here, main_container(making.workload))
        return _filled_in(making, made, task) if has_templates(making.block) else made

    return Placed(spec=spec, labels=here.labels)


def _filled_in(making: Starting, pod: Object, task: TaskIdentity) -> Object:
    """The PodSpec with Swarm's templates filled in, if there are any."""
    if not any(is_template(text) for _, text in texts(pod)):
        return pod
    known = values(making.workload, making.block, task=task.id, slot=task.slot, node=task.node, nodes=making.fitting)
    return expanded(pod, known)


def _ids_by_place(tasks: Iterable[Task]) -> dict[Place, list[str]]:
    found: dict[Place, list[str]] = {}
    for task in tasks:
        found.setdefault(task.place, []).append(task.id)
    return found
