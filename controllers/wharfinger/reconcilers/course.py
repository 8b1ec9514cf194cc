"""What is decided about a workload before an object is rendered: which revision runs, and under what circumstances.

The reconcile and the admission webhook both begin here, so that they never judge a document differently.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wharfinger.api import builtin
from wharfinger.api.resource import Object, Resource
from wharfinger.api.status import Finding
from wharfinger.reconcilers import replicas
from wharfinger.reconcilers.gate import Gate, pass_gate
from wharfinger.reconcilers.rendering import template_of
from wharfinger.reconcilers.tasking import course as tasking
from wharfinger.reconcilers.view import View
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
    resource, name = runner(workload, wanted)
    live = view.live(resource, name)
    if workload.spec.mode == "tasks":
        observation, gate = tasking.judged(
            view, target=target, known=known, template=lambda ref: template_of(workload, ref, wanted, view.kept)
        )
    else:
        observation = observe(workload.spec.mode, live, view.pods, events=view.events, now=view.now)
        gate = pass_gate(view, target=target, known=known, observation=observation, live=live, job_name=name)
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
