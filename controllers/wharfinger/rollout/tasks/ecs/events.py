"""Service events: ECS's messages as Kubernetes Events, under the names that EventBridge gives them, each told once.

Source: developer guide, "Amazon ECS service action events" and "... deployment state change events". ECS repeats the
steady state every six hours; an Event that says nothing new is not sent here. `ServiceDeploymentStuck`, `TasksStarted`
and `TasksStopped` are ours: EventBridge has no name for them.
"""

from __future__ import annotations

from collections.abc import Iterator

from wharfinger.api.status import RolloutStatus
from wharfinger.api.task_status import DeploymentStatus
from wharfinger.rollout.announcements import Announcement
from wharfinger.rollout.tasks.ecs import words
from wharfinger.rollout.tasks.ecs.outcome import Outcome
from wharfinger.rollout.tasks.ecs.service import Service


def events(service: Service, outcome: Outcome, rollout: RolloutStatus) -> Iterator[Announcement]:
    """What is new, in the order in which ECS tells it."""
    yield from _begun(service, outcome)
    yield from _count(service, outcome)
    yield from _steps(service, outcome)
    yield from _hindrances(service, outcome, rollout)
    yield from _ended(service, outcome)


def _known(service: Service, deployment: DeploymentStatus) -> DeploymentStatus | None:
    return next((each for each in service.memory.deployments if each.id == deployment.id), None)


def _begun(service: Service, outcome: Outcome) -> Iterator[Announcement]:
    """Failures come first: a rollback follows from one."""
    primary = outcome.primary.deployment
    failed = outcome.rolled_back or primary
    known = _known(service, failed)
    if failed.rollout_state == "FAILED" and (known is None or known.rollout_state != "FAILED"):
        cause = words.ALARM_CAUSE if failed.rollout_state_reason == words.ALARM_REASON else words.BREAKER_CAUSE
        note = words.deployment_event(service.name, failed.id, f"failed: {cause}")
        yield Announcement("Warning", "ServiceDeploymentFailed", note)
    if _known(service, primary):
        return
    back = primary.rolls_back
    note = words.rollback_event(service.name, primary.id) if back else words.in_progress(primary.id)
    yield Announcement("Warning" if back else "Normal", "ServiceDeploymentInProgress", note)


def _count(service: Service, outcome: Outcome) -> Iterator[Announcement]:
    known = _known(service, outcome.primary.deployment)
    if known and known.desired_count != service.desired:
        note = f"(service {service.name}) has updated its desired count to {service.desired}."
        yield Announcement("Normal", "ServiceDesiredCountUpdated", note)


def _steps(service: Service, outcome: Outcome) -> Iterator[Announcement]:
    plan = outcome.plan
    if plan.start:
        yield Announcement("Normal", "TasksStarted", words.started(service.name, len(plan.start)))
    misplaced = [stop.task for stop in plan.stop if stop.reason == "constraint"]
    if misplaced and service.situation.block.per_node:
        note = words.stopped(service.name, misplaced)
        yield Announcement("Warning", "ServiceDaemonPlacementConstraintViolated", note)
    others = [stop.task for stop in plan.stop if stop.task not in misplaced or not service.situation.block.per_node]
    if others:
        yield Announcement("Normal", "TasksStopped", words.stopped(service.name, others))


def _hindrances(service: Service, outcome: Outcome, rollout: RolloutStatus) -> Iterator[Announcement]:
    known = _known(service, outcome.primary.deployment)
    if outcome.primary.deployment.throttle and not (known and known.throttle):
        yield Announcement("Warning", "ServiceTaskStartImpaired", words.impaired(service.name))
    told, before = rollout.message or "", service.situation.rollout
    if before and before.message == told:
        return
    if told == words.stuck(service.name):
        yield Announcement("Warning", "ServiceDeploymentStuck", told)
    elif told.startswith(words.unplaced(service.name, "")[:-1]):
        yield Announcement("Warning", "ServiceTaskPlacementFailure", told)


def _ended(service: Service, outcome: Outcome) -> Iterator[Announcement]:
    primary = outcome.primary.deployment
    known = _known(service, primary)
    if primary.rollout_state == "COMPLETED" and not (known and known.rollout_state == "COMPLETED"):
        note = words.deployment_event(service.name, primary.id, "completed")
        yield Announcement("Normal", "ServiceDeploymentCompleted", note)
    if primary.steady_at and not (known and known.steady_at):
        yield Announcement("Normal", "ServiceSteadyState", words.steady(service.name))
