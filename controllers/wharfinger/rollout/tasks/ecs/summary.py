"""Summary: the status that a step leaves, in ECS's words and in those that all modes share."""

from __future__ import annotations

from collections.abc import Iterator

from wharfinger.api.status import RolloutState, RolloutStatus
from wharfinger.api.task_status import DeploymentStatus, TaskCounts, TasksStatus
from wharfinger.rollout.tasks.ecs import words
from wharfinger.rollout.tasks.ecs.health import pending, running
from wharfinger.rollout.tasks.ecs.outcome import Outcome
from wharfinger.rollout.tasks.ecs.service import Group, Service


def tasks_status(service: Service, outcome: Outcome) -> TasksStatus:
    """What is remembered and shown of the tasks."""
    memory = service.memory
    return memory.model_copy(
        update={
            "iteration": max(memory.iteration, outcome.primary.number),
            "generation": service.situation.generation,
            "resumed": service.situation.resumed,
            "counts": counts(service),
            "deployments": list(_deployments(service, outcome)),
        }
    )


def counts(service: Service) -> TaskCounts:
    """Tasks, by how they are."""
    up = [task for task in service.present if running(task) and not (task.checked and not task.healthy)]
    on_their_way = sum(pending(task) or running(task) for task in service.present) - len(up)
    return TaskCounts(desired=service.desired, pending=on_their_way, running=len(up))


def _deployments(service: Service, outcome: Outcome) -> Iterator[DeploymentStatus]:
    before = {each.id: each for each in service.memory.deployments}
    for group in (outcome.primary, *outcome.older):
        primary = group is outcome.primary
        desired = service.desired if primary else outcome.counts[group.deployment.id]
        after = _counted(group, desired)
        known = before.get(after.id)
        same = known is not None and known == after.model_copy(update={"updated_at": known.updated_at})
        yield known if known is not None and same else after.model_copy(update={"updated_at": service.time})


def _counted(group: Group, desired: int) -> DeploymentStatus:
    numbers = {"desired_count": desired, "pending_count": group.pending, "running_count": group.running}
    return group.deployment.model_copy(update=numbers)


def rollout_status(service: Service, outcome: Outcome) -> RolloutStatus:
    """Where the rollout stands, in the words of all modes."""
    deployment, target = outcome.primary.deployment, service.situation.target
    before, same = service.situation.rollout, service.rollout
    good = before.last_good_revision if before else None
    if deployment.rollout_state == "COMPLETED" and service.desired > 0 and deployment.steady_at:
        good = deployment.revision
    failed = None if service.retried or same is None else same.failed_revision
    if deployment.rollout_state == "FAILED" and deployment.revision == target.number:
        failed = target.number
    if outcome.rolled_back and outcome.rolled_back.revision == target.number:
        failed = target.number
    if deployment.rollout_state == "COMPLETED" and deployment.revision == target.number:
        failed = None
    progress = _progress(service, outcome)
    moved = before is None or before.progress != progress or before.running_revision != deployment.revision
    return RolloutStatus(
        state=state(service, deployment),
        revision=target.number,
        running_revision=deployment.revision,
        last_good_revision=good,
        failed_revision=failed,
        message=waiting_for(service, outcome) or None,
        started_at=deployment.created_at,
        progressed_at=service.time if moved or before is None else before.progressed_at,
        progress=progress,
    )


def state(service: Service, deployment: DeploymentStatus) -> RolloutState:
    """PRIMARY's rolloutState in the words of all modes."""
    forwards = deployment.revision == service.situation.target.number
    if deployment.rollout_state == "COMPLETED":
        return "Completed" if forwards else "RolledBack"
    if deployment.rollout_state == "FAILED":
        return "Failed"
    if service.situation.paused:
        return "Paused"
    return "Progressing" if forwards else "RollingBack"


def _progress(service: Service, outcome: Outcome) -> str:
    old = sum(len(group.tasks) for group in (*outcome.older, outcome.strays))
    return f"healthy={outcome.primary.health.healthy} desired={service.desired} old={old}"


def waiting_for(service: Service, outcome: Outcome) -> str:
    """What the service waits for, for a person; empty if all is as the spec asks for."""
    return next(_reasons(service, outcome), "")


def _reasons(service: Service, outcome: Outcome) -> Iterator[str]:
    deployment, plan = outcome.primary.deployment, outcome.plan
    if deployment.rollout_state == "FAILED":
        yield f"a change of the spec: {deployment.rollout_state_reason}"
    if blocked(service, outcome):
        yield words.stuck(service.name)
    if plan.held and not plan.start:
        yield f"the throttle, until {deployment.throttled_until}: {words.impaired(service.name)}"
    if service.situation.paused and deployment.rollout_state != "COMPLETED":
        yield "the end of the pause"
    yield from _unplaced(service)
    yield from _left(service, outcome)
    if not deployment.steady_at:
        yield "the steady state"
    if deployment.rollout_state == "IN_PROGRESS":
        yield "the end of the bake time"
    if deployment.rolls_back and deployment.revision != service.situation.target.number:
        yield f"a change of the spec: revision {service.situation.target.number} failed, and was rolled back"


def _unplaced(service: Service) -> Iterator[str]:
    """A task that no node takes, in the scheduler's words."""
    for task in service.present:
        if pending(task) and task.node is None and task.message:
            yield words.unplaced(service.name, task.message)


def _left(service: Service, outcome: Outcome) -> Iterator[str]:
    plan, health = outcome.plan, outcome.primary.health
    parts = (
        (plan.missing, "to be started"),
        (plan.leaving, "to be stopped"),
        (sum(task.stopping_at is not None for task in service.present), "to have stopped"),
        (len(health.coming), "to be healthy"),
        (len(health.ill), "to be healthy or replaced"),
    )
    told = [f"{number} tasks {what}" for number, what in parts if number]
    if told:
        yield ", ".join(told)


def blocked(service: Service, outcome: Outcome) -> bool:
    """Whether the bounds allow neither a start nor a stop, and nothing is under way that would change that."""
    plan, groups = outcome.plan, (outcome.primary, *outcome.older, outcome.strays)
    if plan.start or plan.stop or not (plan.missing or plan.leaving) or plan.held:
        return False
    if service.situation.paused or outcome.primary.failed:
        return False
    return all(task.wanted for task in service.present) and not any(group.health.coming for group in groups)
