"""Mode tasks by ECS's rules, on the real API server: deployments. A bad one: test_tasks_bad_image.py.

§2.x are the sections of docs/tasks-ecs.md.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.tasks import history_of, running, tasks_of
from tests.support.workloads import V1, V2
from tests.support.world import World

from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

CHECK = {"exec": {"command": ["true"]}, "interval": "5s"}
"""With a health check a task is healthy when that says so; without one only after 40 s (§2.3)."""


def service(**deployment: Any) -> Object:
    return {"mode": "tasks", "image": V1, "replicas": 2, "healthCheck": CHECK, "tasks": {"deployment": deployment}}


def deployments(workload: Object) -> list[tuple[str, str]]:
    found = workload.get("status", {}).get("tasks", {}).get("deployments", ())
    return [(each["status"], each["rolloutState"]) for each in found]


async def test_a_rolling_update_keeps_two_deployments_until_it_completed(world: World, operator: Operator) -> None:
    """§2.2: the new one is PRIMARY, the old one ACTIVE while it has tasks; COMPLETED leaves one in the list."""
    await world.workload("web", **service())
    await world.ready("web", timeout=60)
    before = {task.id for task in running(await tasks_of(world, "web"))}
    async with history_of(world, "web", deployments) as seen:
        await world.workload("web", **service() | {"image": V2})
        await world.ready("web", timeout=90)
    assert [("PRIMARY", "IN_PROGRESS"), ("ACTIVE", "COMPLETED")] in seen
    assert seen[-1] == [("PRIMARY", "COMPLETED")]
    tasks = running(await tasks_of(world, "web"))
    assert len(tasks) == 2
    assert before.isdisjoint(task.id for task in tasks)
