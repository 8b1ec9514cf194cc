"""Slots: the tasks of one place, and what can be read off them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from wharfinger.rollout.tasks import restart
from wharfinger.rollout.tasks.task import Cause, Place, StopReason, Task

UPDATES: Final[tuple[Cause, ...]] = ("update", "rollback")
"""Causes of the tasks that an update makes itself."""

UPDATED: Final[tuple[StopReason, ...]] = ("update", "rollback")
"""Reasons for which an update stops tasks."""


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

    def own(self, iteration: int) -> Task | None:
        """The newest task that the update of that iteration made here."""
        for each in reversed(self.tasks):
            if each.iteration == iteration and each.cause in UPDATES:
                return each
        return None

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


def gathered(tasks: Iterable[Task]) -> dict[Place, Slot]:
    """The slots of these tasks, which may come in any order."""
    slots: dict[Place, Slot] = {}
    for task in tasks:
        slot = slots.get(task.place)
        if slot is None:
            slot = slots[task.place] = Slot(task.place)
        slot.tasks.append(task)
    for slot in slots.values():
        if len(slot.tasks) > 1:
            slot.tasks.sort(key=_age)
        for task in slot.tasks:
            if task.finished_at is None:
                (slot.wanted if task.stopping_at is None else slot.going).append(task)
    return slots


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
