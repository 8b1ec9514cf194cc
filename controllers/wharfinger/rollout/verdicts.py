"""Verdicts: is it well, and if not, why. The conditions of a workload, by the rules of kstatus.

``Ready`` is True only when what runs is what the spec says. ``Reconciling`` says that it is on its way there,
``Stalled`` that it will not get there by itself; they are given only when True, and never both. Bounded work also says
``Complete`` or ``Failed``. The rules stand in `_POLICY`, in the order in which they are asked; the first that has an
answer gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from wharfinger.api.containerworkload import Mode
from wharfinger.api.labels import PAUSED_ANNOTATION, ROLLBACK_TO_ANNOTATION
from wharfinger.api.status import Finding, JobStatus, PodProblem, RolloutStatus
from wharfinger.api.task_status import TaskCounts
from wharfinger.rollout.dependencies import Outlook
from wharfinger.rollout.diagnosis import capital, sentence
from wharfinger.rollout.observation import Observation
from wharfinger.rollout.revisions import RevisionRef


class Verdict(NamedTuple):
    """One condition, without its times."""

    type: Literal["Ready", "Reconciling", "Stalled", "Complete", "Failed"]
    status: Literal["True", "False"]
    reason: str
    """CamelCase, for machines."""
    message: str
    """For a person: what is so, and what to do."""


class Trouble(NamedTuple):
    """Something that could not be written, and will not be until somebody changes something."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that the rules look at."""

    mode: Mode
    observation: Observation
    state: RolloutStatus
    target: RevisionRef
    paused: bool
    suspended: bool
    findings: Sequence[Finding]
    errors: Sequence[Trouble]
    leaving: Sequence[str]
    job: JobStatus | None
    problems: tuple[PodProblem, ...]
    tasks: TaskCounts | None = None
    """Mode ``tasks`` only."""
    bounded: bool = False
    """Mode ``tasks``: they run to their end once."""
    waiting_for: str = ""
    """Mode ``tasks``: what it waits for; empty once all is as the spec asks for."""
    waits: Outlook | None = None
    """The dependencies that hold a start or a change back."""

    @property
    def ready_of(self) -> str:
        """``1 of 3``: a surge is not counted."""
        counts = self.observation.counts
        return f"{min(counts.ready, counts.desired)} of {counts.desired}"

    @property
    def runs_as_asked(self) -> bool:
        """What runs is complete, and it is what the spec says: by the state, and by the object's own template."""
        wanted = self.state.running_revision == self.target.number and not self.waiting_for
        return wanted and self.observation.complete and self.observation.revision == self.target.hash

    @property
    def worst(self) -> PodProblem | None:
        """The problem to name first."""
        return self.problems[0] if self.problems else None


_Rule = Callable[[Case], tuple[Verdict, ...] | None]


def verdicts(case: Case) -> tuple[Verdict, ...]:
    """The conditions: Ready first."""
    return next(found for rule in _POLICY if (found := rule(case)) is not None)


def invalid(findings: Sequence[Finding]) -> tuple[Verdict, ...]:
    """The conditions of a document that cannot be acted on."""
    wrong = [finding for finding in findings if finding.severity == "error"]
    first = f"{wrong[0].path}: {wrong[0].message}" if wrong else "the document cannot be read"
    more = f" (and {len(wrong) - 1} more, see status.findings)" if len(wrong) > 1 else ""
    return stalled("InvalidSpec", first + more)


def retrying(message: str, *, reason: str = "Retrying") -> tuple[Verdict, ...]:
    """The conditions while what is tried fails again and again, for no fault of the document's."""
    return _not_ready(reason, message), Verdict("Reconciling", "True", reason, message)


def _invalid_spec(case: Case) -> tuple[Verdict, ...] | None:
    """An error in the document: nothing is changed until it is mended."""
    return invalid(case.findings) if any(finding.severity == "error" for finding in case.findings) else None


def _not_written(case: Case) -> tuple[Verdict, ...] | None:
    """An object that belongs to someone else, or that the API server refuses: a person must act."""
    if not case.errors:
        return None
    more = f" (and {len(case.errors) - 1} more)" if len(case.errors) > 1 else ""
    return stalled(case.errors[0].reason, case.errors[0].message + more)


