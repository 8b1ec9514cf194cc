"""The same about a task in the words of both systems: what `docker service ps` and `aws ecs describe-tasks` show."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from wharfinger.rollout.tasks.containers import CANNOT_START
from wharfinger.rollout.tasks.task import EcsStatus, State, StopCode, StopReason, Task

_LAST_STATUS: Final[dict[State, EcsStatus]] = {
    "new": "PROVISIONING",
    "pending": "PROVISIONING",
    "assigned": "PENDING",
    "accepted": "PENDING",
    "preparing": "PENDING",
    "ready": "PENDING",
    "starting": "PENDING",
    "running": "RUNNING",
}
"""ECS's status of a task that has not ended (the agent's status/statusmapping.go). A task waits for a node in
PROVISIONING, and is PENDING until all of its containers have started."""

STOP_CODES: Final[dict[StopReason, StopCode]] = {
    "update": "ServiceSchedulerInitiated",
    "rollback": "ServiceSchedulerInitiated",
    "scale-in": "ServiceSchedulerInitiated",
    "constraint": "ServiceSchedulerInitiated",
    "node-drained": "TerminationNotice",
    "node-gone": "TerminationNotice",
    "unhealthy": "ServiceSchedulerInitiated",
    "removed": "UserInitiated",
}
"""ECS's code for why we stop a task."""

_STOPPED: Final[dict[StopReason, str]] = {
    "constraint": "Task no longer meets the placement constraints of its service",
    "node-drained": "Host (node {node}) is draining",
    "node-gone": "Host (node {node}) terminated",
    "unhealthy": "Task failed container health checks",
    "removed": "Task stopped by user",
}
_ELSE_STOPPED: Final = "Scaling activity initiated by (deployment {deployment})"


def last_status(task: Task) -> EcsStatus:
    """ECS's lastStatus. Containers that run, though not healthy yet, make a task RUNNING there."""
    if task.ended:
        return "STOPPED"
    if task.stopping_at is not None:
        return "STOPPING" if task.started_at else "DEPROVISIONING"
    return "RUNNING" if task.started_at else _LAST_STATUS.get(task.state, "PENDING")


def desired_status(task: Task) -> str:
    """ECS's desiredStatus."""
    return "RUNNING" if task.wanted else "STOPPED"


def stop_code(task: Task) -> StopCode | None:
    """ECS's stopCode: ours where we stopped it."""
    return STOP_CODES[task.stop_reason] if task.stop_reason else task.stop_code


def stopped_reason(task: Task, *, deployment: str = "") -> str:
    """ECS's stoppedReason; empty while the task is to run. `deployment` is the id of the one that stopped it."""
    if task.stop_reason is not None:
        return _STOPPED.get(task.stop_reason, _ELSE_STOPPED).format(node=task.node or "", deployment=deployment)
    if task.stop_code == "EssentialContainerExited":
        return "Essential container in task exited"
    if task.stop_code == "TaskFailedToStart":
        reason, _, told = task.message.partition(": ")
        return f"{CANNOT_START[reason]}: {told or reason}" if reason in CANNOT_START else task.message
    if task.stop_code == "UserInitiated":
        return "Task stopped by user"
    return task.message if task.ended else ""


def health_status(task: Task) -> str:
    """ECS's healthStatus."""
    return "UNKNOWN" if task.healthy is None else "HEALTHY" if task.healthy else "UNHEALTHY"


def swarm_desired(task: Task, *, job: bool = False) -> str:
    """DESIRED STATE, as docker writes it."""
    if job and (task.wanted or task.state == "complete"):
        return "Complete"
    return "Running" if task.wanted else "Shutdown"


def swarm_state(task: Task, now: datetime) -> str:
    """CURRENT STATE, as docker writes it: ``Running 2 minutes ago``."""
    return f"{task.state.capitalize()} {ago(_since(task), now)}"


def swarm_error(task: Task) -> str:
    """ERROR, as docker writes it."""
    if task.state == "failed" and task.exit_code:
        more = f": {task.message.partition(',')[0]}" if task.message.startswith("OOMKilled") else ""
        return f"task: non-zero exit ({task.exit_code}){more}"
    return task.message


def ago(moment: datetime, now: datetime) -> str:
    """How long since, as docker's own units read: ``Less than a second ago``, ``About a minute ago``, ``3 hours ago``.

    Source: github.com/docker/go-units, HumanDuration.
    """
    return f"{_duration(int(max(0.0, (now - moment).total_seconds())))} ago"


def _duration(seconds: int) -> str:
    minutes, hours = seconds // 60, round(seconds / 3600)
    if seconds < 1:
        return "Less than a second"
    if seconds == 1:
        return "1 second"
    if seconds < 60:
        return f"{seconds} seconds"
    if minutes == 1:
        return "About a minute"
    if minutes < 60:
        return f"{minutes} minutes"
    if hours == 1:
        return "About an hour"
    return next(text for limit, text in _longer(hours) if limit)


def _longer(hours: int) -> tuple[tuple[bool, str], ...]:
    days = hours // 24
    return (
        (hours < 48, f"{hours} hours"),
        (hours < 24 * 7 * 2, f"{days} days"),
        (hours < 24 * 30 * 2, f"{days // 7} weeks"),
        (hours < 24 * 365 * 2, f"{days // 30} months"),
        (True, f"{days // 365} years"),
    )


def _since(task: Task) -> datetime:
    """When it came into its state, as far as is known."""
    if task.ended:
        return task.finished_at or task.created_at
    if task.state == "running":
        return task.running_at or task.started_at or task.created_at
    return task.started_at or task.created_at
