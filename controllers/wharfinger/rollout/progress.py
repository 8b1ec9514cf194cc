"""Progress: whether a rollout got closer, so that its deadline starts anew.

As a Deployment's progressDeadlineSeconds (DeploymentProgressing in the Deployment controller): more updated, ready or
available pods, or fewer old ones. Other than there, only what was never reached before counts: a pod that becomes ready
and crashes, over and over, is no progress.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from wharfinger.rollout.observation import Observation

_PATTERN = re.compile(r"updated=(\d+) ready=(\d+) available=(\d+) old=(\d+)")


@dataclass(frozen=True, slots=True)
class Marks:
    """The best that a rollout has reached."""

    updated: int
    ready: int
    available: int
    old: int

    @classmethod
    def of(cls, observation: Observation) -> Self:
        """What is reached now, of what is wanted: a surge is not more. Ready pods are those of the new revision."""
        counts, desired = observation.counts, observation.counts.desired
        return cls(
            min(counts.updated, desired),
            min(observation.updated_ready, desired),
            min(counts.available, desired),
            observation.old,
        )

    @classmethod
    def parse(cls, text: str | None) -> Self | None:
        """What `str` gave; None for anything else."""
        found = _PATTERN.fullmatch(text or "")
        return cls(*map(int, found.groups())) if found else None

    def __str__(self) -> str:
        return f"updated={self.updated} ready={self.ready} available={self.available} old={self.old}"

    def reachable(self, desired: int) -> Marks:
        """As far as it can be reached with `desired` pods: fewer may be wanted by now than were."""
        return Marks(min(self.updated, desired), min(self.ready, desired), min(self.available, desired), self.old)

    def beaten_by(self, now: Marks) -> bool:
        """Whether `now` reaches what was not reached before."""
        return self.joined(now) != self

    def joined(self, now: Marks) -> Marks:
        """The best of both."""
        return Marks(
            max(self.updated, now.updated),
            max(self.ready, now.ready),
            max(self.available, now.available),
            min(self.old, now.old),
        )