def _dependencies(case: Case) -> tuple[Verdict, ...] | None:
    """What comes first is not there yet; or has failed, so that somebody must see to it."""
    if case.waits is None:
        return None
    runs = case.state.running_revision
    meanwhile = f". Revision {runs} runs meanwhile, {case.ready_of} ready" if runs is not None else ""
    if case.waits.failed:
        return stalled("DependencyFailed", f"Waits for {case.waits.message}{meanwhile}; it goes on once that is well")
    told = f"Waits for {case.waits.message}{meanwhile}"
    return _not_ready("WaitingForDependencies", told), Verdict("Reconciling", "True", "WaitingForDependencies", told)


def _job(case: Case) -> tuple[Verdict, ...] | None:
    """A job is Ready when it is Complete: then what the spec asks for has been done."""
    job = case.job
    if case.mode != "job" or job is None:
        return None
    if job.result == "Complete":
        message = f"Job {job.name} is complete: {job.succeeded} succeeded"
        return Verdict("Ready", "True", "JobComplete", message), Verdict("Complete", "True", "JobComplete", message)
    if job.result == "Failed":
        why = case.state.message or f"{job.failed} pods failed"
        message = f"Job {job.name} failed: {why}; change the spec to run it again"
        return *stalled("JobFailed", message), Verdict("Failed", "True", "JobFailed", message)
    if case.suspended:
        return (_not_ready("Suspended", f"Job {job.name} is suspended (job.suspend)"),)
    message = f"Job {job.name} runs: {job.succeeded} succeeded, {job.failed} failed"
    return _on_its_way(case, "JobRunning", message)


def _rolled_back(case: Case) -> tuple[Verdict, ...] | None:
    """Another revision runs than the spec asks for, and stays: kstatus must not call that current."""
    if case.state.state != "RolledBack":
        return None
    message = f"Rolled back to revision {case.state.running_revision}{_because(case)}"
    if not case.observation.complete:
        message = f"{message}. Now {case.ready_of} ready{_naming(case.worst)}"
    return stalled("RolledBack", message)


def _rolling_back(case: Case) -> tuple[Verdict, ...] | None:
    if case.state.state != "RollingBack":
        return None
    message = f"Rolling back to revision {case.state.running_revision}: {case.ready_of} ready{_because(case)}"
    return _not_ready("RollingBack", message), Verdict("Reconciling", "True", "RollingBack", message)


def _rollout_failed(case: Case) -> tuple[Verdict, ...] | None:
    if case.state.state != "Failed":
        return None
    told = capital(case.state.message or f"revision {case.state.running_revision} failed")
    known_by_then = case.worst is not None and case.worst.reason in told
    now = f"{case.ready_of} ready" + ("" if known_by_then else _naming(case.worst))
    return stalled("RolloutFailed", f"{told}. {now}; fix what is wrong, or change the spec")


def _paused(case: Case) -> tuple[Verdict, ...] | None:
    """Stopped half-way: by a failure, which needs a person; or by a person, who knows."""
    if case.state.state != "Paused":
        return None
    if not case.paused:
        told = capital(case.state.message or "the rollout failed")
        return stalled("RolloutPaused", f"{told}. Paused where it is: {case.ready_of} ready; change the spec to go on")
    where = f"revision {case.state.running_revision} runs, {case.ready_of} ready"
    pending = f"; revision {case.target.number} waits" if case.state.running_revision != case.target.number else ""
    return (_not_ready("Paused", f"Paused by the annotation {PAUSED_ANNOTATION}: {where}{pending}"),)


def _progressing(case: Case) -> tuple[Verdict, ...] | None:
    if case.state.state != "Progressing":
        return None
    message = f"{case.ready_of} ready"
    if case.state.last_good_revision is not None and case.observation.revision == case.target.hash:
        message = f"{case.observation.counts.updated} of {case.observation.counts.desired} updated, {message}"
    if case.waiting_for:
        message = f"{message}; {case.waiting_for}"
    return _on_its_way(case, "Progressing", f"Rolling out revision {case.target.number}: {message}")


def _leaving(case: Case) -> tuple[Verdict, ...] | None:
    """An object of ours is on its way out (deleted by hand, held by a finalizer), and comes back once it is gone."""
    if not case.leaving:
        return None
    more = f" (and {len(case.leaving) - 1} more)" if len(case.leaving) > 1 else ""
    message = f"{case.leaving[0]}{more} is being deleted, and is made again once it is gone"
    return _on_its_way(case, "WaitingForDeletion", message)


def _cron(case: Case) -> tuple[Verdict, ...] | None:
    """A schedule is Ready when it is in place; a run of it that cannot start is worth saying all the same."""
    if case.mode != "cron" or not case.runs_as_asked:
        return None
    if case.worst and case.worst.reason not in ("Error", "OOMKilled", "PodFailed"):
        return (_not_ready(case.worst.reason, f"A scheduled job does not start{_naming(case.worst)}"),)
    state = "suspended" if case.suspended else "scheduled"
    return (Verdict("Ready", "True", state.capitalize(), f"Revision {case.target.number} is {state}"),)


