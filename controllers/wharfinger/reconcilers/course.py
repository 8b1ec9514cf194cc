"""What is decided about a workload before an object is rendered: which revision runs, and under what circumstances.

The reconcile and the admission webhook both begin here, so that they never judge a document differently.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wharfinger.api import builtin
from wharfinger.api.resource import Object, Resource
from wharfinger.api.status import Finding
from wharfinger.reconcilers import replicas, waiting
from wharfinger.reconcilers.gate import Gate, pass_gate
from wharfinger.reconcilers.rendering import template_of
from wharfinger.reconcilers.tasking import course as tasking
from wharfinger.reconcilers.view import View
from wharfinger.reconcilers.waiting import Heading
from wharfinger.render import Options, Template, runner
from wharfinger.rollout import History, Observation, RevisionRef, history, observe, target_ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Where a workload is, and where it goes."""

    target: RevisionRef
    """The revision that the spec asks for."""
    known: History
    """All revisions, that one included."""
    runner: tuple[Resource, str]
    """Resource and name of the object that runs the pods."""
    live: Object | None
    """That object as it is."""
    observation: Observation
    """How what runs is doing."""
    gate: Gate
    """What the rollout decided."""
    options: Options
    """What rendering has to know of all this."""
    scaled_by: str | None
    """Who else scales the pods, for a person."""

    def findings(self, of_document: Iterable[Finding]) -> tuple[Finding, ...]:
        """All that there is to say: what `render.findings` has to say under these circumstances, and what they add."""
        return (*of_document, *self.gate.findings, *replicas.findings(self.scaled_by))


def course(view: View, wanted: Template) -> Course:
    """Decide it; `wanted` is the revision that the spec asks for. Pure, and nothing is remembered."""
    workload = view.workload
    past = history(view.of(builtin.CONTROLLER_REVISION))
    target = target_ref(past, wanted.hash, view.status.rollout)
    known = past.with_(target)
    heading = waiting.headed(view, target=target, known=known)
    asked = heading.aim.revision or target
    resource, name = runner(workload, template_of(workload, asked, wanted, view.kept))
    live = view.live(resource, name)
    observation, gate = _judged(view, heading, wanted, asked=asked, known=known, live=live, job_name=name)
    gate = waiting.told(gate, heading, view, target)
    scaled_by = replicas.scaled_by(view, resource, live)
    options = Options(
        replicas=replicas.wanted(workload, scaled_by, live),
        paused=gate.freeze,
        http_route=view.http_route,
        secrets_watched=view.secrets_watched,
        revision=gate.run.number,
    )
    return Course(
        target=target,
        known=known,
        runner=(resource, name),
        live=live,
        observation=observation,
        gate=gate,
        options=options,
        scaled_by=scaled_by,
    )


def _judged(
    view: View,
    heading: Heading,
    wanted: Template,
    *,
    asked: RevisionRef,
    known: History,
    live: Object | None,
    job_name: str,
) -> tuple[Observation, Gate]:
    """What runs, and what the mode's machine makes of being asked for that revision."""
    mode = view.workload.spec.mode
    if heading.aim.revision is None:
        return waiting.unstarted(view, asked)
    if mode == "tasks":
        return tasking.judged(
            view,
            target=asked,
            known=known,
            template=lambda ref: template_of(view.workload, ref, wanted, view.kept),
            held=heading.aim.held,
        )
    observation = observe(mode, live, view.pods, events=view.events, now=view.now)
    return observation, pass_gate(
        view, target=asked, known=known, observation=observation, live=live, job_name=job_name
    )
