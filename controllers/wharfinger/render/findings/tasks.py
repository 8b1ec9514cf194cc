"""Findings about mode ``tasks``: what of the rest of the spec has no meaning there, and what of the block has none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wharfinger.api.containerworkload import Rollout, Workload
from wharfinger.api.status import Finding
from wharfinger.api.tasks import RestartPolicy
from wharfinger.render.findings.rule import Rule, info, warning
from wharfinger.render.options import Options
from wharfinger.render.tasking import tasks_block

_UNUSED: Final = {
    "minReady": ("min_ready", "the machine says when a task counts: tasks.update.monitor, or ECS's own rules"),
    "progressDeadline": ("progress_deadline", "neither Swarm nor ECS gives up by the clock"),
    "onFailure": ("on_failure", "tasks.update.failureAction or tasks.deployment says what a failure does"),
    "strategy": ("strategy", "tasks.update.order or tasks.deployment says how tasks follow one another"),
    "restartLimit": ("restart_limit", "a task is never restarted in place"),
}
"""Fields of `spec.rollout`, and what counts in their stead."""

_NATIVE: Final = Rollout()


def rollout_is_the_machines(workload: Workload, _: Options) -> Iterator[Finding]:
    """How a change reaches tasks is said in `spec.tasks`; of `spec.rollout` only historyLimit counts."""
    if tasks_block(workload) is None:
        return
    for name, (field, instead) in _UNUSED.items():
        if getattr(workload.spec.rollout, field) != getattr(_NATIVE, field):
            yield warning(f"spec.rollout.{name}", "RolloutFieldIgnored", f"ignored in mode tasks: {instead}")


def health_check_has_its_consequence(workload: Workload, _: Options) -> Iterator[Finding]:
    """What an unhealthy container means is Swarm's or ECS's to say."""
    block, check = tasks_block(workload), workload.spec.health_check
    if block is None or check is None or not check.enabled:
        return
    if block.deployment is not None and check.on_unhealthy == "restart":
        message = "ignored: ECS starts another task first, and then stops the unhealthy one"
        yield warning("spec.healthCheck.onUnhealthy", "OnUnhealthyIgnored", message)


def restart_is_swarms(workload: Workload, _: Options) -> Iterator[Finding]:
    """ECS always replaces a task that ended."""
    block = tasks_block(workload)
    if block is not None and block.deployment is not None and block.restart != RestartPolicy():
        message = "ignored with deployment: a service of ECS always replaces a task that ended"
        yield warning("spec.tasks.restart", "RestartIgnored", message)


def jobs_end_well_once(workload: Workload, _: Options) -> Iterator[Finding]:
    """A job's task that ended well is not run again, whatever the condition says (swarmkit, restart supervisor)."""
    block = tasks_block(workload)
    if block is not None and block.job and block.restart.condition == "any":
        message = "a job's task that ended well is not run again: any means on-failure"
        yield info("spec.tasks.restart.condition", "AnyMeansOnFailure", message)


RULES: tuple[Rule, ...] = (
    rollout_is_the_machines,
    health_check_has_its_consequence,
    restart_is_swarms,
    jobs_end_well_once,
)
