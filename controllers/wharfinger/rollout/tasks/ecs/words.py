"""ECS's own words. Tools and people look for them, so they are kept to the letter, "1 tasks" included.

Sources: developer guide, "Amazon ECS service event messages" and "Amazon ECS service deployment state change events";
examples of the AWS CLI's reference; public logs. Not known from any source, hence ours: `ALARM_REASON`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

BREAKER_REASON: Final = "ECS deployment circuit breaker: tasks failed to start."
ALARM_REASON: Final = "ECS deployment alarms: alarm detected."

BREAKER_CAUSE: Final = "tasks failed to start"
ALARM_CAUSE: Final = "alarm detected"


def deployment_id(number: int) -> str:
    """The id of a deployment; ECS's have 19 random digits."""
    return f"ecs-svc/{number}"


def number_of(deployment: str) -> int:
    """The number in a deployment's id; 0 for none of ours."""
    tail = deployment.rpartition("/")[2]
    return int(tail) if tail.isdecimal() else 0


def in_progress(deployment: str) -> str:
    """rolloutStateReason."""
    return f"ECS deployment {deployment} in progress."


def completed(deployment: str) -> str:
    """rolloutStateReason."""
    return f"ECS deployment {deployment} completed."


def rolling_back(cause: str, deployment: str) -> str:
    """rolloutStateReason of a `deployment` that takes the place of one that failed for `cause`."""
    who = "ECS deployment circuit breaker" if cause == BREAKER_REASON else "ECS deployment alarms"
    return f"{who}: rolling back to deploymentId {deployment}."


def stuck(service: str) -> str:
    """The event of a deployment that the bounds leave no step."""
    return (
        f"(service {service}) was unable to stop or start tasks during a deployment because of the service deployment "
        "configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
    )


def impaired(service: str) -> str:
    """The event of a service that is throttled."""
    return f"(service {service}) is unable to consistently start tasks successfully."


def steady(service: str) -> str:
    """The event of the steady state."""
    return f"(service {service}) has reached a steady state."


def started(service: str, count: int) -> str:
    """The event of tasks that were started. Ours have no id before their Pods are made."""
    return f"(service {service}) has started {count} tasks."


def stopped(service: str, tasks: Iterable[str]) -> str:
    """The event of tasks that were stopped."""
    named = [f"(task {task})" for task in tasks]
    shown = " ".join(named[:10]) + (" …" if len(named) > 10 else "")
    return f"(service {service}) has stopped {len(named)} running tasks: {shown}."


def unplaced(service: str, why: str) -> str:
    """The event of a task that no node takes."""
    return f"(service {service}) was unable to place a task. Reason: {why.rstrip('.')}."


def deployment_event(service: str, deployment: str, what: str) -> str:
    """``(service X) (deployment ecs-svc/N) deployment completed.`` and its like."""
    return f"(service {service}) (deployment {deployment}) deployment {what}."


def rollback_event(service: str, deployment: str) -> str:
    """The event of a rollback."""
    return f"(service {service}) rolling back to deployment {deployment}."
