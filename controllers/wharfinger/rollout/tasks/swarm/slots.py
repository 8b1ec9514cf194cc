"""Slots: the tasks of one place, and what can be read off them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from wharfinger.rollout.tasks import restart
from wharfinger.rollout.tasks.task import Cause, Place, StopReason, Task

UPDATES: Final[tuple[Cause, ...]] = ("update", "rollback")
"""Causes of the tasks that an update makes itself."""

UPDATED: Final[tuple[StopReason, ...]] = ("update", "rollback")
"""Reasons for which an update stops tasks."""


Key = int | str
"""What a place is known by: its number, or its node."""


@dataclass(slots=True)
class Slot:
    """A slot, or a node with scheduling by node."""

    place: Place
    tasks: list[Task] = field(default_factory=list)
    """Alive and remembered, the oldest first."""
    wanted: list[Task] = field(default_factory=list)
    """Alive, and nobody told them to stop. The oldest first."""
    going: list[Task] = field(default_factory=list)
    """Told to stop, and not gone yet."""
    leaving: list[Task] = field(default_factory=list)
    """Those of `wanted` that cannot stay where they are, or as they are."""
    own: Task | None = None
    """The newest task that the update that was ordered last made here itself."""

    @property
    def last(self) -> Task:
        """The one that was done for last: what became of it decides what follows in a slot that wants for a task."""
        return self.tasks[0] if len(self.tasks) == 1 else max(self.tasks, key=_end)

    @property
    def sole(self) -> Task | None:
        """The one that is wanted, if it is one."""
        return self.wanted[0] if len(self.wanted) == 1 else None

    @property
    def vacated(self) -> bool:
        """Whether the last thing that happened to it was that it was scaled in: it is no slot any more."""
        return not self.wanted and self.last.stop_reason == "scale-in"

    @property
    def between(self) -> bool:
        """Whether an update stopped its task and did not start the next one yet."""
        return not self.wanted and self.last.stop_reason in UPDATED

    def free_at(self, gone: frozenset[str]) -> datetime | None:
        """When a new task may start, as far as those before it matter; None: now.

        Swarm (DelayStart) waits for the old task to stop, for its node to be lost, or for a minute, whichever comes
        first; a task that the constraint enforcer rejected counts as stopped.
        """
        waits = [
            each.stopping_at + restart.OLD_TASK_TIMEOUT
            for each in self.going
            if each.stopping_at is not None and each.stop_reason != "constraint" and each.node not in gone
        ]
        return max(waits, default=None)


def key_of(place: Place) -> Key:
    """A place's key. It is cheaper to hash, and there may be thousands."""
    return place.slot or 0 if place.node is None else place.node


def gathered(tasks: Iterable[Task], *, iteration: int, away: Collection[str] = ()) -> dict[Key, Slot]:
    """The slots of these tasks, which may come in any order. `away` are nodes where nothing can stay.

    This is done for each look, and there may be thousands of tasks: it goes over them once.
    """
    slots: dict[Key, Slot] = {}
    for task in tasks:
        key = key_of(task.place)
        slot = slots.get(key)
        if slot is None:
            slot = slots[key] = Slot(task.place)
        slot.tasks.append(task)
    for slot in slots.values():
        if len(slot.tasks) > 1:
            slot.tasks.sort(key=_age)
        _sorted(slot, iteration, away)
    return slots


def _sorted(slot: Slot, iteration: int, away: Collection[str]) -> None:
    """Its tasks, by what is to be done about them."""
    for task in slot.tasks:
        if task.iteration == iteration and task.cause in UPDATES:
            slot.own = task
        if task.finished_at is not None:
            continue
        if task.stopping_at is not None:
            slot.going.append(task)
            continue
        slot.wanted.append(task)
        if task.misfit or task.healthy is False or task.node in away:
            slot.leaving.append(task)


def reached(task: Task) -> datetime | None:
    """When it got to ``running`` or beyond (ended, told to stop); None if it is still on its way.

    updater.go, updateTask: the wait for the new task is over as soon as its state is RUNNING or higher.
    """
    return task.running_at or task.finished_at or task.stopping_at


def _age(task: Task) -> tuple[datetime, str]:
    return task.created_at, task.id


def _end(task: Task) -> tuple[datetime, datetime, str]:
    """A task that was told to stop is done for from then on, however long it takes: its node may be lost."""
    return task.stopping_at or task.finished_at or task.created_at, task.created_at, task.id
