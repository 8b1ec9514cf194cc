"""The throttle: tasks that stop before they run are started again ever more slowly, but for ever.

Source: developer guide, "Amazon ECS service throttle logic": only tasks that go from PENDING to STOPPED without
RUNNING count, the wait grows up to 15 minutes, a new task definition starts anew, and ECS never gives up by itself. AWS
does not publish how it grows. Here: 10 s after the first round of such tasks, then twice as long after each round, and
nothing again once a task has run. A round is what was started together: ten tasks that fail at once wait once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from wharfinger.rollout.tasks.ecs.breaker import failed_at
from wharfinger.rollout.tasks.ecs.health import running_since
from wharfinger.rollout.tasks.task import Task

FIRST: Final = 10
"""Seconds of the first wait."""

MOST: Final = 15 * 60
"""Seconds of the longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """How a deployment's starts are held back."""

    seconds: int = 0
    """The last wait; 0: none."""
    until: datetime | None = None
    """When it is over."""

    def holds(self, now: datetime) -> bool:
        """Whether no task may be started."""
        return self.until is not None and now < self.until


def throttled(tasks: Iterable[Task], before: Throttle, now: datetime) -> Throttle:
    """The throttle after what became of `tasks`, all of one deployment."""
    own = tuple(tasks)
    ran = max((moment for task in own if (moment := running_since(task))), default=None)
    lost = [
        (task.created_at, ended)
        for task in own
        if not running_since(task) and (ended := failed_at(task, now)) and (ran is None or ended > ran)
    ]
    if ran and not lost and (before.until is None or ran > before.until - timedelta(seconds=before.seconds)):
        return Throttle()
    return _longer(before, [ended for created, ended in lost if _another_round(created, before)])


def _another_round(created: datetime, before: Throttle) -> bool:
    """Whether a task was started after the last wait: by half of it, since clocks differ."""
    return before.until is None or created > before.until - timedelta(seconds=before.seconds / 2)


def _longer(before: Throttle, ended: list[datetime]) -> Throttle:
    if not ended:
        return before
    wait = min(MOST, max(FIRST, before.seconds * 2))
    return Throttle(seconds=wait, until=max(ended) + timedelta(seconds=wait))
