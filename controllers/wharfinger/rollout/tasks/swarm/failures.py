"""Failures: which of an update's own tasks failed while they were watched, and what follows.

Sources: swarmkit, manager/orchestrator/update/updater.go, failureTriggersAction. Swarm counts events; here the failed
tasks are counted, so that a failure counts once however often it is looked at, and none is lost in a crash.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import timedelta

from wharfinger.api.duration import seconds
from wharfinger.api.tasks import UpdatePolicy
from wharfinger.rollout import times
from wharfinger.rollout.tasks.machine import Situation
from wharfinger.rollout.tasks.restart import failure_time
from wharfinger.rollout.tasks.swarm.course import Course, rolled_back
from wharfinger.rollout.tasks.swarm.slots import UPDATES
from wharfinger.rollout.tasks.task import Task

DEFAULT_MONITOR = 5.0
"""Seconds. moby sends a monitor only if it is not 0, so 0 means this too (api/defaults/service.go)."""

_MAX_MESSAGE = 4096


def monitor(policy: UpdatePolicy) -> float:
    """Seconds for which a task is watched after it ran."""
    return seconds(policy.monitor) or DEFAULT_MONITOR


def last_watch(policy: UpdatePolicy) -> float:
    """Seconds for which all are watched after the last slot: a long delay makes it longer (updater.go, Run)."""
    period, delay = monitor(policy), seconds(policy.delay)
    return delay + 1 if delay >= period else period


def failed(situation: Situation, course: Course, policy: UpdatePolicy) -> list[Task]:
    """The update's own tasks that failed, the first one first.

    A task that goes beyond ``running`` counts if it never ran or did so no longer than `monitor` ago, whatever ended
    it: an exit code of 0 is a failure too. What the restart supervisor made does not count, nor does what was scaled
    in: Swarm would have begun another update by then.
    """
    iteration = course.iteration
    own = (
        each
        for each in situation.tasks
        if each.iteration == iteration and each.finished_at is not None and each.cause in UPDATES
    )
    found = [each for each in own if _too_soon(each, course, policy)]
    return sorted(found, key=lambda each: (failure_time(each), each.id))


def _too_soon(task: Task, course: Course, policy: UpdatePolicy) -> bool:
    if task.stop_reason == "scale-in" or task.state == "orphaned" or task.finished_at is None:
        return False
    if task.running_at is None:
        return True
    period = monitor(policy)
    if course.update and course.update.last_at and task.finished_at >= times.parse(course.update.last_at):
        period = last_watch(policy)
    return task.finished_at - task.running_at <= timedelta(seconds=period)


def exceeds(failures: int, slots: int, ratio: float) -> bool:
    """Whether so many failures are more than is borne: strictly, and in float32, as Swarm computes it.

    The quotient of two float32, rounded once more from float64, is the float32 quotient.
    """
    return failures > 0 and float32(float32(failures) / float32(max(1, slots))) > float32(ratio)


def float32(number: float) -> float:
    """The float32 next to it."""
    nearest: float = struct.unpack("f", struct.pack("f", number))[0]
    return nearest


def judged(situation: Situation, course: Course) -> Course:
    """The course in the light of what failed."""
    policy = course.policy(situation)
    if not course.under_way or policy.failure_action == "continue":
        return course
    assert course.update is not None
    bad = failed(situation, course, policy)
    if len(bad) == course.update.failures and not bad:
        return course
    counted = course.having(failures=max(len(bad), course.update.failures))
    if course.frozen or not bad or not exceeds(len(bad), course.update.slots, policy.max_failure_ratio):
        return counted
    return _acted(situation, counted, policy, bad)


def _acted(situation: Situation, course: Course, policy: UpdatePolicy, bad: Iterable[Task]) -> Course:
    """U5. A rollback is never rolled back: that one pauses."""
    *_, last = bad
    due = f"due to failure or early termination of task {last.id}"
    if course.rolling_back:
        return _paused(course, "rollback_paused", f"rollback paused {due}{_why(last)}")
    if policy.failure_action == "pause":
        return _paused(course, "paused", f"update paused {due}{_why(last)}", situation.target.number)
    good = situation.history.by_number(course.rollout.last_good_revision)
    if good is None or good == course.run:
        told = f"update paused {due}{_why(last)}; there is no revision to roll back to: none was ever complete"
        return _paused(course, "paused", told, situation.target.number)
    return rolled_back(situation, course, good, f"update rolled back {due}{_why(last)}"[:_MAX_MESSAGE])


def _paused(course: Course, state: str, message: str, failed_revision: int | None = None) -> Course:
    """Paused where it is. In a rollback it is a failure that nothing more is done about."""
    message = message[:_MAX_MESSAGE]
    rollout = course.rollout.model_copy(
        update={
            "state": "Paused" if state == "paused" else "Failed",
            "failed_revision": failed_revision or course.rollout.failed_revision,
            "message": message,
        }
    )
    held = course.having(state=state, message=message)
    return Course(status=held.status, rollout=rollout, run=course.run, frozen=course.frozen)


def _why(task: Task) -> str:
    """What the task says itself: Swarm leaves that to docker service ps."""
    if task.message:
        return f" ({task.message})"
    return f" (exit code {task.exit_code})" if task.exit_code is not None else ""
