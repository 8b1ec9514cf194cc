"""RUNNING, PENDING, healthy, unhealthy: one task, in ECS's sense of these words.

Source: ECS API reference, DeploymentConfiguration.minimumHealthyPercent; developer guide, "Task lifecycle" and
"Container health checks". ECS's RUNNING is less than Swarm's: all containers have started, healthy or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from wharfinger.rollout.tasks.task import Task

UNCHECKED: Final = timedelta(seconds=40)
"""A task that nothing checks counts as healthy when it has been RUNNING for so long."""


def running_since(task: Task) -> datetime | None:
    """When all its containers had started; None if they never had."""
    return task.started_at or task.running_at


def running(task: Task) -> bool:
    """Whether it counts as RUNNING: all containers have started, and nobody told it to stop."""
    return task.wanted and running_since(task) is not None


def pending(task: Task) -> bool:
    """Whether it counts as PENDING: on its way to RUNNING, as PROVISIONING, PENDING or ACTIVATING."""
    return task.wanted and running_since(task) is None


def healthy_at(task: Task, now: datetime) -> datetime | None:
    """When it first counted as healthy, which it may have done before it ended; None if it never did."""
    if task.checked:
        return task.running_at
    since = running_since(task)
    told = min(moment for moment in (task.stopping_at, task.finished_at, now) if moment)
    return since + UNCHECKED if since and since + UNCHECKED <= told else None


def healthy(task: Task, now: datetime) -> bool:
    """Whether it counts for the lower bound: HEALTHY where something checks, else RUNNING for 40 s."""
    if not running(task):
        return False
    return task.healthy is True if task.checked else healthy_at(task, now) is not None


def in_grace(task: Task, now: datetime, grace: timedelta) -> bool:
    """Whether health checks do not count against it yet: healthCheckGracePeriodSeconds, from its start."""
    since = running_since(task)
    return since is not None and now < since + grace


def unhealthy(task: Task, now: datetime, grace: timedelta) -> bool:
    """Whether it is to be replaced: RUNNING and UNHEALTHY, and its grace period is over."""
    return running(task) and task.checked and task.healthy is False and not in_grace(task, now, grace)


def turns(task: Task, now: datetime, grace: timedelta) -> Iterator[datetime]:
    """When it will count otherwise, though nothing happens to it."""
    since = running_since(task)
    if since is None or not task.wanted:
        return
    if not task.checked and now < since + UNCHECKED:
        yield since + UNCHECKED
    if task.checked and task.healthy is False and in_grace(task, now, grace):
        yield since + grace


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Tasks that nobody told to stop, each in one of these."""

    well: tuple[Task, ...] = ()
    """Healthy, and where they may be."""
    coming: tuple[Task, ...] = ()
    """PENDING, or RUNNING without a verdict."""
    ill: tuple[Task, ...] = ()
    """Unhealthy."""
    misplaced: tuple[Task, ...] = ()
    """Healthy, but their node is drained, or does not fit the placement any more."""
    homeless: tuple[Task, ...] = ()
    """Misplaced and not healthy: nothing is lost by stopping them."""

    @property
    def good(self) -> int:
        """Those that stand for a task that is wanted: nothing has to replace them."""
        return len(self.well) + len(self.coming)

    @property
    def healthy(self) -> int:
        """Those that count for the lower bound."""
        return len(self.well) + len(self.misplaced)

    @property
    def wanted(self) -> int:
        """All of them."""
        return self.good + len(self.ill) + len(self.misplaced) + len(self.homeless)


def assess(tasks: tuple[Task, ...], *, now: datetime, grace: timedelta, drained: frozenset[str]) -> Health:
    """How `tasks` are; those that go or are gone are left out."""
    kinds: dict[str, list[Task]] = {"well": [], "coming": [], "ill": [], "misplaced": [], "homeless": []}
    for task in tasks:
        if not task.wanted:
            continue
        fine = healthy(task, now)
        if task.misfit or (task.node or task.place.node) in drained:
            kinds["misplaced" if fine else "homeless"].append(task)
        elif fine:
            kinds["well"].append(task)
        else:
            kinds["ill" if unhealthy(task, now, grace) else "coming"].append(task)
    return Health(**{kind: tuple(found) for kind, found in kinds.items()})
