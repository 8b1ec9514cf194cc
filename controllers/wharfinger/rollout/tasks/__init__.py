"""Mode ``tasks``: what to start and stop next, by Swarm's rules or by ECS's. Pure; read `machine` first."""
