"""Waiting for what `spec.dependsOn` names: what the rollout is asked for meanwhile, and what is told of it.

Which dependencies are satisfied is `rollout.dependencies`' to say, what becomes of the rollout `rollout.holding`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from wharfinger.api.labels import REVISION_LABEL, ROLLBACK_TO_ANNOTATION
from wharfinger.api.status import RolloutStatus
from wharfinger.reconcilers.gate import Gate
from wharfinger.reconcilers.view import View
from wharfinger.render import RESOURCES, runs_jobs
from wharfinger.rollout import (
    Aim,
    Announcement,
    History,
    Observation,
    Outlook,
    RevisionRef,
    aim,
    dependency_findings,
    outlook,
)
from wharfinger.rollout.tally import Tally

_MOST = 1024
"""Characters of an Event's note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What is asked for, and why it is not more."""

    aim: Aim
    outlook: Outlook
    begins: bool
    """Whether dependencies count now: something is to be started or changed."""

    @property
    def waits(self) -> Outlook | None:
        """What it waits for, if it does."""
        return self.outlook if self.aim.held else None


def headed(view: View, *, target: RevisionRef, known: History) -> Heading:
    """Where the rollout goes in the light of what the workload depends on."""
    free = Aim(revision=target, held=False)
    wanted = view.workload.spec.depends_on
    if not wanted:
        return Heading(aim=free, outlook=Outlook(), begins=False)
    held = aim(
        view.status.rollout,
        target=target,
        history=known,
        running=_running(view),
        pin=view.workload.annotations.get(ROLLBACK_TO_ANNOTATION),
        anew=_runs_anew(view),
    )
    found = outlook(wanted, view.dependencies)
    return Heading(aim=held if found.unmet else free, outlook=found, begins=held.held)


def unstarted(view: View, target: RevisionRef) -> tuple[Observation, Gate]:
    """Nothing runs, and nothing shall: a record that is lost leaves what runs as it is."""
    spec = view.workload.spec
    counted = Tally(desired=spec.replicas if spec.mode in ("service", "stateful", "tasks") else 0)
    state = RolloutStatus(state="Progressing", revision=target.number)
    gate = Gate(state=state, run=target, wanted=False, unstarted=True)
    return Observation(mode=spec.mode, counts=counted, by_revision={}), gate


def told(gate: Gate, heading: Heading, view: View, target: RevisionRef) -> Gate:
    """The gate, with what there is to say of dependencies."""
    wanted = view.workload.spec.depends_on
    waiting = target.number if heading.aim.held else None
    if not wanted and gate.state.waiting_revision is None:
        return gate
    return replace(
        gate,
        state=gate.state.model_copy(update={"waiting_revision": waiting}),
        waits=heading.waits,
        announce=(*gate.announce, *_announcements(heading, view, waiting)),
        findings=(*gate.findings, *dependency_findings(wanted, view.dependencies, view.loop)),
    )


def _announcements(heading: Heading, view: View, waiting: int | None) -> Iterator[Announcement]:
    """What is new. Each is said once: what was said before stands in the status."""
    before = view.status.rollout.waiting_revision if view.status.rollout else None
    message = heading.outlook.message
    if heading.aim.held and heading.outlook.failed:
        if not any(each.type == "Stalled" and each.reason == "DependencyFailed" for each in view.status.conditions):
            yield Announcement("Warning", "DependencyFailed", f"Does not go on: {message}"[:_MOST])
    elif heading.aim.held and before != waiting:
        yield Announcement("Normal", "WaitingForDependencies", f"Waits for {message}"[:_MOST])
    if heading.begins and not heading.aim.held and heading.outlook.skipped:
        without = "; ".join(map(str, heading.outlook.skipped))
        yield Announcement("Warning", "DependencySkipped", f"Goes on without {without}"[:_MOST])


def _running(view: View) -> Iterator[str]:
    """Hashes of the revisions that objects carry."""
    mode = view.workload.spec.mode
    pods = (pod for key, _ in view.task_pods if (pod := view.pod(key)))
    for obj in pods if mode == "tasks" else view.of(RESOURCES[mode]):
        yield (obj["metadata"].get("labels") or {}).get(REVISION_LABEL, "")


def _runs_anew(view: View) -> bool:
    """Whether tasks that are jobs are asked to run again: each change of the spec does (swarmkit, JobIteration)."""
    known = view.status.tasks
    return runs_jobs(view.workload) and known is not None and known.generation != view.workload.generation
