"""The updater: workers that bring slots to a revision, one slot each at a time.

Sources: swarmkit, manager/orchestrator/update/updater.go. Swarm's workers are goroutines; here they are counted off
the tasks: a slot is in a worker's hands while its old task goes, until its new one got to ``running`` or beyond, and
for the delay after.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from wharfinger.api.duration import seconds
from wharfinger.api.tasks import UpdatePolicy
from wharfinger.rollout.tasks import restart
from wharfinger.rollout.tasks.machine import Situation, Start, Stop
from wharfinger.rollout.tasks.swarm.course import Course
from wharfinger.rollout.tasks.swarm.slots import Slot, reached
from wharfinger.rollout.tasks.task import StopReason, Task

Stage = Literal["clean", "dirty", "between", "pair", "coming", "delay"]
"""How far an update is with a slot.

clean: it is done, or there is nothing to do. dirty: no worker took it yet. In a worker's hands are the others: between
(the old task was stopped, the new one did not start), pair (start-first: both are there), coming (the new one is on its
way), delay (it is done, and the worker sleeps).
"""


@dataclass(slots=True, kw_only=True)
class Round:
    """What the updater does now."""

    start: list[Start] = field(default_factory=list)
    stop: list[Stop] = field(default_factory=list)
    left: int = 0
    """Slots that are not done."""
    wake: list[datetime] = field(default_factory=list)
    waits: list[tuple[Slot, Stage]] = field(default_factory=list)
    """Slots in the hands of workers."""
    done: list[datetime] = field(default_factory=list)
    """When workers had slept enough after the slots that are done."""


def dirty(slot: Slot, course: Course, situation: Situation) -> bool:
    """U1: more than one task, or one that is not what the service asks for.

    Only the Template counts: number of tasks, labels, policies and placement are no part of the revision. A slot that
    stays dead is brought up to date as well; in a rollback that is the supervisor's (restart.go, IsTaskUpdatable).
    """
    if slot.wanted:
        return len(slot.wanted) > 1 or slot.wanted[0].revision != course.run.hash
    if slot.between:
        return True
    if slot.last.revision == course.run.hash:
        return False
    return not course.rolling_back or restart.should_restart(situation.block.restart, slot.last, slot.tasks)


def stage(slot: Slot, course: Course, policy: UpdatePolicy, situation: Situation) -> tuple[Stage, datetime | None]:
    """How far an update is with it, and until when a worker sleeps after it."""
    own, wanted = slot.own, slot.wanted
    if not wanted and slot.between:
        return "between", None
    if own is None:
        return ("dirty" if dirty(slot, course, situation) else "clean"), None
    done = reached(own)
    if done is None:
        return ("pair" if len(wanted) > 1 else "coming"), None
    if len(wanted) > 1 and any(each.runs and each.revision == course.run.hash for each in wanted):
        return "pair", None
    until = done + timedelta(seconds=seconds(policy.delay))
    return ("delay", until) if until > situation.now else ("clean", until)


def worked(situation: Situation, course: Course, slots: Iterable[Slot]) -> Round:
    """One look at all slots: those in hand go on, and free workers take further ones."""
    policy, found = course.policy(situation), Round()
    waiting: list[Slot] = []
    busy = 0
    for slot in slots:
        at, until = stage(slot, course, policy, situation)
        if at == "clean":
            if until is not None:
                found.done.append(until)
            continue
        found.left += 1
        if at == "dirty":
            waiting.append(slot)
            continue
        busy += 1
        _go_on(situation, course, slot, at, found)
        if until is not None:
            found.wake.append(until)
    if course.moving:
        free = max(0, _parallelism(course, policy) - busy)
        for slot in _in_turn(waiting)[:free]:
            _take(situation, course, policy, slot, found)
    return found


def _parallelism(course: Course, policy: UpdatePolicy) -> int:
    """0 is as many as are dirty (updater.go, Run).

    Outside of an update there are no workers: a node that was cordoned while its task got old is brought up to date at
    once (global.go, reconcileOneNode).
    """
    return policy.parallelism if policy.parallelism and course.under_way else sys.maxsize


def _in_turn(slots: Sequence[Slot]) -> list[Slot]:
    """Swarm's order is that of a Go map. Slots that have no task now come first here, since nothing is lost there."""
    return sorted(slots, key=lambda slot: bool(slot.wanted))


def _take(situation: Situation, course: Course, policy: UpdatePolicy, slot: Slot, found: Round) -> None:
    """A worker takes a slot (updater.go, worker): a task that is right already is used, else one is made."""
    right = [each for each in slot.wanted if each.revision == course.run.hash]
    found.waits.append((slot, "dirty"))
    if right:
        keep = max(right, key=lambda each: (each.runs, each.created_at, each.id))
        if policy.order == "stop-first" or keep.runs:
            found.stop.extend(_stopped((each for each in slot.wanted if each is not keep), course))
    elif policy.order == "start-first" or not slot.wanted:
        _start(situation, course, slot, found)
    else:
        found.stop.extend(_stopped(slot.wanted, course))


def _go_on(situation: Situation, course: Course, slot: Slot, at: Stage, found: Round) -> None:
    """A worker goes on with its slot, also while the update is paused: Swarm's workers end what they began."""
    found.waits.append((slot, at))
    if at == "between":
        _start(situation, course, slot, found)
    elif at == "pair" and not course.frozen:
        right = [each for each in slot.wanted if each.revision == course.run.hash and each.runs]
        if right:
            found.stop.extend(_stopped((each for each in slot.wanted if each is not right[-1]), course))


def _start(situation: Situation, course: Course, slot: Slot, found: Round) -> None:
    """A new task, as soon as the old one is gone."""
    free_at = slot.free_at(situation.gone)
    if free_at is not None and free_at > situation.now:
        found.wake.append(free_at)
    else:
        found.start.append(
            Start(place=slot.place, revision=course.run, iteration=course.iteration, cause=course.cause(situation))
        )


def _stopped(tasks: Iterable[Task], course: Course) -> Iterator[Stop]:
    reason: StopReason = "rollback" if course.rolling_back else "update"
    return (Stop(task=each.id, reason=reason) for each in tasks)
