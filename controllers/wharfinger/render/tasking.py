"""What mode ``tasks`` means for rendering, beside the pods themselves."""

from __future__ import annotations

from typing import Final

from wharfinger.api.containerworkload import HealthCheck, Workload
from wharfinger.api.tasks import TasksBlock

_DEFAULT: Final = TasksBlock()


def tasks_block(workload: Workload) -> TasksBlock | None:
    """`spec.tasks`, or what its absence means in mode ``tasks``; None in the other modes."""
    return (workload.spec.tasks or _DEFAULT) if workload.spec.mode == "tasks" else None


def runs_jobs(workload: Workload) -> bool:
    """Whether its tasks run to their end: nobody sends them requests, nothing keeps up their number."""
    block = tasks_block(workload)
    return block is not None and block.job


def replicated(workload: Workload) -> bool:
    """Whether it keeps up a number of tasks: what can be scaled, and needs a budget."""
    block = tasks_block(workload)
    return block is not None and block.scheduling == "replicated"


def task_check(workload: Workload) -> HealthCheck | None:
    """The health check as the workload's mode takes it.

    Swarm shuts an unhealthy container down, and its task has failed (swarmkit, the container controller): with
    restartPolicy Never, that is a liveness probe. ECS starts another task before it stops the unhealthy one, so there
    nothing but readiness tells.
    """
    check, block = workload.spec.health_check, tasks_block(workload)
    if check is None or block is None:
        return check
    return check.model_copy(update={"on_unhealthy": "restart" if block.deployment is None else "unready"})