def _ended(case: Case) -> tuple[Verdict, ...] | None:
    """A bare pod that is not started again: done, as kstatus has it, or failed for good."""
    bare = case.observation.bare
    if bare.ended:
        message = f"The pod did its work on revision {case.target.number}"
        return Verdict("Ready", "True", "PodSucceeded", message), Verdict("Complete", "True", "PodSucceeded", message)
    if bare.failed:
        return stalled("PodFailed", f"The pod failed and its restartPolicy leaves it at that{_naming(case.worst)}")
    return None


def _ended_tasks(case: Case) -> tuple[Verdict, ...] | None:
    """A job of tasks: Ready once each did its work; failed where one did not and nobody tries again."""
    counts = case.tasks
    if not case.bounded or counts is None:
        return None
    message = f"{counts.complete} of {counts.desired} tasks are complete"
    if case.waiting_for:
        return _on_its_way(case, "JobRunning", f"{message}; {case.waiting_for}")
    if counts.failed:
        told = (
            f"{message}, {counts.failed} failed, and their restart policy leaves it at that; change the spec to run it"
        )
        return *stalled("JobFailed", told), Verdict("Failed", "True", "JobFailed", told)
    return Verdict("Ready", "True", "JobComplete", message), Verdict("Complete", "True", "JobComplete", message)


def _dead_slots(case: Case) -> tuple[Verdict, ...] | None:
    """Slots that stay empty, since the restart policy says so: no more will come, so nobody shall wait for it."""
    counts = case.tasks
    if counts is None or not counts.failed or case.waiting_for:
        return None
    told = f"{case.ready_of} tasks run; {counts.failed} ended, and their restart policy leaves it at that"
    return stalled("TasksEnded", f"{told}; change the spec, or restart it")


def _complete(case: Case) -> tuple[Verdict, ...] | None:
    if not case.runs_as_asked:
        return None
    message = f"{case.ready_of} replicas ready on revision {case.target.number}"
    return (Verdict("Ready", "True", "AllReplicasReady", message),)


def _short_of(case: Case) -> tuple[Verdict, ...]:
    """The revision was complete once; now pods are missing, too many, or not ready."""
    counts = case.observation.counts
    if not case.observation.settled or case.observation.revision != case.target.hash:
        return _on_its_way(case, "Applying", "Waiting for Kubernetes' controller to see the last change")
    scaling = counts.replicas != counts.desired
    message = f"{case.ready_of} replicas ready" + (f", {counts.replicas} exist" if scaling else "")
    if case.waiting_for:
        message = f"{message}; {case.waiting_for}"
    return _on_its_way(case, "Scaling" if scaling else "ReplicasNotReady", message)


_POLICY: Final[tuple[_Rule, ...]] = (
    _invalid_spec,
    _not_written,
    _dependencies,
    _job,
    _rolled_back,
    _rolling_back,
    _rollout_failed,
    _paused,
    _progressing,
    _leaving,
    _cron,
    _ended,
    _ended_tasks,
    _dead_slots,
    _complete,
    _short_of,
)
"""The first that has an answer gives it; the last always has one."""


def stalled(reason: str, message: str) -> tuple[Verdict, Verdict]:
    """It will not get there by itself: `message` says what to do."""
    return _not_ready(reason, message), Verdict("Stalled", "True", reason, message)


def _not_ready(reason: str, message: str) -> Verdict:
    return Verdict("Ready", "False", reason, message)


def _on_its_way(case: Case, reason: str, message: str) -> tuple[Verdict, Verdict]:
    """Not there yet. Ready carries the worst problem's reason, which is what a person asks for."""
    told = message + _naming(case.worst)
    return _not_ready(case.worst.reason if case.worst else reason, told), Verdict("Reconciling", "True", reason, told)


def _naming(problem: PodProblem | None) -> str:
    return f"; {sentence(problem)}" if problem else ""


def _because(case: Case) -> str:
    """Why another revision runs, and what to do about it."""
    if case.state.failed_revision is None:
        return f", as the annotation {ROLLBACK_TO_ANNOTATION} asks; remove it to run revision {case.target.number}"
    told = case.state.message or f"revision {case.state.failed_revision} failed"
    return f": {told}; fix the spec and apply again"
