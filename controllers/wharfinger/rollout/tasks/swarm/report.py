"""The report: a decision in the words that all modes share, and what is new, for Events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from wharfinger.api.labels import PAUSED_ANNOTATION, ROLLBACK_TO_ANNOTATION
from wharfinger.api.status import RolloutState, RolloutStatus
from wharfinger.api.task_status import TaskCounts, TasksStatus, UpdateState
from wharfinger.rollout import times
from wharfinger.rollout.announcements import Announcement
from wharfinger.rollout.tasks import restart
from wharfinger.rollout.tasks.machine import Decision, Situation
from wharfinger.rollout.tasks.restart import failure_time
from wharfinger.rollout.tasks.swarm.course import Course, ordered_anew
from wharfinger.rollout.tasks.swarm.slots import UPDATES, Slot
from wharfinger.rollout.tasks.task import Task

if TYPE_CHECKING:
    from wharfinger.rollout.tasks.swarm.service import Moves

STATES: Final[dict[UpdateState, RolloutState]] = {
    "updating": "Progressing",
    "paused": "Paused",
    "completed": "Completed",
    "rollback_started": "RollingBack",
    "rollback_paused": "Failed",
    "rollback_completed": "RolledBack",
}
"""Swarm's words for an update, and ours for a rollout."""

_MAX_NAMED: Final = 3
"""As many tasks are named in one sentence."""


def decision(
    situation: Situation, heading: Course, moves: Moves, unsettled: list[Slot], wake_at: datetime | None
) -> Decision:
    """The decision that these moves make."""
    start = (*moves.update.start, *moves.restarts.start, *moves.fills)
    stop = tuple(moves.stops)
    whole = not (unsettled or moves.board.vacant or start or stop)
    rollout = _rollout(situation, heading, moves, whole=whole)
    status = heading.status.model_copy(update={"counts": _counts(moves)})
    complete = whole and rollout.state == "Completed"
    return Decision(
        status=status,
        rollout=rollout,
        run=heading.run,
        start=start,
        stop=stop,
        announce=tuple(_announcements(situation, status, rollout, moves.restarts.replaced)),
        persist_first=bool(start or stop) and _to_remember(situation.status, status),
        rolled_back=_rolls_back(situation, heading),
        keep=frozenset(_needed(situation, heading, moves)),
        dead=frozenset(moves.restarts.dead),
        complete=complete,
        waiting_for="" if complete else _waiting_for(situation, heading, rollout, moves, unsettled),
        wake_at=wake_at,
    )


def _needed(situation: Situation, heading: Course, moves: Moves) -> Iterator[str]:
    """Ended tasks that are counted: failures of the update that goes on, and restarts up to maxAttempts."""
    if heading.under_way:
        iteration = heading.iteration
        for task in situation.tasks:
            if task.iteration == iteration and task.finished_at is not None and task.cause in UPDATES:
                yield task.id
    yield from restart.counted(situation.block, (slot.tasks for slot in moves.board.slots))


def _to_remember(before: TasksStatus | None, after: TasksStatus) -> bool:
    """What tasks refer to, and what cannot be counted any more once they changed: write that before they do."""
    if before is None or before.iteration != after.iteration:
        return True
    was, now = before.update, after.update
    return (was and (was.state, was.revision, was.slots)) != (now and (now.state, now.revision, now.slots))


def _rolls_back(situation: Situation, heading: Course) -> bool:
    """Whether an automatic rollback begins now."""
    return heading.fresh and heading.rolling_back and heading.run != situation.target and situation.pin is None


def _rollout(situation: Situation, heading: Course, moves: Moves, *, whole: bool) -> RolloutStatus:
    state = _state(situation, heading, whole=whole)
    changes: dict[str, object] = {"state": state}
    if state == "Completed":
        changes |= {"failed_revision": None, "message": None}
    if state in ("Completed", "RolledBack") and whole and _proven(moves):
        changes["last_good_revision"] = heading.run.number
    return heading.rollout.model_copy(update=changes)


def _state(situation: Situation, heading: Course, *, whole: bool) -> RolloutState:
    if heading.frozen:
        held_up = heading.under_way or ordered_anew(situation) or not _done(heading.rollout.state)
        return "Paused" if held_up else heading.rollout.state
    if heading.update is not None:
        return STATES[heading.update.state]
    return "Completed" if whole or heading.rollout.state == "Completed" else "Progressing"


def _done(state: RolloutState) -> bool:
    return state in ("Completed", "RolledBack")


def _proven(moves: Moves) -> bool:
    """Whether what runs says that the revision works: with no task at all it says nothing, nor does a dead slot."""
    dead = moves.restarts.dead
    well = all(slot.last.state == "complete" for slot in moves.board.slots if slot.place in dead)
    return moves.board.desired > 0 and well


def _counts(moves: Moves) -> TaskCounts:
    wanted = [task for slot in moves.board.slots for task in slot.wanted]
    running = sum(task.state == "running" for task in wanted)
    return TaskCounts(
        desired=moves.board.desired,
        pending=len(wanted) - running,
        running=running,
        failed=len(moves.restarts.dead),
    )


