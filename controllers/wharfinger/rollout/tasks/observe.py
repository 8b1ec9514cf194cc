"""All tasks of a workload at one moment: those whose Pods are there, and those that are remembered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from wharfinger.api.resource import Object
from wharfinger.rollout.tasks.reading import Reading, read
from wharfinger.rollout.tasks.records import of_config_map
from wharfinger.rollout.tasks.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What besides the Pods says how tasks are."""

    misfits: Collection[str] = ()
    """Names of nodes that do not fit the placement."""
    gone: Collection[str] = ()
    """Names of nodes that do not exist any more: nothing runs there."""


def observed(
    readings: Iterable[Reading],
    remembered: Iterable[Task],
    around: Surroundings,
    *,
    vanished_at: Callable[[Task], datetime],
    now: datetime,
) -> tuple[Task, ...]:
    """The tasks. A Pod says more than a record, but for what only a record knows: why we stopped the task.

    `vanished_at` says since when a task that was being stopped has no Pod any more.
    """
    records = {task.id: task for task in remembered}
    living = [_living(reading.at(now), records, around) for reading in readings]
    seen = {task.id for task in living}
    gone = (_vanished(task, around, vanished_at) for task in records.values() if task.id not in seen)
    return (*living, *gone)


def next_verdict(readings: Iterable[Reading], now: datetime) -> datetime | None:
    """When time alone makes the next task unhealthy."""
    return min((due for each in readings if (due := each.unhealthy_at) is not None and due > now), default=None)


def unsaved(tasks: Iterable[Task], remembered: Mapping[str, Task]) -> Iterator[Task]:
    """Tasks that a record must tell of, and none does yet: that ended, or were told to go."""
    for task in tasks:
        known = remembered.get(task.id)
        if task.wanted or (known is not None and (known.ended or not task.ended)):
            continue
        yield task


def _living(task: Task, records: Mapping[str, Task], around: Surroundings) -> Task:
    known = records.get(task.id)
    if known is not None and known.ended:
        return replace(known, pod=task.pod)  # what was decided from stays so: its Pod is about to go
    if known is not None:
        task = _told_by_us(task, known)
    if task.node is not None and not task.ended:
        if task.node in around.gone:
            return replace(task, state="orphaned", finished_at=task.stopping_at or task.running_at or task.created_at)
        if task.node in around.misfits:
            return replace(task, misfit=True)
    return task


def _told_by_us(task: Task, known: Task) -> Task:
    """It is being stopped, and we know why; the Pod may not know yet that it is."""
    told = replace(task, stopping_at=known.stopping_at or task.stopping_at, stop_reason=known.stop_reason)
    if not task.ended:
        return told
    state = "shutdown" if task.state in ("complete", "failed") else task.state
    return replace(told, state=state, stop_code=known.stop_code, message=known.message)


def _vanished(task: Task, around: Surroundings, vanished_at: Callable[[Task], datetime]) -> Task:
    if task.ended:
        return task
    lost = task.node is not None and task.node in around.gone
    return replace(task, state="orphaned" if lost else "shutdown", finished_at=vanished_at(task), healthy=None)


def listed(pods: Iterable[Object], histories: Iterable[Object], *, now: datetime) -> tuple[Task, ...]:
    """The tasks that Pods and ConfigMaps tell of, for somebody who only looks: the newest of each place first."""
    readings = [reading for pod in pods if (reading := read(pod)) is not None]
    remembered = [task for obj in histories for task in of_config_map(obj)]
    tasks = observed(readings, remembered, Surroundings(), vanished_at=lambda task: task.stopping_at or now, now=now)
    newest = sorted(tasks, key=lambda task: (task.created_at, task.id), reverse=True)
    return tuple(sorted(newest, key=lambda task: (task.place.slot or 0, task.place.node or "")))
