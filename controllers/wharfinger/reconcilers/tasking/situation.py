"""What a task machine looks at, from a `View`."""

from __future__ import annotations

from collections.abc import Iterable

from wharfinger.api.builtin import CONFIG_MAP, CONTROLLER_REVISION
from wharfinger.api.labels import (
    HISTORY_LABEL,
    RESUMED_ANNOTATION,
    ROLLBACK_POLICY_ANNOTATION,
    ROLLBACK_TO_ANNOTATION,
)
from wharfinger.api.resource import Object
from wharfinger.api.tasks import TasksBlock, UpdatePolicy
from wharfinger.reconcilers.gate import paused
from wharfinger.reconcilers.tasking.memory import memory_of
from wharfinger.reconcilers.tasking.nodes import Ground, ground
from wharfinger.reconcilers.view import View
from wharfinger.render import Template
from wharfinger.rollout import History, RevisionRef
from wharfinger.rollout.tasks.machine import Situation
from wharfinger.rollout.tasks.observe import Surroundings, observed
from wharfinger.rollout.tasks.task import Task


def histories(view: View) -> list[Object]:
    """The ConfigMaps that remember its tasks."""
    return [obj for obj in view.of(CONFIG_MAP) if HISTORY_LABEL in obj["metadata"].get("labels", {})]


def surveyed(view: View, block: TasksBlock, wanted: Template) -> tuple[tuple[Task, ...], Ground]:
    """The tasks, and the nodes as they see them."""
    memory = memory_of(view.workload.uid)
    readings = memory.readings(view.task_pods, view.pod)
    remembered = memory.remember(histories(view))
    used = {node for reading in readings if (node := reading.task.node)}
    land = ground(block, view.nodes, pod=wanted.pod["spec"], used=used, load=view.loads)
    tasks = observed(
        readings,
        remembered.values(),
        Surroundings(misfits=land.misfits, gone=land.gone),
        vanished_at=lambda task: memory.vanished_at(task, view.now),
        now=view.now,
    )
    return tasks, land


def situation(
    view: View,
    block: TasksBlock,
    tasks: tuple[Task, ...],
    land: Ground,
    *,
    target: RevisionRef,
    known: History,
    held: bool = False,
) -> Situation:
    """All that a machine looks at; `held`: as if neither spec nor resume annotation had changed."""
    annotations = view.workload.annotations
    seen = view.status.tasks if held else None
    pin = annotations.get(ROLLBACK_TO_ANNOTATION)
    pinned = known.pinned(pin, target) if pin else None
    return Situation(
        name=view.workload.name,
        block=block,
        replicas=replicas(view),
        generation=view.workload.generation if seen is None or seen.generation is None else seen.generation,
        target=target,
        history=known,
        pin=pinned,
        paused=paused(view) or bool(pin and pinned is None),
        resumed=seen.resumed if seen else annotations.get(RESUMED_ANNOTATION, ""),
        tasks=tasks,
        nodes=land.fits,
        drained=land.drained,
        gone=land.down,
        rollback_policies=_rollback_policies(view.of(CONTROLLER_REVISION)),
        firing=view.alarms.on,
        status=view.status.tasks,
        rollout=view.status.rollout,
        now=view.now,
    )


def replicas(view: View) -> int:
    """Tasks wanted. An autoscaler writes `spec.replicas` itself; until it does, they are within its bounds."""
    wanted, autoscale = view.workload.spec.replicas, view.workload.spec.autoscale
    if autoscale is None or not autoscale.enabled:
        return wanted
    return min(max(wanted, autoscale.min_replicas), autoscale.max_replicas)


def _rollback_policies(revisions: Iterable[Object]) -> dict[int, UpdatePolicy]:
    """By number of a revision. A policy that cannot be read (somebody edited it) is as good as none."""
    found: dict[int, UpdatePolicy] = {}
    for revision in revisions:
        text = (revision["metadata"].get("annotations") or {}).get(ROLLBACK_POLICY_ANNOTATION)
        try:
            if text:
                found[revision["revision"]] = UpdatePolicy.model_validate_json(text)
        except ValueError:
            continue
    return found
