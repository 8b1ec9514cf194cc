"""Swarm's rules: services and jobs, updates, rollbacks and restarts, from tasks and clock to the next actions.

Sources: swarmkit, manager/orchestrator, by file and function. U1, R2 and the like are the rules in docs/tasks-swarm.md.

- `course`: what was ordered, and what runs.
- `board`, `slots`: the places, and the tasks of each; scaling out and in.
- `updater`, `failures`: workers, and what failing tasks lead to.
- `supervisor`: restarts.
- `service`, `jobs`: the check-lists, from the situation to the decision.
- `report`: the same in the words that all modes share.
"""

from wharfinger.rollout.tasks.machine import Decision, Situation
from wharfinger.rollout.tasks.swarm import jobs, service

__all__ = ["decide"]


def decide(situation: Situation) -> Decision:
    """What to start and stop next. `situation.block` has no `deployment`: that is ECS's."""
    return jobs.decide(situation) if situation.block.job else service.decide(situation)
