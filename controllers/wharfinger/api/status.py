"""What every kind of ours reports: conditions by the kstatus rules, findings, rollout state."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wharfinger.api.lists import ListMap
from wharfinger.api.model import Int, Model, Time
from wharfinger.api.task_status import TasksStatus

ConditionStatus = Literal["True", "False", "Unknown"]


class Condition(Model):
    """A metav1.Condition: one question about the resource, answered, for machines and for people."""

    type: Annotated[str, Field(min_length=1, max_length=316)]
    """The question: Ready, Reconciling, Stalled, …"""
    status: ConditionStatus
    """The answer."""
    reason: Annotated[str, Field(pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$", max_length=1024)]
    """CamelCase, for machines."""
    message: Annotated[str, Field(max_length=32768)] = ""
    """For a person: what is so, and what to do about it."""
    last_transition_time: Time
    """When status last changed."""
    observed_generation: Int | None = None
    """The metadata.generation that this answer is about."""


Severity = Literal["error", "warning", "info"]


class Finding(Model):
    """Something in the document that is not honoured as written, or that deserves a word."""

    path: Annotated[str, Field(max_length=1024)]
    """Where, as a path in the document: ``spec.pod.containers[0].image``."""
    severity: Severity
    """``error`` stops the resource; ``warning`` says that something behaves otherwise; ``info`` is for the curious."""
    reason: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]*$", max_length=128)]
    """CamelCase, for machines."""
    message: Annotated[str, Field(max_length=1024)]
    """One line: what is wrong and what would be right."""


RolloutState = Literal["Progressing", "Completed", "Paused", "RollingBack", "RolledBack", "Failed"]


class RolloutStatus(Model):
    """Where the rollout stands. A restarted operator goes on from here."""

    state: RolloutState
    """Progressing, Completed, Paused, RollingBack (to an earlier revision), RolledBack (and staying there), Failed."""
    revision: Int | None = None
    """The revision that the spec asks for; while `waitingRevision` is there, the one that it asked for before."""
    waiting_revision: Int | None = None
    """The revision that the spec asks for, and that waits for what `spec.dependsOn` names."""
    running_revision: Int | None = None
    """The revision that the operator keeps applied: another one than `revision` after a rollback or while paused."""
    last_good_revision: Int | None = None
    """The newest revision that was Ready in full."""
    failed_revision: Int | None = None
    """The revision that failed, and is not tried again until the spec changes."""
    message: Annotated[str, Field(max_length=4096)] | None = None
    """Why it stands there."""
    started_at: Time | None = None
    """When `running_revision` began to roll out."""
    progressed_at: Time | None = None
    """When it last got closer: the progress deadline runs from here."""
    progress: Annotated[str, Field(max_length=256)] | None = None
    """What the last progress was: counts of updated and ready pods, as the deadline compares them."""


class PodProblem(Model):
    """A pod that cannot start or stay up, so that nobody needs to look at pods."""

    pod: str
    """Name of the pod; the owning object's name where no pod could be made."""
    container: str | None = None
    """Name of the container."""
    reason: str
    """As Kubernetes says it: ImagePullBackOff, CrashLoopBackOff, OOMKilled, Unschedulable, FailedCreate, …"""
    message: Annotated[str, Field(max_length=2048)] = ""
    """The last message or exit code."""


class JobStatus(Model):
    """The job of mode ``job``, remembered after its objects are gone."""

    name: str
    """Name of the Job object."""
    revision: Int
    """The revision that it ran."""
    result: Literal["Running", "Complete", "Failed"]
    """How it stands."""
    start_time: Time | None = None
    """When it started."""
    completion_time: Time | None = None
    """When it ended."""
    succeeded: Int = 0
    """Pods that ended well."""
    failed: Int = 0
    """Pods that failed."""
    message: Annotated[str, Field(max_length=2048)] | None = None
    """Why it failed."""


class CronStatus(Model):
    """The schedule of mode ``cron``."""

    last_schedule_time: Time | None = None
    """When a job was last started."""
    last_successful_time: Time | None = None
    """When a job last ended well."""
    active: Int = 0
    """Jobs running now."""


class ContainerWorkloadStatus(Model):
    """What is so."""

    observed_generation: Int = -1
    """The metadata.generation that this status is about; -1 until the operator has seen the resource."""
    conditions: Annotated[list[Condition], Field(max_length=16), ListMap("type")] = []
    """Ready, and while it lasts Reconciling or Stalled; Complete or Failed for bounded work."""
    replicas: Int | None = None
    """Pods that exist."""
    updated_replicas: Int | None = None
    """Pods of the revision that the spec asks for."""
    started_replicas: Int | None = None
    """Pods of the revision that is kept applied whose containers have started, ready or not."""
    ready_replicas: Int | None = None
    """Pods that are ready."""
    desired_replicas: Int | None = None
    """Pods that there should be."""
    selector: str | None = None
    """The pods' label selector, as text: for the scale subresource."""
    rollout: RolloutStatus | None = None
    """Where the rollout stands."""
    problems: Annotated[list[PodProblem], Field(max_length=16)] = []
    """Pods that cannot start or stay up; the worst first, one of each kind."""
    findings: Annotated[list[Finding], Field(max_length=64)] = []
    """What is not honoured as written."""
    job: JobStatus | None = None
    """Mode ``job`` only."""
    cron: CronStatus | None = None
    """Mode ``cron`` only."""
    tasks: TasksStatus | None = None
    """Mode ``tasks`` only."""
