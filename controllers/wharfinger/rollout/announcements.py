"""Announcements: what is new about a rollout, for people who watch Events. Nothing is said twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from wharfinger.api.status import RolloutStatus
from wharfinger.rollout.diagnosis import capital
from wharfinger.rollout.observation import Observation


class Announcement(NamedTuple):
    """One Event."""

    type: Literal["Normal", "Warning"]
    reason: str
    """CamelCase, for machines."""
    note: str
    """For people."""


def announcements(
    before: RolloutStatus | None, after: RolloutStatus, observation: Observation
) -> Iterator[Announcement]:
    """What changed from `before` to `after`. A first rollout that goes well is no news."""
    told = after.message or ""
    if _new_failure(before, after):
        yield Announcement("Warning", "RolloutFailed", f"{capital(told)}{_consequence(after)}")
    elif after.state == "Failed" and before is not None and before.state != "Failed":
        yield Announcement("Warning", "RollbackFailed", capital(told))
    if before is None:
        return
    if before.running_revision not in (None, after.running_revision):
        yield from _departure(before, after)
    yield from _arrival(before, after, observation)
    yield from _pause(before, after)


def _departure(before: RolloutStatus, after: RolloutStatus) -> Iterator[Announcement]:
    if after.state == "Progressing":
        yield Announcement("Normal", "RolloutStarted", f"Rolling out revision {after.running_revision}")
    elif after.state == "RollingBack" and not _new_failure(before, after):
        yield Announcement("Normal", "RollingBack", f"Going back to revision {after.running_revision}")


def _new_failure(before: RolloutStatus | None, after: RolloutStatus) -> bool:
    known = before.failed_revision if before else None
    return after.failed_revision is not None and after.failed_revision != known


def _consequence(after: RolloutStatus) -> str:
    if after.state in ("RollingBack", "RolledBack"):
        return f". Rolling back to revision {after.running_revision}"
    return ". Paused where it is" if after.state == "Paused" else ""


def _arrival(before: RolloutStatus, after: RolloutStatus, observation: Observation) -> Iterator[Announcement]:
    if after.state == before.state:
        return
    counts = observation.counts
    ready = f"{min(counts.ready, counts.desired)} of {counts.desired} replicas ready"
    if after.state == "RolledBack":
        note = f"Revision {after.running_revision} runs again: {ready}"
        yield Announcement("Warning", "RolledBack", f"{note}; {after.message}" if after.message else note)
    elif after.state == "Completed" and before.last_good_revision not in (None, after.running_revision):
        yield Announcement("Normal", "RolloutCompleted", f"Revision {after.running_revision} is complete: {ready}")


def _pause(before: RolloutStatus, after: RolloutStatus) -> Iterator[Announcement]:
    by_hand = after.failed_revision != after.revision or before.state == "Failed"
    if after.state == "Paused" and before.state != "Paused" and by_hand:
        yield Announcement("Normal", "RolloutPaused", f"Revision {after.running_revision} stays where it is")
    resumed = before.state == "Paused" and after.state == "Progressing"
    if resumed and before.running_revision == after.running_revision:
        yield Announcement("Normal", "RolloutResumed", f"Revision {after.running_revision} goes on")
