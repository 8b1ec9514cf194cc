"""Judgement: what has become of PRIMARY. In progress, COMPLETED, or FAILED, and then whether it is rolled back.

Source: ECS API reference, Deployment.rolloutState; developer guide, "Amazon ECS deployment failure detection".
"""

from __future__ import annotations

from dataclasses import dataclass

from wharfinger.api.task_status import DeploymentStatus
from wharfinger.rollout import times
from wharfinger.rollout.revisions import RevisionRef
from wharfinger.rollout.tasks.ecs import words
from wharfinger.rollout.tasks.ecs.alarms import baked_at, monitored
from wharfinger.rollout.tasks.ecs.breaker import Tally, tally, threshold
from wharfinger.rollout.tasks.ecs.service import Group, Service
from wharfinger.rollout.tasks.ecs.throttle import throttled


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """PRIMARY in the light of its tasks."""

    deployment: DeploymentStatus
    keep: frozenset[str]
    """Ids of ended tasks that the count rests on."""


def held_back(service: Service, deployment: DeploymentStatus) -> DeploymentStatus:
    """`deployment` with its throttle as its tasks have it."""
    throttle = throttled(service.own(deployment), service.throttle(deployment), service.now)
    until = times.text(throttle.until) if throttle.until else None
    return deployment.model_copy(update={"throttle": throttle.seconds, "throttled_until": until})


def judged(service: Service, primary: DeploymentStatus) -> Judged:
    """`primary` with its failures counted, and FAILED if they are too many or an alarm is on.

    The breaker and the alarms stand beside each other; whichever trips first fails it. What is over stays so.
    """
    if primary.rollout_state != "IN_PROGRESS":
        return Judged(deployment=primary, keep=frozenset())
    breaker = service.policy.deployment_circuit_breaker
    count = tally(service.own(primary), breaker, _known(primary), service.now)
    alarms = monitored(service.policy.alarms, service.situation.firing, primary.alarms)
    after = primary.model_copy(
        update={
            "failed_tasks": count.failures,
            "healthy_at": times.text(count.healthy_at) if count.healthy_at else None,
            "alarms": alarms,
        }
    )
    reason = ""
    if breaker.enable and count.failures >= threshold(breaker.threshold_configuration, service.desired):
        reason = words.BREAKER_REASON
    elif alarms == "TRIGGERED":
        reason = words.ALARM_REASON
    if reason:
        after = after.model_copy(update={"rollout_state": "FAILED", "rollout_state_reason": reason, "steady_at": None})
    return Judged(deployment=after, keep=count.counted if breaker.enable else frozenset())


def _known(primary: DeploymentStatus) -> Tally:
    since = primary.healthy_at
    return Tally(failures=primary.failed_tasks, healthy_at=times.parse(since) if since else None)


def rollback(service: Service, primary: DeploymentStatus) -> RevisionRef | None:
    """The revision that a failed PRIMARY makes way for: that of the last deployment that COMPLETED.

    None where nobody asked for it, where nothing ever completed, and for what is a rollback itself or was chosen by a
    person: then the deployment stalls.
    """
    situation = service.situation
    asked = {
        words.BREAKER_REASON: service.policy.deployment_circuit_breaker.rollback,
        words.ALARM_REASON: service.policy.alarms.rollback,
    }
    if primary.rollout_state != "FAILED" or not asked.get(primary.rollout_state_reason):
        return None
    if primary.rolls_back or situation.pin or situation.paused or situation.rollout is None:
        return None
    good = situation.history.by_number(situation.rollout.last_good_revision)
    return good if good and good.number != primary.revision else None


def steady(service: Service, primary: Group) -> bool:
    """The steady state: healthy, at the desired number of tasks, and nothing else left.

    On a cordoned node, where nothing new may start, DAEMON's older tasks are no hindrance.
    """
    closed = {node.name for node in service.situation.nodes if not node.takes_new}
    own = {task.id for task in primary.tasks}
    return len(service.present) == service.desired and all(
        task.id in service.well and (task.id in own or task.place.node in closed) for task in service.present
    )


def concluded(service: Service, primary: Group) -> DeploymentStatus:
    """`primary` after what its tasks have reached: steady, and COMPLETED when the bake time is over.

    Never in the step in which it begins, though its tasks run already, as those of a rollback do: each deployment is
    seen IN_PROGRESS first.
    """
    deployment = primary.deployment
    if not (service.knows(deployment) and steady(service, primary)):
        return deployment.model_copy(update={"steady_at": None})
    since = deployment.steady_at or service.time
    after = deployment.model_copy(update={"steady_at": since})
    baked = service.now >= baked_at(service.policy, times.parse(since), deployment.alarms)
    if deployment.rollout_state != "IN_PROGRESS" or not baked:
        return after
    monitored_till_now = deployment.alarms if deployment.alarms in (None, "DISABLED") else "MONITORING_COMPLETE"
    return after.model_copy(
        update={
            "rollout_state": "COMPLETED",
            "rollout_state_reason": words.completed(deployment.id),
            "alarms": monitored_till_now,
        }
    )
