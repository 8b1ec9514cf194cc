"""Swarm's restart supervisor: whether, when and how often another task follows one that ended.

Sources: swarmkit, manager/orchestrator/restart/restart.go. Swarm counts in memory and rebuilds the counts from the
tasks that it kept; here they are always counted from the tasks. So the records of a place must reach back far enough:
`counted`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from wharfinger.api.duration import seconds
from wharfinger.api.tasks import RestartPolicy, TasksBlock
from wharfinger.rollout.tasks.task import StopReason, Task

OLD_TASK_TIMEOUT = timedelta(minutes=1)
"""How long a new task waits for the one that it replaces to be gone (restart.go, defaultOldTaskTimeout)."""

MOVED: Final[tuple[StopReason, ...]] = ("node-drained", "node-gone", "constraint")
"""Reasons for which a task is stopped that shall run elsewhere."""


def failure_time(task: Task) -> datetime:
    """When it ended; when it was told to stop, if it is us who had to move it: then nobody waits to decide."""
    told = task.stopping_at if task.stop_reason in MOVED else None
    return told or task.finished_at or task.stopping_at or task.created_at


def should_restart(policy: RestartPolicy, task: Task, siblings: Sequence[Task], *, job: bool = False) -> bool:
    """Whether another task follows `task`, which ended or is on its way out.

    `siblings` are the tasks of its place, itself among them. Jobs take `any` as `on-failure`: a task that did its work
    is not done again (shouldRestart).
    """
    if policy.condition == "none" or (task.state == "complete" and (job or policy.condition == "on-failure")):
        return False
    return policy.max_attempts == 0 or attempts(policy, task, siblings) < policy.max_attempts


def attempts(policy: RestartPolicy, task: Task, siblings: Sequence[Task]) -> int:
    """Restarts of its place that count against `maxAttempts`.

    Those of the task's own spec version only (`iteration`). With a window, those made within so long before the
    failure: it looks back, and says nothing about how long a task must run.
    """
    restarts = [each.created_at for each in siblings if each.cause == "restart" and each.iteration == task.iteration]
    window = seconds(policy.window)
    if window <= 0:
        return len(restarts)
    failed = failure_time(task)
    return sum(failed - timedelta(seconds=window) < made < failed for made in restarts)


def due(policy: RestartPolicy, task: Task, *, drained: bool = False) -> datetime:
    """When the task that follows `task` starts: always so long after the failure, at once on a drained node."""
    return failure_time(task) if drained else failure_time(task) + timedelta(seconds=seconds(policy.delay))


def counted(block: TasksBlock, places: Iterable[Sequence[Task]]) -> Iterator[str]:
    """Ids of the ended tasks that must be remembered to count up to maxAttempts. Each place's tasks are by age.

    maxAttempts + 1 a place: swarmkit, manager/orchestrator/taskreaper/task_reaper.go.
    """
    if block.restart.max_attempts:
        for tasks in places:
            ended = [task.id for task in tasks if task.ended]
            yield from ended[-block.restart.max_attempts - 1 :]
