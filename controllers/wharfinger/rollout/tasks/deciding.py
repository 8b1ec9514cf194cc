"""Whose rules count: ECS's where the spec has a `deployment`, else Swarm's, for jobs too."""

from __future__ import annotations

from wharfinger.rollout.tasks import ecs, swarm
from wharfinger.rollout.tasks.machine import Decision, Situation


def decide(situation: Situation) -> Decision:
    """What to start and stop next."""
    return ecs.decide(situation) if situation.block.deployment is not None else swarm.decide(situation)
