"""The Pods of tasks to start: what a machine decided, its revision's template, today's placement."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
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
from wharfinger.render import Placed, TaskIdentity, Template, needs_program, selector, task_pod
from wharfinger.render.names import main_container
from wharfinger.render.templating import (
    TemplateError,
    expanded,
    has_templates,
    is_template,
    template_findings,
    texts,
    unfilled,
    values,
)
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
    start_image: str
    """Image with the start program; empty where there is none."""

    @cached_property
    def fitting(self) -> tuple[Node, ...] | None:
        """Nodes that a task may run on: what Swarm's templates say of its platform is known by them."""
        if self.nodes is None:
            return None
        return tuple(node for node in self.nodes if fits(self.block, node, pod={"containers": []}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What comes of tasks to start."""

    pods: tuple[Desired, ...] = ()
    """Each to be made once, and then left as it is."""
    findings: tuple[Finding, ...] = ()
    """Revisions whose Pods cannot be made."""


def started(making: Starting, starts: Iterable[Start], tasks: tuple[Task, ...]) -> Started:
    """The Pods of tasks to start.

    An earlier revision's texts may ask for what the workload has no more, such as a label of its service. Its tasks
    are not started then; all others are, and so is the update that replaces them.
    """
    starts = tuple(starts)
    known = _ids_by_place(tasks, frozenset(start.place for start in starts))
    pods: list[Desired] = []
    failed: dict[int, str] = {}
    for start in starts:
        ids = known[start.place]
        identity = _identity(making, start, ids)
        ids.append(identity.id)
        try:
            pods.append(prepare(POD, _pod(making, start, identity), wave=1, once=True))
        except TemplateError as error:
            failed.setdefault(start.revision.number, str(error))
    return Started(pods=tuple(pods), findings=tuple(_unfilled(failed)))


def _identity(making: Starting, start: Start, ids: Iterable[str]) -> TaskIdentity:
    return TaskIdentity(
        id=new_id(making.workload.uid, start, ids),
        slot=start.place.slot,
        node=start.place.node,
        iteration=start.iteration,
        cause=start.cause,
    )


def _pod(making: Starting, start: Start, identity: TaskIdentity) -> Object:
    template, where = making.template(start.revision), _placed(making, identity)
    return task_pod(making.workload, template, identity, where, start_image=making.start_image)


def _unfilled(errors: Mapping[int, str]) -> Iterator[Finding]:
    """A revision's templates cannot be filled in any more, so that none of its tasks can start."""
    for number, error in sorted(errors.items()):
        yield Finding(
            path="spec.tasks",
            severity="warning",
            reason="RevisionUnfilled",
            message=f"no task of revision {number} can start, a template of it cannot be filled in any more: {error}",
        )


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


def program_findings(making: Starting, run: RevisionRef) -> tuple[Finding, ...]:
    """What keeps the containers of a revision's tasks from being started in their order."""
    if making.start_image or not needs_program(making.template(run).pod["spec"]):
        return ()
    message = "needs the start program: give the operator its image (wharfinger run --start-image)"
    return (Finding(path="spec.tasks.containers", severity="error", reason="NoStartImage", message=message),)


def run_findings(making: Starting, run: RevisionRef) -> tuple[Finding, ...]:
    """What keeps an earlier revision from being gone back to: a template of it cannot be filled in any more."""
    why = unfilled(making.template(run).pod["spec"], making.workload, making.block, making.fitting)
    if not why:
        return ()
    message = f"revision {run.number} cannot run, a template of it cannot be filled in any more: {why}"
    return (Finding(path="spec.tasks", severity="error", reason="RevisionUnfilled", message=message),)


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


def _ids_by_place(tasks: Iterable[Task], places: Collection[Place]) -> dict[Place, list[str]]:
    """Ids of the tasks of these places, remembered ones included."""
    found: dict[Place, list[str]] = {place: [] for place in places}
    for task in tasks:
        if task.place in places:
            found[task.place].append(task.id)
    return found
