"""Judgement: how the revision that is applied is doing. Complete, closer, late, or failed."""

from __future__ import annotations

from wharfinger.api.status import RolloutStatus
from wharfinger.rollout import failure
from wharfinger.rollout.progress import Marks
from wharfinger.rollout.revisions import RevisionRef
from wharfinger.rollout.situation import Situation
from wharfinger.rollout.state import DONE, UNDER_WAY, direction, having, restarted, wished

_MAX_MESSAGE = 4096
"""As much as the status may hold."""


def judged(situation: Situation, state: RolloutStatus, run: RevisionRef) -> RolloutStatus:
    """`state` in the light of what is observed. `run` is the revision that it says is applied."""
    if situation.paused:
        return _frozen(situation, state, run)
    if situation.complete(run):
        return complete(situation, state, run)
    if not situation.about(run):
        return state
    if state.state not in DONE:
        return _tracked(situation, state, run)
    if _unproven(situation, state, run):
        return _tracked(situation, restarted(situation, state, run), run)
    return state  # what goes wrong after a rollout is no failed rollout


def complete(situation: Situation, state: RolloutStatus, run: RevisionRef) -> RolloutStatus:
    """`state` when `run` runs in full."""
    good = run.number if situation.proves(run) else state.last_good_revision
    done = having(state, last_good_revision=good, progress=None)
    if run != situation.target:
        return having(done, state="RolledBack")
    return having(done, state="Completed", failed_revision=None, message=None)


def _frozen(situation: Situation, state: RolloutStatus, run: RevisionRef) -> RolloutStatus:
    """A pause shows only where it holds something up."""
    if state.state in DONE and wished(situation, state) == run:
        return state
    return having(state, state="Paused")


def _unproven(situation: Situation, state: RolloutStatus, run: RevisionRef) -> bool:
    """A revision that was complete with no pod at all has its rollout when there shall be pods."""
    return situation.observation.counts.desired > 0 and state.last_good_revision != run.number


def _tracked(situation: Situation, state: RolloutStatus, run: RevisionRef) -> RolloutStatus:
    """A rollout under way, or one that failed and may still come right."""
    seen = _seen(situation, state)
    closer = seen.progressed_at != state.progressed_at or seen.progress != state.progress
    cause = failure.at_once(situation, state)
    if state.state in UNDER_WAY:
        cause = cause or failure.in_time(situation, seen)
        return _failed(situation, seen, run, cause) if cause else seen
    if not closer or cause or state.progress is None or situation.held(state):
        return seen if state.progress is None else state
    return _recovering(situation, seen, run)


def _recovering(situation: Situation, state: RolloutStatus, run: RevisionRef) -> RolloutStatus:
    """A failed rollout that got closer after all."""
    failed = None if run == situation.target else state.failed_revision
    return having(state, state=direction(situation, run), failed_revision=failed, message=None)


def _seen(situation: Situation, state: RolloutStatus) -> RolloutStatus:
    """`state` with the best that was reached, and when. Counts of another spec than the current one say nothing."""
    if not situation.observation.settled:
        return state
    now, best = Marks.of(situation.observation), Marks.parse(state.progress)
    if best is not None:
        best = best.reachable(situation.observation.counts.desired)
        if not best.beaten_by(now):
            return state
        now = best.joined(now)
    return having(state, progress=str(now), progressed_at=situation.time)


def _failed(situation: Situation, state: RolloutStatus, run: RevisionRef, cause: str) -> RolloutStatus:
    """The spec's revision is given up, as the policy says; another one that fails is left alone: nothing gets worse."""
    message = f"revision {run.number} {cause}"
    if run != situation.target:
        told = f"{state.message}; then {message}" if state.message else message
        return having(state, state="Failed", message=told[:_MAX_MESSAGE])
    held = situation.policy.on_failure == "pause" and not situation.pinned
    return having(state, state="Paused" if held else "Failed", failed_revision=run.number, message=message)
