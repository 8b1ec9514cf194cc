"""The outcome of a step, before it is put into words: deployments as they are now, and the plan."""

from __future__ import annotations

from dataclasses import dataclass

from wharfinger.api.task_status import DeploymentStatus
from wharfinger.rollout.tasks.ecs.plan import Plan
from wharfinger.rollout.tasks.ecs.service import Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a step comes to."""

    primary: Group
    older: tuple[Group, ...]
    """The ACTIVE ones, newest first."""
    counts: dict[str, int]
    """Tasks that each of the older ones keeps, by its id."""
    strays: Group
    """Tasks of no deployment that is known."""
    plan: Plan
    rolled_back: DeploymentStatus | None = None
    """The one that failed in this very step and made way for PRIMARY."""

    @property
    def deployments(self) -> tuple[DeploymentStatus, ...]:
        """All of them, PRIMARY first."""
        return (self.primary.deployment, *(group.deployment for group in self.older))
