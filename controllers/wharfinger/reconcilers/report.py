"""What to tell about a workload: its status, and the one word that the metrics count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.engine.census import State
from wharfinger.engine.errors import ApiError
from wharfinger.engine.outcome import Outcome
from wharfinger.engine.status import Condition, conditions
from wharfinger.reconcilers.gate import paused
from wharfinger.reconcilers.plan import Plan
from wharfinger.reconcilers.view import View
from wharfinger.render import runs_jobs, selector
from wharfinger.rollout import (
    Observation,
    Summary,
    Trouble,
    Verdict,
    cron_status,
    invalid,
    observe,
    retrying,
    summarise,
)

_MAX_FINDINGS = 64
"""As many as the CRD takes."""


def report(obj: Object, view: View, plan: Plan, outcome: Outcome) -> Object:
    """The status after a reconcile that acted."""
    summary = _summary(view, plan, outcome)
    counts = summary.counts
    body: Object = {
        "replicas": counts.replicas,
        "updatedReplicas": counts.updated,
        "startedReplicas": counts.started,
        "readyReplicas": counts.ready,
        "desiredReplicas": counts.desired,
        "selector": ",".join(f"{label}={value}" for label, value in selector(view.workload).items()),
        "rollout": plan.gate.state.to_json(),
        "problems": [problem.to_json() for problem in summary.problems],
        "tasks": plan.gate.tasks.to_json() if plan.gate.tasks else None,
        "job": plan.gate.job.to_json() if plan.gate.job else None,
        "cron": _cron(view, plan),
    }
    return {field: value for field, value in body.items() if value not in (None, [])} | judged(
        obj, summary.conditions, plan.findings, now=view.now
    )


def refusal(obj: Object, findings: Sequence[Finding], *, now: datetime) -> Object:
    """The status of a document that is not acted on. What was said of what runs is still so, and stays."""
    return {**obj.get("status", {})} | judged(obj, invalid(findings), findings, now=now)


def hindrance(obj: Object, error: Exception, *, now: datetime) -> Object:
    """The status while reconciles fail again and again. All else that was said stays."""
    if isinstance(error, ApiError):
        verdicts = retrying(f"The API server does not take it for now, it is tried again: {error.message}")
    else:
        name = type(error).__name__
        verdicts = retrying(f"The operator itself fails ({name}), see its log; tried again", reason="InternalError")
    status: Object = obj.get("status", {})
    findings = status.get("findings", [])
    return {**status, **judged(obj, verdicts, (), now=now), "findings": findings}


def judged(obj: Object, verdicts: Iterable[Verdict], findings: Sequence[Finding], *, now: datetime) -> Object:
    """The part of a status that answers "is it well, and if not, why"."""
    generation = obj["metadata"]["generation"]
    previous = obj.get("status", {}).get("conditions", ())
    return {
        "observedGeneration": generation,
        "conditions": conditions(
            previous, [Condition(*verdict) for verdict in verdicts], generation=generation, now=now
        ),
        "findings": [finding.to_json() for finding in findings[:_MAX_FINDINGS]],
    }


def state_of(status: Object) -> State:
    """The status in one word, and the reason of the condition that says so, for the metrics."""
    said = {each["type"]: each for each in status.get("conditions", ())}
    for condition, word in (("Stalled", "stalled"), ("Reconciling", "reconciling"), ("Ready", "ready")):
        if condition in said and said[condition]["status"] == "True":
            return State(word, said[condition]["reason"])
    return State("not-ready", said["Ready"]["reason"] if "Ready" in said else "")


def _summary(view: View, plan: Plan, outcome: Outcome) -> Summary:
    spec = view.workload.spec
    return summarise(
        mode=spec.mode,
        observation=_observed(view, plan, outcome),
        state=plan.gate.state,
        target=plan.target,
        paused=paused(view),
        findings=plan.findings,
        errors=[Trouble(error.reason, error.message) for error in outcome.errors],
        job=plan.gate.job,
        suspended=bool(spec.cron.suspend if spec.mode == "cron" and spec.cron else spec.job and spec.job.suspend),
        tasks=plan.gate.tasks.counts if plan.gate.tasks else None,
        bounded=runs_jobs(view.workload),
        waiting_for=plan.gate.waiting_for,
        waits=plan.gate.waits,
        leaving=[f"{resource.kind} {name}" for resource, (_namespace, name) in outcome.terminating],
    )


def _observed(view: View, plan: Plan, outcome: Outcome) -> Observation:
    """How what runs is doing after the writes.

    Counts that an object had before it was written are not about what it shall be now: a workload that was just scaled
    would call itself Ready at the new generation, and whoever waits for that would go on too early. Nor do pods of the
    revision before count as started ones of a revision that is decided on and not written yet.
    """
    resource, name = plan.runner
    written = outcome.live.get((resource, (view.workload.namespace, name)))
    seen = plan.observation
    if written is not None and written is not plan.live:
        seen = observe(view.workload.spec.mode, written, view.pods, events=view.events, now=view.now)
    return seen if seen.revision == plan.running.hash else replace(seen, started=0)


def _cron(view: View, plan: Plan) -> Object | None:
    return cron_status(plan.live).to_json() if view.workload.spec.mode == "cron" and plan.live else None
