"""One step of a service by ECS's rules: which deployments are there, how are they, what to do, what to say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from wharfinger.api.status import Finding
from wharfinger.api.task_status import DeploymentStatus
from wharfinger.rollout import times
from wharfinger.rollout.tasks.ecs import words
from wharfinger.rollout.tasks.ecs.alarms import baked_at
from wharfinger.rollout.tasks.ecs.daemon import daemon
from wharfinger.rollout.tasks.ecs.deployments import begin, grown, lineup, makes_way
from wharfinger.rollout.tasks.ecs.events import events
from wharfinger.rollout.tasks.ecs.health import turns
from wharfinger.rollout.tasks.ecs.judgement import concluded, held_back, judged, rollback
from wharfinger.rollout.tasks.ecs.outcome import Outcome
from wharfinger.rollout.tasks.ecs.replica import replica
from wharfinger.rollout.tasks.ecs.service import Group, Service
from wharfinger.rollout.tasks.ecs.summary import rollout_status, tasks_status, waiting_for
from wharfinger.rollout.tasks.ecs.wants import wants
from wharfinger.rollout.tasks.machine import Decision, Situation


def decide(situation: Situation) -> Decision:
    """What to start and stop next, and what to remember and say. Asked again, it answers the same."""
    service = Service(situation=situation)
    lined = _judged(service, lineup(service))
    outcome = _outcome(service, lined)
    status = tasks_status(service, outcome)
    waits = waiting_for(service, outcome)
    rollout = rollout_status(service, outcome, waits)
    return Decision(
        status=status,
        rollout=rollout,
        run=outcome.primary.ref or situation.target,
        start=outcome.plan.start,
        stop=outcome.plan.stop,
        announce=tuple(events(service, outcome, rollout)),
        findings=tuple(_findings(service)),
        persist_first=_remarkable(service, outcome.deployments),
        rolled_back=lined.rolled_back is not None,
        keep=lined.keep,
        complete=not waits,
        waiting_for=waits,
        wake_at=min(_alarms(service, outcome), default=None),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lined:
    deployments: tuple[DeploymentStatus, ...]
    keep: frozenset[str]
    rolled_back: DeploymentStatus | None = None


def _judged(service: Service, lined: tuple[DeploymentStatus, ...]) -> _Lined:
    """The deployments in the light of their tasks; with another PRIMARY if this one failed and is rolled back."""
    first, *older = (held_back(service, each) for each in lined)
    verdict = judged(service, first)
    failed = verdict.deployment
    good = rollback(service, failed)
    if good is None:
        return _Lined(deployments=(failed, *older), keep=verdict.keep)
    fresh, *others = begin(service, (failed, *older), good, rolls_back=failed.id)
    reason = words.rolling_back(failed.rollout_state_reason, fresh.id)
    named = fresh.model_copy(update={"rollout_state_reason": reason})
    return _Lined(deployments=(named, *others), keep=frozenset(), rolled_back=failed)


def _outcome(service: Service, lined: _Lined) -> Outcome:
    groups = tuple(service.group(each) for each in lined.deployments)
    primary, older = groups[0], groups[1:]
    caps = grown(service, lined.deployments[1:], lined.deployments[0])
    wanted = wants(service, primary, older, caps)
    strays = service.strays(groups)
    plan = (daemon if service.situation.block.per_node else replica)(service, wanted, strays)
    counts = {want.group.deployment.id: want.count for want in wanted[1:]}
    done = concluded(service, primary)
    return Outcome(
        primary=Group(deployment=done, ref=primary.ref, tasks=primary.tasks, health=primary.health),
        older=tuple(
            group for group in older if group.tasks or counts[group.deployment.id] or makes_way(group.deployment, done)
        ),
        counts=counts,
        strays=strays,
        plan=plan,
        rolled_back=lined.rolled_back,
    )


def _remarkable(service: Service, deployments: tuple[DeploymentStatus, ...]) -> bool:
    """Whether a deployment begins or ends: that must be known before it is acted on."""
    before = [(each.id, each.rollout_state) for each in service.memory.deployments[:1]]
    return before != [(each.id, each.rollout_state) for each in deployments[:1]]


def _alarms(service: Service, outcome: Outcome) -> Iterator[datetime]:
    """When something happens that no event tells of."""
    for task in service.present:
        yield from turns(task, service.now, service.grace)
    for group in (outcome.primary, *outcome.older):
        throttle = service.throttle(group.deployment)
        if throttle.until and throttle.holds(service.now) and not group.failed:
            yield throttle.until
    deployment = outcome.primary.deployment
    if not service.knows(deployment):
        yield service.now
    if deployment.rollout_state == "IN_PROGRESS" and deployment.steady_at:
        yield baked_at(service.policy, times.parse(deployment.steady_at), deployment.alarms)


def _findings(service: Service) -> Iterator[Finding]:
    """What cannot be honoured as written."""
    percent = service.policy.maximum_percent
    if service.situation.block.per_node and percent not in (None, 100):
        yield Finding(
            path="spec.tasks.deployment.maximumPercent",
            severity="warning",
            reason="DaemonMaximum",
            message=f"{percent} counts as 100: with scheduling global a node has one task at a time; write 100",
        )
    if service.policy.alarms.enable and service.policy.alarms.queries and service.situation.firing is None:
        yield Finding(
            path="spec.tasks.deployment.alarms",
            severity="warning",
            reason="AlarmsUnknown",
            message="none can be read, so none fails a deployment until one can; the log of the operator says why",
        )
