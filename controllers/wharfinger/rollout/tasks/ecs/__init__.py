"""Tasks by ECS's rules: REPLICA (scheduling replicated) and DAEMON (scheduling global), each with rolling updates.

`decide` is one step; read `step` first. Its parts, each one rule of ECS's with its source:

- `service`: the situation, and the deployments' tasks. `health`: RUNNING, healthy, unhealthy.
- `deployments`: PRIMARY and ACTIVE ones, and when another begins.
- `judgement`: FAILED, rolled back, steady, COMPLETED; by `breaker`, `alarms` and `throttle`.
- `bounds` and `wants`: how many tasks there may, must and shall be. `replica` and `daemon`: what to start and stop.
- `summary`, `events`, `words`: what is said about it, in ECS's own words.

docs/tasks-ecs.md sets what ECS does beside what this does, line by line.
"""

from wharfinger.rollout.tasks.ecs.step import decide

__all__ = ["decide"]
