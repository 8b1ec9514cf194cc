"""The Pods of tasks to start: what a machine decided, its revision's template, today's placement."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b

from wharfinger.api.builtin import POD
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.api.tasks import TasksBlock
from wharfinger.engine.desired import Desired, prepare
from wharfinger.placement import PodPlacement, placed, pod_placement
from wharfinger.reconcilers.tasking.nodes import Ground
from wharfinger.reconcilers.view import View
from wharfinger.render import Placed, TaskIdentity, Template, needs_program, selector, task_pod
from wharfinger.render.names import main_container
from wharfinger.rollout import RevisionRef
from wharfinger.rollout.tasks.machine import Start
from wharfinger.rollout.tasks.task import Place, Task

_ID_BYTES = 5
"""Eight letters and digits: none is given twice within what is remembered of a workload."""


def placement_of(view: View, block: TasksBlock, land: Ground) -> PodPlacement:
    """Where tasks that start now may run."""
    spec = view.workload.spec
    return pod_placement(block, selector=selector(view.workload), nodes=land.nodes, load=view.loads, spread=spec.spread)


def to_start(
    view: View,
    starts: Iterable[Start],
    tasks: tuple[Task, ...],
    placement: PodPlacement,
    template: Callable[[RevisionRef], Template],
) -> Iterator[Desired]:
    """The Pods, each to be made once and then left as it is."""
    known = _ids_by_place(tasks)
    for start in starts:
        ids = known.setdefault(start.place, [])
        identity = TaskIdentity(
            id=new_id(view.workload.uid, start, ids),
            slot=start.place.slot,
            node=start.place.node,
            iteration=start.iteration,
            cause=start.cause,
        )
        ids.append(identity.id)
        made = task_pod(
            view.workload,
            template(start.revision),
            identity,
            _placed(view, placement, start.place),
            start_image=view.start_image,
        )
        yield prepare(POD, made, wave=1, once=True)


def new_id(workload: str, start: Start, known: Iterable[str]) -> str:
    """An id that follows from what is known of the place.

    Whoever decides the same from the same view, a moment after a crash or from a stale cache, asks for the same Pod:
    the API server makes it once.
    """
    seed = "/".join((workload, start.place.label, str(start.iteration), *sorted(known)))
    digest = blake2b(seed.encode(), digest_size=_ID_BYTES).digest()
    return base64.b32encode(digest).decode().lower()


def placement_findings(placement: PodPlacement, block: TasksBlock, nodes: object) -> tuple[Finding, ...]:
    """What of the placement is not honoured as written."""
    if nodes is None and block.per_node:
        message = "needs nodes to be watched: this operator is of single namespaces and may not"
        return (*placement.findings, Finding(
            path="spec.tasks.scheduling", severity="error", reason="NodesNotWatched", message=message
        ))  # fmt: skip
    return placement.findings


def program_findings(view: View, running: Template) -> tuple[Finding, ...]:
    """What keeps the containers of a revision's tasks from being started in their order."""
    if view.start_image or not needs_program(running.pod["spec"]):
        return ()
    message = "needs the start program: give the operator its image (wharfinger run --start-image)"
    return (Finding(path="spec.tasks.containers", severity="error", reason="NoStartImage", message=message),)


def _placed(view: View, placement: PodPlacement, place: Place) -> Placed:
    here = placement.at(slot=place.slot, node=place.node)

    def spec(pod: Object) -> Object:
        return placed(pod, here, main_container(view.workload))

    return Placed(spec=spec, labels=here.labels)


def _ids_by_place(tasks: Iterable[Task]) -> dict[Place, list[str]]:
    found: dict[Place, list[str]] = {}
    for task in tasks:
        found.setdefault(task.place, []).append(task.id)
    return found
