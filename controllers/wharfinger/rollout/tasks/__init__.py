"""Mode ``tasks``: what to start and stop next, by Swarm's rules or by ECS's. Pure.

- `task`, `machine`: what a task is; what goes into a machine and what comes out.
- `containers`, `reading`: a task, read off its Pod. `records`: what is remembered of one. `observe`: both together.
- `words`: the same about a task in both systems' words.
- `swarm`, `ecs`: the machines. `restart`: Swarm's restart supervisor.
"""

from wharfinger.rollout.tasks.deciding import decide

__all__ = ["decide"]
