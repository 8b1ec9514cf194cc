"""How many tasks there may be, and how many of them must be healthy: ECS's maximumPercent and minimumHealthyPercent.

Source: ECS API reference, DeploymentConfiguration; developer guide, "Deploy Amazon ECS services by replacing tasks".
A Deployment's maxSurge and maxUnavailable round the other way and are never both 0, so they cannot say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wharfinger.api.tasks import TasksBlock

REPLICA: Final = (100, 200)
"""Minimum healthy and maximum percent that count for REPLICA if the spec names none (API reference)."""

DAEMON: Final = (0, 100)
"""The same for DAEMON. The console would write 50 for the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The two bounds, in tasks."""

    desired: int
    lower: int
    """So many RUNNING tasks stay healthy, whatever is stopped: ``ceil(desired * minimumHealthyPercent / 100)``."""
    upper: int
    """So many tasks there are at most, whatever is started: ``floor(desired * maximumPercent / 100)``."""

    def room(self, alive: int) -> int:
        """How many tasks may be started beside `alive` ones, which are RUNNING, PENDING or STOPPING.

        The API reference counts RUNNING and PENDING, the guide's table of parameters STOPPING as well. We count all
        three: then there are never more Pods than the bound says, and a maximum of 100 means that a task has gone
        before the next one comes.
        """
        return max(0, self.upper - alive)

    def spare(self, healthy: int) -> int:
        """How many of `healthy` tasks may be stopped."""
        return max(0, healthy - self.lower)


def bounds(block: TasksBlock, desired: int) -> Bounds:
    """The bounds for `desired` tasks. DAEMON's maximum is 100 whatever the spec says: one task a node."""
    deployment = block.deployment
    least, most = DAEMON if block.per_node else REPLICA
    if deployment and deployment.minimum_healthy_percent is not None:
        least = deployment.minimum_healthy_percent
    if deployment and deployment.maximum_percent is not None and not block.per_node:
        most = deployment.maximum_percent
    return Bounds(desired=desired, lower=least_healthy(desired, least), upper=desired * most // 100)


def least_healthy(desired: int, percent: int) -> int:
    """``ceil(desired * percent / 100)``, in whole numbers."""
    return -(-desired * percent // 100)
