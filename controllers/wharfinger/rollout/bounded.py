"""Bounded work: a job runs once for each revision, and its result outlives its object.

A Job is removed some time after its end (`job.ttlAfterFinished`), by a hand, or with its namespace's history; none of
these may make it run again. So the result is kept in ``status.job``, and only when it stands there is the Job let go.
That is also why the time to live is ours to keep and not the Job's own ttlSecondsAfterFinished: a Job that ended and
vanished while no operator ran would look like one that was lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from wharfinger.api.duration import seconds
from wharfinger.api.resource import Object
from wharfinger.api.status import CronStatus, JobStatus, RolloutState, RolloutStatus
from wharfinger.rollout import times
from wharfinger.rollout.announcements import Announcement
from wharfinger.rollout.revisions import RevisionRef

Result = Literal["Running", "Complete", "Failed"]

_STATE: Final[dict[Result, RolloutState]] = {"Running": "Progressing", "Complete": "Completed", "Failed": "Failed"}

_MAX_MESSAGE: Final = 2048
"""As much as the status may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDecision:
    """What shall be of a job."""

    status: JobStatus
    """For ``status.job``."""
    state: RolloutStatus
    """For ``status.rollout``."""
    wanted: bool
    """Whether the Job object shall be there."""
    announce: tuple[Announcement, ...] = ()
    """What is new."""
    wake_at: datetime | None = None
    """When its time to live is over."""


def job_step(
    previous: JobStatus | None,
    *,
    name: str,
    target: RevisionRef,
    live: Object | None,
    ttl: str | None,
    now: datetime,
    suspended: bool = False,
) -> JobDecision:
    """What to do about the job of `target`.

    `previous` is what the API server has as ``status.job``, `live` the Job called `name` if it is there, `ttl` how long
    it stays after its end (None: for ever).
    """
    known = previous if previous and previous.revision == target.number and previous.name == name else None
    status = _status(known, name=name, target=target, live=live)
    ends_at = _end_of_life(status, ttl)
    recorded = known is not None and known.result != "Running"
    wanted = not recorded or (live is not None and (ends_at is None or now < ends_at))
    return JobDecision(
        status=status,
        state=_rollout(status, suspended=suspended),
        wanted=wanted,
        announce=tuple(_announcements(known, status)),
        wake_at=ends_at if wanted and live is not None and status.result != "Running" else None,
    )


def cron_status(live: Object | None) -> CronStatus:
    """What a CronJob says of its runs."""
    status = (live or {}).get("status", {})
    return CronStatus(
        last_schedule_time=status.get("lastScheduleTime"),
        last_successful_time=status.get("lastSuccessfulTime"),
        active=len(status.get("active") or ()),
    )


def _failure_of(live: Object | None) -> str | None:
    """Why a Job failed, in its own words; None if it did not, or does not say."""
    failed = _condition(live, "Failed")
    return ": ".join(filter(None, (failed.get("reason", ""), failed.get("message", ""))))[:_MAX_MESSAGE] or None


def _status(known: JobStatus | None, *, name: str, target: RevisionRef, live: Object | None) -> JobStatus:
    """A result that is known is never taken back; else what `live` says; else it is about to start."""
    if known and (known.result != "Running" or live is None):
        return known
    status = (live or {}).get("status", {})
    result = _result(live)
    end = status.get("completionTime") or (_condition(live, result).get("lastTransitionTime") if result else None)
    return JobStatus(
        name=name,
        revision=target.number,
        result=result or "Running",
        start_time=status.get("startTime"),
        completion_time=end,
        succeeded=status.get("succeeded", 0),
        failed=status.get("failed", 0),
        message=_failure_of(live),
    )


def _result(live: Object | None) -> Literal["Complete", "Failed"] | None:
    if _condition(live, "Complete"):
        return "Complete"
    return "Failed" if _condition(live, "Failed") else None


def _condition(live: Object | None, kind: str) -> Object:
    """The Job's condition of that type if it is True; empty if not."""
    for each in (live or {}).get("status", {}).get("conditions") or ():
        if each.get("type") == kind and each.get("status") == "True":
            found: Object = each
            return found
    return {}


def _end_of_life(status: JobStatus, ttl: str | None) -> datetime | None:
    if ttl is None or status.result == "Running" or status.completion_time is None:
        return None
    return times.parse(status.completion_time) + timedelta(seconds=seconds(ttl))


def _rollout(status: JobStatus, *, suspended: bool) -> RolloutStatus:
    running = status.result == "Running"
    return RolloutStatus(
        state="Paused" if running and suspended else _STATE[status.result],
        revision=status.revision,
        running_revision=status.revision,
        last_good_revision=status.revision if status.result == "Complete" else None,
        failed_revision=status.revision if status.result == "Failed" else None,
        message=status.message,
        started_at=status.start_time,
    )


def _announcements(known: JobStatus | None, status: JobStatus) -> Iterator[Announcement]:
    if status.result == "Running" or (known and known.result == status.result):
        return
    if status.result == "Complete":
        yield Announcement("Normal", "JobComplete", f"Job {status.name} is complete")
    else:
        yield Announcement("Warning", "JobFailed", f"Job {status.name} failed: {status.message or 'no reason given'}")
