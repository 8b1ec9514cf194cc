"""Services, replicated and global: the check-list from a situation to a decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wharfinger.rollout import times
from wharfinger.rollout.tasks.machine import Decision, Situation, Start, Stop
from wharfinger.rollout.tasks.swarm import report
from wharfinger.rollout.tasks.swarm.board import Board, board, earliest, evictions, scale_in
from wharfinger.rollout.tasks.swarm.course import Course, course
from wharfinger.rollout.tasks.swarm.failures import judged, last_watch
from wharfinger.rollout.tasks.swarm.slots import Slot, key_of
from wharfinger.rollout.tasks.swarm.supervisor import Rounds, supervised
from wharfinger.rollout.tasks.swarm.updater import Round, dirty, worked
from wharfinger.rollout.tasks.task import Cause


@dataclass(slots=True, kw_only=True)
class Moves:
    """What is done now, and what is waited for."""

    board: Board
    update: Round
    restarts: Rounds
    fills: list[Start] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    free_at: list[datetime] = field(default_factory=list)
    """When vacant places that are still being left become free."""


def decide(situation: Situation) -> Decision:
    """What to start and stop next."""
    heading = course(situation)
    found = board(situation, heading.iteration)
    heading = _begun(situation, heading, found)
    after = judged(situation, heading)
    if after.iteration != heading.iteration:
        found = board(situation, after.iteration)
        after = _begun(situation, after, found)
    moves = _moves(situation, after, found)
    after, ends_at = _completed(situation, after, moves)
    open_ends = unsettled(after, moves)
    return report.decision(situation, after, moves, open_ends, earliest(_wakes(moves, ends_at), situation.now))


def _begun(situation: Situation, heading: Course, found: Board) -> Course:
    """An update begins if anything is dirty; UpdateStatus stays nil otherwise (updater.go, Run)."""
    if not heading.fresh:
        return heading
    count = sum(dirty(slot, heading, situation) for slot in found.open)
    if heading.update is not None:
        return heading.having(slots=count)
    return heading.beginning(situation, count) if count else heading


def _moves(situation: Situation, heading: Course, found: Board) -> Moves:
    """Everything that happens now, each slot in one pair of hands."""
    stops = list(evictions(situation, found))
    slots = [slot for slot in found.open if not slot.leaving]
    update = worked(situation, heading, slots)
    busy = {key_of(slot.place) for slot, stage in update.waits if stage != "delay"}
    restarts = supervised(situation, heading, slots, busy)
    moves = Moves(board=found, update=update, restarts=restarts, stops=[*stops, *scale_in(found.surplus), *update.stop])
    moves.fills.extend(_fills(situation, heading, found, moves))
    return moves


def _fills(situation: Situation, heading: Course, found: Board, moves: Moves) -> Iterator[Start]:
    """Places that have no task yet: of a new service, of one that was scaled out, of a node that came."""
    first = heading.rollout.last_good_revision is None and heading.update is None
    cause: Cause = "create" if first else "node" if situation.block.per_node else "scale"
    for place in found.vacant:
        left = found.vacated.get(key_of(place))
        free_at = left.free_at(situation.gone) if left else None
        if free_at is not None and free_at > situation.now:
            moves.free_at.append(free_at)
        else:
            yield Start(place=place, revision=heading.run, iteration=heading.iteration, cause=cause)


def _completed(situation: Situation, heading: Course, moves: Moves) -> tuple[Course, datetime | None]:
    """U6: all slots are done; after another monitor period without trouble the update is completed.

    Where there was nothing to update, it is completed at once (rule 2).
    """
    update = heading.update
    if update is None or not heading.under_way or heading.frozen:
        return heading, None
    if moves.update.left:
        return (heading.having(last_at=None) if update.last_at else heading), None
    if not update.slots:
        return _ended(situation, heading), None
    since = max(moves.update.done, default=None) or situation.now
    last_at = update.last_at or times.text(since + timedelta(milliseconds=999))
    ends_at = times.parse(last_at) + timedelta(seconds=last_watch(heading.policy(situation)))
    if situation.now >= ends_at:
        return _ended(situation, heading.having(last_at=last_at)), None
    return heading.having(last_at=last_at), ends_at


def _ended(situation: Situation, heading: Course) -> Course:
    back = heading.rolling_back
    return heading.having(
        state="rollback_completed" if back else "completed",
        message="rollback completed" if back else "update completed",
        completed_at=times.text(situation.now),
    )


def _wakes(moves: Moves, ends_at: datetime | None) -> list[datetime | None]:
    return [*moves.update.wake, *(when for _, when in moves.restarts.waits), *moves.free_at, ends_at]


def unsettled(heading: Course, moves: Moves) -> list[Slot]:
    """Slots that are not as they shall be: one task of the right revision that runs, or none for good."""
    dead, revision = moves.restarts.dead, heading.run.hash
    return [slot for slot in moves.board.open if not _settled(slot, revision) and slot.place not in dead]


def _settled(slot: Slot, revision: str) -> bool:
    if len(slot.wanted) != 1 or slot.leaving:
        return False
    task = slot.wanted[0]
    return task.state == "running" and task.revision == revision
