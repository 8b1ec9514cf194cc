"""What must be written down before a Pod is deleted, and which Pods may go.

Order, and why: the record first, then the deletion. Whoever goes on after a crash between the two finds a record of a
task whose Pod is still there, and deletes it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from wharfinger.api.builtin import CONFIG_MAP
from wharfinger.api.containerworkload import Workload
from wharfinger.api.labels import HISTORY_LABEL
from wharfinger.api.resource import Object
from wharfinger.engine.desired import Desired, prepare
from wharfinger.render import names
from wharfinger.render.metadata import metadata, new
from wharfinger.rollout import PodRef
from wharfinger.rollout.tasks import records
from wharfinger.rollout.tasks.machine import Decision
from wharfinger.rollout.tasks.observe import unsaved
from wharfinger.rollout.tasks.task import Place, Task

PATIENCE: Final = timedelta(seconds=1)
"""How long what hurries nobody waits to be written together with the rest: that a task which was stopped is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What is kept of ended tasks."""

    each: int
    """Of a place."""
    needed: Callable[[Place], bool]
    """Whether a place is still one."""
    always: frozenset[str] = frozenset()
    """Ids that something is counted by."""
    resting: frozenset[str] = frozenset()
    """Uids of Pods in which nothing runs any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What to write, and what may be deleted then."""

    write: tuple[Desired, ...] = ()
    """Records, to be written before anything is deleted."""
    drop: frozenset[str] = frozenset()
    """Names of ConfigMaps that remember nothing any more."""
    delete: tuple[PodRef, ...] = ()
    """Pods to be deleted: in the order in which tasks are to be stopped, then what has ended."""
    wake_at: datetime | None = None
    """When the records that hurry nobody are due."""


def remember(
    workload: Workload,
    tasks: tuple[Task, ...],
    known: Mapping[str, Task],
    decision: Decision,
    keeping: Keeping,
    *,
    now: datetime,
) -> Remembered:
    """Which records to write, and which Pods to delete."""
    after = tuple(_after(tasks, decision, now))
    urgent, later = _to_save(after, known, now)
    due = later and min(later.values()) + PATIENCE
    chunks = {records.chunk_of(task.place) for task in urgent}
    if due and due <= now:
        chunks |= {records.chunk_of(task.place) for task in after if task.id in later}
    chunks |= {records.chunk_of(task.place) for task in known.values() if _forgotten(task, keeping)}
    stopping = dict.fromkeys([*(stop.task for stop in decision.stop), *_told_to_stop(tasks)])
    texts = _texts(after, chunks, keeping) if chunks else {}
    return Remembered(
        write=tuple(prepare(CONFIG_MAP, config_map(workload, *each)) for each in texts.items() if each[1]),
        drop=frozenset(names.task_history(workload, chunk) for chunk, text in texts.items() if not text),
        delete=(*_named(after, stopping), *(task.pod for task in _over(after, keeping) if task.pod)),
        wake_at=due if due and due > now else None,
    )


def _after(tasks: Iterable[Task], decision: Decision, now: datetime) -> Iterator[Task]:
    """The tasks as they are once the decision is carried out."""
    reasons = {stop.task: stop.reason for stop in decision.stop}
    for task in tasks:
        if task.id in reasons and task.alive:
            yield replace(task, stopping_at=task.stopping_at or now, stop_reason=task.stop_reason or reasons[task.id])
        else:
            yield task


def _told_to_stop(tasks: Iterable[Task]) -> Iterator[str]:
    """Ids of tasks that we told to stop and that are not gone: whoever wrote that down may have died before more."""
    return (task.id for task in tasks if task.stop_reason is not None and task.alive and task.pod is not None)


def _to_save(tasks: Iterable[Task], known: Mapping[str, Task], now: datetime) -> tuple[list[Task], dict[str, datetime]]:
    """What no record tells of yet: with its Pod there at once, without it when convenient."""
    urgent, later = [], {}
    for task in unsaved(tasks, known):
        if task.pod is not None:
            urgent.append(task)
        else:
            later[task.id] = task.finished_at or now
    return urgent, later


def _forgotten(task: Task, keeping: Keeping) -> bool:
    """Whether a record is of a place that is none any more."""
    return not keeping.needed(task.place) and task.id not in keeping.always and task.ended


def _texts(tasks: Iterable[Task], chunks: Collection[int], keeping: Keeping) -> dict[int, str]:
    """The chunks that change, each as a whole; empty text for one that remembers nothing any more."""
    all_of_them = tuple(tasks)
    there = frozenset(task.id for task in all_of_them if task.pod is not None) | keeping.always
    worth = [task for task in all_of_them if not task.wanted and records.chunk_of(task.place) in chunks]
    kept = records.by_chunk(records.kept(worth, each=keeping.each, needed=keeping.needed, always=there))
    return {
        chunk: records.bounded(kept[chunk], each=keeping.each, always=there) if chunk in kept else ""
        for chunk in sorted(chunks)
    }


def config_map(workload: Workload, chunk: int, text: str) -> Object:
    """The ConfigMap of a chunk."""
    meta = metadata(workload, names.task_history(workload, chunk))
    meta["labels"] = {**meta["labels"], HISTORY_LABEL: str(chunk)}
    return new(CONFIG_MAP, meta, data={records.FIELD: text})


def _named(tasks: Iterable[Task], ids: Iterable[str]) -> Iterator[PodRef]:
    pods = {task.id: task.pod for task in tasks if task.pod is not None}
    return (pods[each] for each in ids if each in pods)


def _over(tasks: tuple[Task, ...], keeping: Keeping) -> Iterator[Task]:
    """Ended tasks whose Pods may go: all but the newest of each place, for its logs.

    That one goes too while something in it may still run: the task is over, whatever its other containers do.
    """
    newest: dict[Place, Task] = {}
    for task in tasks:
        if task.ended and (task.place not in newest or newest[task.place].created_at < task.created_at):
            newest[task.place] = task
    for task in tasks:
        if task.ended and task.pod is not None:
            at_rest = task.pod.uid in keeping.resting and keeping.needed(task.place)
            if not (at_rest and task is newest[task.place]):
                yield task
