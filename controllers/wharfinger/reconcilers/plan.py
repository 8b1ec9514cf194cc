"""What to do about a workload: from a `View` to a `Plan`. Pure: no I/O, no clock of its own.

The questions in their order: which revision does the spec ask for, which one shall run, what objects does that mean,
which of the objects that are there stay although they are not among these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from wharfinger.api import builtin
from wharfinger.api.labels import HISTORY_LABEL, ROLLBACK_TO_ANNOTATION
from wharfinger.api.resource import Object, Resource
from wharfinger.api.status import Finding
from wharfinger.engine.desired import Desired
from wharfinger.reconcilers.course import course
from wharfinger.reconcilers.gate import Gate
from wharfinger.reconcilers.rendering import Revisions, rendered, template_of, wanted_template
from wharfinger.reconcilers.stranded import next_stranded, stranded
from wharfinger.reconcilers.view import View
from wharfinger.render import RESOURCES, Template
from wharfinger.rollout import History, Observation, PodRef, RevisionRef, prunable


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What shall be, and what is to be said about it."""

    target: RevisionRef
    """The revision that the spec asks for."""
    runner: tuple[Resource, str]
    """Resource and name of the object that runs the pods."""
    live: Object | None
    """That object as it was before anything was written."""
    observation: Observation
    """How what runs was doing then."""
    gate: Gate
    """What the rollout decided."""
    running: Template
    """What the revision that it chose runs."""
    desired: tuple[Desired, ...]
    """Objects as they shall be."""
    keep: Callable[[Resource, Object], bool]
    """Which controlled objects stay, although they are not in `desired`. It is not asked of Pods: none is pruned."""
    stranded: tuple[PodRef, ...]
    """Pods that no kubelet will ever end."""
    findings: tuple[Finding, ...]
    """What the document asks for that will not happen as written."""
    wake_at: datetime | None
    """When to look again, if nothing happens before."""

    @property
    def refused(self) -> bool:
        """Whether a finding forbids to act on this document."""
        return any(finding.severity == "error" for finding in self.findings)


def decide(view: View) -> Plan:
    """All decisions about one workload."""
    workload = view.workload
    wanted = wanted_template(workload, view.digests, view.restarted_with)
    found = course(view, wanted)
    gate, target, (resource, _) = found.gate, found.target, found.runner
    running = template_of(workload, gate.run, wanted, view.kept)
    revisions = Revisions(target=target, wanted=wanted, running=running)
    rendering = rendered(workload, revisions, found.options)
    wakes = (gate.wake_at, next_stranded(view, gate.going), found.observation.overdue_at)
    return Plan(
        target=target,
        runner=found.runner,
        live=found.live,
        observation=found.observation,
        gate=gate,
        running=revisions.running,
        desired=(*_to_write(rendering.desired, gate, resource), *gate.children),
        keep=_keeper(view, found.known, gate, target),
        stranded=stranded(view, gate.going),
        wake_at=min((due for due in wakes if due), default=None),
        findings=found.findings(rendering.findings),
    )


def _to_write(desired: tuple[Desired, ...], gate: Gate, runner_of: Resource) -> Iterator[Desired]:
    """Without a Job that has had its run, and without a Pod that must go before it can come back.

    What is not started yet has no autoscaler either, which would complain of it, and no record: its revision is what
    the spec says when it starts.
    """
    held_back = {runner_of} if not gate.wanted or (runner_of == builtin.POD and gate.delete_pods) else set()
    if gate.unstarted:
        held_back |= {builtin.HORIZONTAL_POD_AUTOSCALER, builtin.CONTROLLER_REVISION}
    return (child for child in desired if child.resource not in held_back)


def _keeper(view: View, known: History, gate: Gate, target: RevisionRef) -> Callable[[Resource, Object], bool]:
    """History stays as far as its limit goes, with the text that its revisions mount. Pods are deleted, not pruned.

    So do revisions that pods still run, what is remembered of tasks, and an object that nobody can tell the revision of
    while nothing may be started.
    """
    workload, state = view.workload, gate.state
    limit, pin = workload.spec.rollout.history_limit, workload.annotations.get(ROLLBACK_TO_ANNOTATION)
    surplus = {ref.hash for ref in prunable(known, limit=limit, state=state, target=target, pin=pin)} - gate.runs
    kept = {found: data for found, data in view.kept.items() if found not in surplus}
    texts = {name for data in kept.values() for name in data["files"]}

    def keep(resource: Resource, obj: Object) -> bool:
        if resource == builtin.CONTROLLER_REVISION:
            return obj["data"]["hash"] in kept
        if resource == builtin.CONFIG_MAP:
            name = obj["metadata"]["name"]
            return name in texts or (HISTORY_LABEL in obj["metadata"].get("labels", {}) and name not in gate.drop)
        return gate.unstarted and resource == RESOURCES[workload.spec.mode]

    return keep
