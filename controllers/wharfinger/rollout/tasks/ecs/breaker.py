"""The circuit breaker: how many failed tasks make a failed deployment, and what counts as one.

Source: ECS API reference, DeploymentCircuitBreaker and ThresholdConfiguration; developer guide, "How the Amazon ECS
deployment circuit breaker detects failures". ECS counts in two stages: while no task of the deployment has been
RUNNING, each task that does not get there; afterwards, each that fails its health checks. Between them falls the task
that runs and then exits (aws/containers-roadmap#1206). We close the hole: a task that ends before it ever counted as
healthy has failed, in either stage, and so has one that is stopped because it is unhealthy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from wharfinger.api.tasks import CircuitBreaker, Threshold
from wharfinger.rollout.tasks.ecs.health import healthy_at
from wharfinger.rollout.tasks.task import StopCode, Task

BOUNDED: Final = (3, 200)
"""Least and most failures that BOUNDED_PERCENT asks for. (The guide of 2023 had 10 for the least.)"""

_NO_FAILURE: Final[tuple[StopCode | None, ...]] = (
    "UserInitiated", "ServiceSchedulerInitiated", "SpotInterruption", "TerminationNotice",
)  # fmt: skip
"""Stop codes that say that the task did nothing wrong."""


def threshold(config: Threshold, desired: int) -> int:
    """Failures at which a deployment of `desired` tasks has failed; percentages are rounded up, and never none."""
    if config.type == "COUNT":
        return config.value
    share = max(1, -(-desired * config.value // 100))
    least, most = BOUNDED
    return min(most, max(least, share)) if config.type == "BOUNDED_PERCENT" else share


def failed_at(task: Task, now: datetime) -> datetime | None:
    """When it failed, as the breaker counts; None if it did not."""
    if task.stop_reason == "unhealthy":
        return task.stopping_at or task.finished_at
    if task.finished_at is None or task.stop_reason is not None or task.stop_code in _NO_FAILURE:
        return None
    return task.finished_at if healthy_at(task, now) is None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the breaker has counted."""

    failures: int
    healthy_at: datetime | None
    """When a task of the deployment last became healthy."""
    counted: frozenset[str] = frozenset()
    """Ids of the tasks that it must still see to count the same again."""


def tally(tasks: Iterable[Task], breaker: CircuitBreaker, before: Tally, now: datetime) -> Tally:
    """Count the failures among `tasks`: those that the deployment itself started, alive and remembered.

    What was counted is never forgotten with a task's record: `before` is the least, until a reset.
    """
    own = tuple(tasks)
    last = max((moment for task in own if (moment := healthy_at(task, now))), default=None)
    reset = max((moment.replace(microsecond=0) for moment in (last, before.healthy_at) if moment), default=None)
    since = reset if breaker.reset_on_healthy_task else None
    failed = {task.id for task in own if (moment := failed_at(task, now)) and (since is None or moment > since)}
    forgotten = breaker.reset_on_healthy_task and reset is not None and reset != before.healthy_at
    known = 0 if forgotten else before.failures
    return Tally(failures=max(known, len(failed)), healthy_at=reset, counted=frozenset(failed))
