"""Situation: all that a rollout decision looks at, and the plain questions that it asks of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from wharfinger.api.containerworkload import Rollout
from wharfinger.api.duration import seconds
from wharfinger.api.status import RolloutStatus
from wharfinger.rollout import times
from wharfinger.rollout.observation import Observation
from wharfinger.rollout.revisions import History, RevisionRef


@dataclass(frozen=True, kw_only=True)
class Situation:
    """The policy, the wish, what runs, and the time."""

    policy: Rollout
    target: RevisionRef
    history: History
    observation: Observation
    pin: str | None
    """What the rollback annotation says, if it is there."""
    paused: bool
    """Whether the pause annotation is there."""
    now: datetime

    @cached_property
    def pinned(self) -> RevisionRef | None:
        """The revision that the rollback annotation names."""
        return self.history.pinned(self.pin, self.target) if self.pin else None

    @property
    def puzzled(self) -> bool:
        """The rollback annotation names nothing that is kept: then nothing moves, rather than to the wrong place."""
        return bool(self.pin) and self.pinned is None

    @property
    def time(self) -> str:
        """Now, as the status writes it."""
        return times.text(self.now)

    def about(self, run: RevisionRef) -> bool:
        """Whether the observation is about `run`: else it has not been applied yet, and nothing follows from counts."""
        return self.observation.exists and self.observation.revision == run.hash

    def complete(self, run: RevisionRef) -> bool:
        """Whether `run` runs in full."""
        return self.about(run) and self.observation.complete and self.ready_long_enough

    @property
    def ready_long_enough(self) -> bool:
        """A bare pod's minReadySeconds, which nobody else counts."""
        bare = self.observation.bare
        if bare.ref is None or bare.ended:
            return True
        return times.seconds_since(bare.ready_since, self.now) >= seconds(self.policy.min_ready)

    def proves(self, run: RevisionRef) -> bool:
        """Whether being complete says that `run` works: with no pod wanted it says nothing."""
        return self.complete(run) and (self.observation.counts.desired > 0 or self.observation.mode == "cron")

    def running(self, state: RolloutStatus) -> RevisionRef | None:
        """The revision that `state` says is applied, if it is still kept."""
        return self.history.by_number(state.running_revision)

    def failed(self, state: RolloutStatus) -> bool:
        """Whether the revision that the spec asks for has failed."""
        return state.failed_revision == self.target.number

    def last_good(self, state: RolloutStatus) -> RevisionRef | None:
        """The revision to go back to, if there is one."""
        good = self.history.by_number(state.last_good_revision)
        return good if good != self.target else None

    def held(self, state: RolloutStatus) -> bool:
        """Whether a failure stops the rollout where it is, as the policy says."""
        return self.failed(state) and self.policy.on_failure == "pause"
