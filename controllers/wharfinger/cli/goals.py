"""What one can wait for: pure functions from a workload as it is now to whether it is so, not yet, or never will be.

A workload is an object as the API server has it; None where it does not exist.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

from wharfinger.cli.status.summary import State, verdict

Object = dict[str, Any]


class Outcome(StrEnum):
    """How a wait stands."""

    waiting = "waiting"
    reached = "reached"
    failed = "failed"
    """It will not come by itself: waiting longer is in vain."""


class Standing(NamedTuple):
    """How a wait stands, and what the workload says."""

    outcome: Outcome
    told: str


Goal = Callable[[Object | None], Standing]

GONE = Standing(Outcome.failed, "does not exist")


def ready(workload: Object | None) -> Standing:
    """What runs is what the spec says. Fails where it is Stalled."""
    return _well(workload, {State.ready: Outcome.reached, State.stalled: Outcome.failed})


def stalled(workload: Object | None) -> Standing:
    """It gave up."""
    return _well(workload, {State.stalled: Outcome.reached})


def deleted(workload: Object | None) -> Standing:
    """It is not there."""
    return Standing(Outcome.reached, "deleted") if workload is None else Standing(Outcome.waiting, told(workload))


def condition(kind: str, status: str) -> Goal:
    """A condition has this status, of the workload as it is now; names count whatever their case, as for kubectl."""

    def goal(workload: Object | None) -> Standing:
        if workload is None:
            return GONE
        found = _condition(workload, kind)
        met = found is not None and found["status"].lower() == status.lower()
        return Standing(Outcome.reached if met else Outcome.waiting, told(workload))

    return goal


def moved_on(before: Object, goal: Goal) -> Goal:
    """`goal` after a rollout was let go: standing where it stood `before` is no failure, for nobody has looked yet.

    Annotations do not count in metadata.generation, so that the status itself cannot say whether it knows of them. A
    revision that had failed already is not tried again, and does count.
    """
    old = _where(before)
    hopeless = old["failedRevision"] is not None and old["failedRevision"] == old["revision"]

    def after(workload: Object | None) -> Standing:
        standing = goal(workload)
        stale = workload is not None and not hopeless and _where(workload) == old
        if standing.outcome is Outcome.failed and stale:
            return Standing(Outcome.waiting, standing.told)
        return standing

    return after


def _where(workload: Object) -> Object:
    """Where a rollout stands, without counts and times."""
    rollout = _rollout(workload)
    return {key: rollout.get(key) for key in ("state", "revision", "runningRevision", "failedRevision")}


def restarted(before: Object) -> Goal:
    """Ready, on another revision than `before`."""
    old = _rollout(before).get("revision")

    def goal(workload: Object | None) -> Standing:
        if workload is not None and _rollout(workload).get("revision") == old:
            return Standing(Outcome.waiting, told(workload))
        return ready(workload)

    return goal


def runs(revision: int) -> Goal:
    """That revision runs in full, whatever the spec asks for: Ready is not True after a rollback."""

    def goal(workload: Object | None) -> Standing:
        if workload is None:
            return GONE
        rollout = _rollout(workload)
        if rollout.get("runningRevision") != revision:
            return Standing(Outcome.waiting, told(workload))
        ended = {"RolledBack": Outcome.reached, "Completed": Outcome.reached, "Failed": Outcome.failed}
        return Standing(ended.get(rollout.get("state", ""), Outcome.waiting), told(workload))

    return goal


def told(workload: Object) -> str:
    """``Stalled  RolledBack: revision 2 …``."""
    state, found = verdict(workload)
    reason = found.get("reason", "")
    parts = (reason if reason != state else "", found.get("message", ""))
    return f"{state}  {': '.join(part for part in parts if part)}".rstrip()


def _well(workload: Object | None, ends: dict[State, Outcome]) -> Standing:
    if workload is None:
        return GONE
    if half_written(workload):
        return Standing(Outcome.waiting, told(workload))
    state, _ = verdict(workload)
    return Standing(ends.get(state, Outcome.waiting), told(workload))


_STATES = {"RolledBack": "RolledBack", "RolloutFailed": "Failed", "RolloutPaused": "Paused"}
"""Reasons of Stalled that tell of a rollout, and its state."""


def half_written(workload: Object) -> bool:
    """Whether a rollout has begun and the conditions are still those from before.

    The operator writes down which revision shall run before it acts, and what came of it afterwards. Where an
    annotation began the rollout, metadata.generation does not tell the two apart.
    """
    state, found = verdict(workload)
    rollout = _rollout(workload).get("state")
    if rollout is None:
        return False
    if state is State.ready:
        return bool(rollout != "Completed")
    return state is State.stalled and _STATES.get(found["reason"], rollout) != rollout


def _condition(workload: Object, kind: str) -> Object | None:
    """The condition of that type, if it is about the workload as it is now."""
    for found in workload.get("status", {}).get("conditions", ()):
        current = found.get("observedGeneration", 0) == workload["metadata"].get("generation", 0)
        if found["type"].lower() == kind.lower() and current:
            return dict(found)
    return None


def _rollout(workload: Object) -> Object:
    return dict(workload.get("status", {}).get("rollout") or {})
