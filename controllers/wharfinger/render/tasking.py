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

    Of tasks nothing but readiness tells. ECS starts another task before it stops the unhealthy one. In Swarm an
    unhealthy container is shut down and its task has failed, whatever its exit code (swarmkit, the container
    controller): a kubelet that kills it would leave a Pod that Succeeded if the container then exits with 0. So the
    operator stops it, and knows why.
    """
    check = workload.spec.health_check
    if check is None or tasks_block(workload) is None:
        return check
    return check.model_copy(update={"on_unhealthy": "unready"})