def _waiting_for(
    situation: Situation, heading: Course, rollout: RolloutStatus, moves: Moves, unsettled: list[Slot]
) -> str:
    """One sentence: the first thing that is in the way."""
    update = heading.update
    if heading.frozen:
        return f"the annotation {PAUSED_ANNOTATION} to be removed"
    if heading.held and update is not None:
        return f"a redeployment or another spec: {update.message}"
    if moves.update.waits:
        return _worker(situation, moves)
    if heading.under_way and update is not None and update.last_at:
        return f"the monitor period to pass, from {update.last_at}"
    if moves.restarts.waits:
        slot, when = min(moves.restarts.waits, key=lambda wait: wait[1])
        return f"the restart delay of {_name(slot)}, until {times.text(when)}"
    if unsettled:
        return f"the task of {_names(unsettled)} to run"
    if moves.stops or moves.fills or moves.free_at or moves.restarts.start:
        return "tasks to start and stop"
    if rollout.state == "RolledBack":
        return _after_rollback(situation, rollout)
    return "tasks to start and stop"


def _worker(situation: Situation, moves: Moves) -> str:
    slot, stage = next((wait for wait in moves.update.waits if wait[1] != "delay"), moves.update.waits[0])
    more = f" ({moves.update.left} slots are left)" if moves.update.left > 1 else ""
    what = {
        "between": "the old task of {} to stop",
        "dirty": "the update of {}",
        "pair": "the new task of {} to run beside the old one",
        "coming": "the new task of {} to run",
        "delay": "the delay of the update after {}",
    }.get(stage, "{}")
    return what.format(_name(slot)) + more


def _after_rollback(situation: Situation, rollout: RolloutStatus) -> str:
    if situation.pin is not None:
        return f"the annotation {ROLLBACK_TO_ANNOTATION} to be removed"
    return f"another spec: revision {rollout.failed_revision} failed"


def _name(slot: Slot) -> str:
    kind = "slot" if slot.place.node is None else "node"
    return f"{kind} {slot.place.label}"


def _names(slots: list[Slot]) -> str:
    named = ", ".join(_name(slot) for slot in slots[:_MAX_NAMED])
    return f"{named} and {len(slots) - _MAX_NAMED} more" if len(slots) > _MAX_NAMED else named


def _announcements(
    situation: Situation, status: TasksStatus, rollout: RolloutStatus, replaced: list[Task]
) -> Iterator[Announcement]:
    """What is new. Each is said once: what was said before stands in the status."""
    before, now = situation.status.update if situation.status else None, status.update
    if now is not None and (before is None or _another(situation, status) or before.state != now.state):
        yield from _turn(status, rollout)
    was = situation.rollout.state if situation.rollout else None
    if now is None and rollout.state == "Completed" and was in ("Progressing", "Paused", "Failed"):
        yield Announcement("Normal", "RolloutCompleted", f"Revision {rollout.running_revision} is complete")
    if replaced:
        yield Announcement("Normal", "TaskRestarted", _replaced(replaced))


def _another(situation: Situation, status: TasksStatus) -> bool:
    return situation.status is not None and situation.status.iteration != status.iteration


def _turn(status: TasksStatus, rollout: RolloutStatus) -> Iterator[Announcement]:
    update = status.update
    assert update is not None
    told = update.message[:1].upper() + update.message[1:]
    if update.state == "updating":
        yield Announcement("Normal", "UpdateStarted", f"Updating {update.slots} tasks to revision {update.revision}")
    elif update.state == "paused":
        yield Announcement("Warning", "UpdatePaused", told)
    elif update.state == "completed":
        yield Announcement("Normal", "UpdateCompleted", f"{told}: revision {update.revision}")
    elif update.state == "rollback_started":
        by_hand = rollout.failed_revision is None
        yield Announcement(
            "Normal" if by_hand else "Warning", "RollbackStarted", f"{told}: going back to revision {update.revision}"
        )
    elif update.state == "rollback_paused":
        yield Announcement("Warning", "RollbackPaused", told)
    else:
        yield Announcement("Normal", "RollbackCompleted", f"{told}: revision {update.revision} runs")


def _replaced(tasks: list[Task]) -> str:
    """One sentence for all that ended since, the newest first."""
    newest = sorted(tasks, key=failure_time, reverse=True)
    named = ", ".join(f"{each.id} of {_where(each)} ({_ended(each)})" for each in newest[:_MAX_NAMED])
    more = f" and {len(tasks) - _MAX_NAMED} more" if len(tasks) > _MAX_NAMED else ""
    return f"New tasks in the place of {named}{more}"


def _where(task: Task) -> str:
    return f"slot {task.place.label}" if task.place.node is None else f"node {task.place.label}"


def _ended(task: Task) -> str:
    if task.stop_reason:
        return task.stop_reason
    return task.state if task.exit_code is None else f"{task.state}, exit code {task.exit_code}"
