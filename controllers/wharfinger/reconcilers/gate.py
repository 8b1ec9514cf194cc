"""The rollout's answer, in one shape for pods that serve and for jobs that end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wharfinger.api.labels import PAUSED_ANNOTATION, ROLLBACK_TO_ANNOTATION
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding, JobStatus, RolloutStatus
from wharfinger.api.task_status import TasksStatus
from wharfinger.engine.desired import Desired
from wharfinger.reconcilers.view import View
from wharfinger.rollout import Announcement, History, Observation, Outlook, PodRef, RevisionRef, job_step, step


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Which revision runs, and what comes with that."""

    state: RolloutStatus
    """Where the rollout stands now: `status.rollout`."""
    run: RevisionRef
    """The revision to keep applied."""
    wanted: bool = True
    """False: a job that has had its run, or nothing that is started yet."""
    unstarted: bool = False
    """Nothing has been started, since it waits for what it depends on."""
    waits: Outlook | None = None
    """What it waits for, while that holds a start or a change back."""
    freeze: bool = False
    """Stop a rolling update where it is."""
    persist_first: bool = False
    """Another revision shall run than before: the status must say so before an object does."""
    delete_pods: tuple[PodRef, ...] = ()
    """Pods in the way of the revision."""
    announce: tuple[Announcement, ...] = ()
    """Events to tell."""
    rolled_back: bool = False
    """An automatic rollback begins: count it."""
    findings: tuple[Finding, ...] = ()
    job: JobStatus | None = None
    """Mode ``job``: `status.job`."""
    tasks: TasksStatus | None = None
    """Mode ``tasks``: `status.tasks`."""
    waiting_for: str = ""
    """Mode ``tasks``: what it waits for, for a person; empty once all is as the spec asks for."""
    children: tuple[Desired, ...] = ()
    """Objects beside those that are rendered from the document: Pods to start, records to keep."""
    before_deleting: tuple[Desired, ...] = ()
    """Those of them that must be written before a Pod is deleted."""
    drop: frozenset[str] = frozenset()
    """Names of ConfigMaps that are needed no more."""
    settle: float = 0.0
    """Seconds for which changes are gathered: looking at many tasks costs more than at few."""
    going: tuple[Object, ...] = ()
    """Mode ``tasks``: Pods that were told to go, on nodes that do not answer."""
    runs: frozenset[str] = frozenset()
    """Hashes of revisions that pods run beside `run`, and may run again."""
    wake_at: datetime | None = None
    """When to look again, if nothing happens before."""


def paused(view: View) -> bool:
    """Whether the workload's rollout is paused by annotation."""
    return view.workload.annotations.get(PAUSED_ANNOTATION, "").lower() == "true"


def pass_gate(
    view: View,
    *,
    target: RevisionRef,
    known: History,
    observation: Observation,
    live: Object | None,
    job_name: str,
) -> Gate:
    """Ask the state machine of the mode."""
    if view.workload.spec.mode == "job":
        return _job(view, target=target, live=live, name=job_name)
    decision = step(
        view.workload.spec.rollout,
        view.status.rollout,
        target=target,
        history=known,
        observation=observation,
        pin=view.workload.annotations.get(ROLLBACK_TO_ANNOTATION),
        paused=paused(view),
        now=view.now,
    )
    return Gate(
        state=decision.state,
        run=decision.run,
        freeze=decision.freeze,
        persist_first=decision.changed_run and view.status.rollout is not None,
        delete_pods=decision.delete_pods,
        announce=decision.announce,
        rolled_back=decision.rollback_counted,
        findings=decision.findings,
        wake_at=decision.wake_at,
    )


def _job(view: View, *, target: RevisionRef, live: Object | None, name: str) -> Gate:
    block = view.workload.spec.job
    decision = job_step(
        view.status.job,
        name=name,
        target=target,
        live=live,
        ttl=block.ttl_after_finished if block else None,
        now=view.now,
        suspended=bool(block and block.suspend),
    )
    return Gate(
        state=decision.state,
        run=target,
        wanted=decision.wanted,
        announce=decision.announce,
        job=decision.status,
        wake_at=decision.wake_at,
    )
