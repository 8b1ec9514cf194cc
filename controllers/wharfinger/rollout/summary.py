"""Summary: what the status says of the pods. One summariser, so that conditions, counts and problems never disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wharfinger.api.containerworkload import Mode
from wharfinger.api.status import Finding, JobStatus, PodProblem, RolloutStatus
from wharfinger.api.task_status import TaskCounts
from wharfinger.rollout.dependencies import Outlook
from wharfinger.rollout.observation import Observation
from wharfinger.rollout.revisions import RevisionRef
from wharfinger.rollout.verdicts import Case, Trouble, Verdict, verdicts


class Counts(NamedTuple):
    """Pods, for the status; None where a number would say nothing."""

    replicas: int | None = None
    updated: int | None = None
    ready: int | None = None
    desired: int | None = None
    started: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the status says."""

    conditions: tuple[Verdict, ...]
    counts: Counts
    problems: tuple[PodProblem, ...]


def summarise(
    *,
    mode: Mode,
    observation: Observation,
    state: RolloutStatus,
    target: RevisionRef,
    paused: bool = False,
    suspended: bool = False,
    findings: Sequence[Finding] = (),
    errors: Sequence[Trouble] = (),
    leaving: Sequence[str] = (),
    job: JobStatus | None = None,
    tasks: TaskCounts | None = None,
    bounded: bool = False,
    waiting_for: str = "",
    waits: Outlook | None = None,
) -> Summary:
    """Conditions and counts. `state` is what the rollout decided, `errors` what could not be written.

    `waits` are the dependencies that hold a start or a change back.

    `tasks`, `bounded` and `waiting_for` are of mode ``tasks``. `leaving` are objects, as ``Kind name``, that are being
    deleted and cannot be made again before they are gone.
    """
    ended = job is not None and job.result == "Complete"
    case = Case(
        mode=mode,
        observation=observation,
        state=state,
        target=target,
        paused=paused,
        suspended=suspended,
        findings=findings,
        errors=errors,
        leaving=leaving,
        job=job,
        tasks=tasks,
        bounded=bounded,
        waiting_for=waiting_for,
        waits=waits,
        problems=() if ended else observation.problems,
    )
    return Summary(conditions=verdicts(case), counts=_counts(case), problems=case.problems)


def _counts(case: Case) -> Counts:
    observation, counts = case.observation, case.observation.counts
    if case.mode == "cron":
        return Counts()
    if case.mode == "job":
        return Counts(replicas=counts.replicas, started=observation.started, ready=counts.ready)
    of_target = case.observation.revision == case.target.hash
    updated = counts.updated if of_target else observation.by_revision.get(case.target.hash, 0)
    return Counts(
        replicas=counts.replicas,
        updated=updated,
        started=observation.started,
        ready=counts.ready,
        desired=counts.desired,
    )
