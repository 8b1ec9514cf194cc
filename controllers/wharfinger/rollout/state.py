"""The state of a rollout, and how it changes: `RolloutStatus` is the only memory that there is."""

from __future__ import annotations

from typing import Any, Final

from wharfinger.api.status import RolloutState, RolloutStatus
from wharfinger.rollout.revisions import RevisionRef
from wharfinger.rollout.situation import Situation

DONE: Final[tuple[RolloutState, ...]] = ("Completed", "RolledBack")
"""What runs was Ready in full once."""

UNDER_WAY: Final[tuple[RolloutState, ...]] = ("Progressing", "RollingBack")
"""The deadline runs."""


def having(state: RolloutStatus, /, **changes: Any) -> RolloutStatus:
    """`state`, changed; the very same object where nothing differs."""
    differs = any(getattr(state, field) != value for field, value in changes.items())
    return state.model_copy(update=changes) if differs else state


def direction(situation: Situation, run: RevisionRef) -> RolloutState:
    """What a rollout of `run` is called while it lasts."""
    return "Progressing" if run == situation.target else "RollingBack"


def restarted(situation: Situation, state: RolloutStatus, run: RevisionRef) -> RolloutStatus:
    """Under way, the deadline anew: it runs from when `run` is first seen applied."""
    return having(state, state=direction(situation, run), progressed_at=situation.time, progress=None)


def wished(situation: Situation, state: RolloutStatus) -> RevisionRef:
    """The revision that would run if nothing held it: the pinned one, the last good one after a failure, the spec's."""
    if situation.pinned:
        return situation.pinned
    if situation.failed(state) and situation.policy.on_failure == "rollback":
        return situation.last_good(state) or situation.target
    return situation.target


def chosen(situation: Situation, state: RolloutStatus) -> RevisionRef:
    """The revision that shall run."""
    running = situation.running(state)
    if running and (situation.paused or situation.puzzled):
        return running
    return wished(situation, state)
