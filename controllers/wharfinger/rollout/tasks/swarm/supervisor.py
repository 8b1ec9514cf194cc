"""The supervisor: what follows in a slot whose task ended by itself, or had to go from its node."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from wharfinger.rollout.revisions import RevisionRef
from wharfinger.rollout.tasks import restart
from wharfinger.rollout.tasks.machine import Situation, Start
from wharfinger.rollout.tasks.swarm.course import Course
from wharfinger.rollout.tasks.swarm.slots import Key, Slot, key_of
from wharfinger.rollout.tasks.task import Place, Task


@dataclass(slots=True, kw_only=True)
class Rounds:
    """What the supervisor does now."""

    start: list[Start] = field(default_factory=list)
    replaced: list[Task] = field(default_factory=list)
    """What `start` takes the place of."""
    dead: set[Place] = field(default_factory=set)
    """Slots that stay without a task."""
    waits: list[tuple[Slot, datetime]] = field(default_factory=list)
    """Slots whose next task starts then."""


def supervised(situation: Situation, course: Course, slots: Iterable[Slot], busy: Container[Key]) -> Rounds:
    """One look at the slots that want for a task; those in `busy` are in other hands."""
    found = Rounds()
    for slot in slots:
        if slot.wanted and (slot.own is None or slot.own.finished_at is None):
            continue  # most are so: it has its task, or the updater will see to it
        if slot.between or key_of(slot.place) in busy:
            continue
        ended = slot.last if not slot.wanted else _fallen(course, slot)
        if ended is None:
            continue
        if restart.should_restart(situation.block.restart, ended, slot.tasks):
            _restart(situation, course, slot, ended, found)
        elif not slot.wanted and _begins_anew(course, ended):
            found.start.append(
                Start(place=slot.place, revision=course.run, iteration=course.iteration, cause="replace")
            )
        elif not slot.wanted:
            found.dead.add(slot.place)
    return found


def _begins_anew(course: Course, ended: Task) -> bool:
    """A rollback takes the service to a converged state, slots too that were to stay dead: once each.

    restart.go, IsTaskUpdatable: such a task is none that could be updated, so the orchestrator finds that its slot is
    missing and adds a task at once, past the updater (replicated/services.go, addTasks).
    """
    return course.under_way and course.rolling_back and course.moving and ended.iteration != course.iteration


def _fallen(course: Course, slot: Slot) -> Task | None:
    """Start-first: a new task that ended while the old one still runs.

    The supervisor replaces it beside the old one, as Swarm does; not while the update is paused, since the slot is
    served.
    """
    if not course.moving or len(slot.wanted) != 1 or slot.wanted[0].revision == course.run.hash:
        return None
    new = [each for each in slot.tasks if each.iteration == course.iteration and each.revision == course.run.hash]
    return new[-1] if new and new[-1].ended else None


def _restart(situation: Situation, course: Course, slot: Slot, ended: Task, found: Rounds) -> None:
    """Restart (restart.go): the delay runs from the failure, and the old task is waited for."""
    returned = situation.block.per_node and ended.stop_reason in restart.MOVED
    at_once = returned or ended.node in situation.drained
    when = restart.due(situation.block.restart, ended, drained=at_once)
    free_at = slot.free_at(situation.gone)
    if free_at is not None:
        when = max(when, free_at)
    if when > situation.now:
        found.waits.append((slot, when))
        return
    found.replaced.append(ended)
    found.start.append(
        Start(
            place=slot.place,
            revision=_revision(situation, course, ended),
            iteration=course.iteration,
            cause="node" if returned else "restart",
        )
    )


def _revision(situation: Situation, course: Course, ended: Task) -> RevisionRef:
    """The service's, as Swarm has it (restart.go makes the new task of its spec), unless the update is paused.

    Swarm brings a revision that paused its update to every slot whose task ends meanwhile. Here the slot keeps its own.
    """
    if course.moving:
        return course.run
    return situation.history.by_hash(ended.revision) or course.run
