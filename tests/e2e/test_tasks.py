"""Tasks as real containers: they exit, crash and turn unhealthy, and what follows is as Swarm has it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.tasks import IN_ECS, deployments_of, history_of, running, tasks_of, until_tasks
from tests.support.world import World

from wharfinger.api.resource import Object

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operator")]

DEMO = "registry.wharfinger.local/demo:1"


def service(*args: str, restart: Object | None = None, **more: Any) -> Object:
    tasks = {"restart": restart or {"condition": "on-failure", "delay": "1s", "maxAttempts": 1}}
    return {"mode": "tasks", "image": DEMO, "replicas": 1, "args": list(args), "tasks": tasks, **more}


async def test_a_container_that_exits_well_is_complete(world: World) -> None:
    await world.workload("web", **service("exit", "0"))
    tasks = await until_tasks(world, "web", lambda found: any(task.ended for task in found), timeout=120)
    assert [(task.state, task.exit_code, task.cause) for task in tasks] == [("complete", 0, "create")]
    await world.stalled("web", reason="TasksEnded", timeout=60)


async def test_a_container_that_crashes_is_restarted_as_often_as_it_may(world: World) -> None:
    await world.workload("web", **service("exit", "3"))
    tasks = await until_tasks(world, "web", lambda found: sum(task.ended for task in found) == 2, timeout=120)
    assert {(task.state, task.exit_code) for task in tasks} == {("failed", 3)}
    assert sorted(task.cause for task in tasks) == ["create", "restart"]


async def test_a_container_that_turns_unhealthy_fails_its_task(world: World) -> None:
    """§4.3: the health check's verdict shuts the container down, and the restart policy says what comes next."""
    check = {"httpGet": {"path": "/nowhere", "port": 8080}, "interval": "1s", "retries": 2, "startInterval": "1s"}
    spec = service(restart={"condition": "any", "delay": "1s", "maxAttempts": 1}, healthCheck=check)
    await world.workload("web", **spec, terminationGracePeriod="2s")
    tasks = await until_tasks(world, "web", lambda found: sum(task.ended for task in found) >= 1, timeout=120)
    failed = next(task for task in tasks if task.ended)
    assert failed.state == "failed"
    assert failed.running_at is None


async def test_an_image_that_is_not_there_is_rejected(world: World) -> None:
    await world.workload("web", **service() | {"image": "registry.wharfinger.local/not-there:1"})
    tasks = await until_tasks(world, "web", lambda found: any(task.ended for task in found), timeout=120)
    first = min(tasks, key=lambda task: task.created_at)
    assert (first.state, first.stop_code) == ("rejected", "TaskFailedToStart")
    assert "ErrImagePull" in first.message


async def test_an_update_moves_real_containers(world: World) -> None:
    await world.workload("web", **service("serve") | {"replicas": 2})
    await until_tasks(world, "web", lambda found: len(running(found)) == 2, timeout=120)
    changed = service("serve") | {
        "replicas": 2,
        "env": [{"name": "ROUND", "value": "2"}],
        "terminationGracePeriod": "1s",
    }
    await world.workload("web", **changed)
    done = await until_tasks(
        world,
        "web",
        lambda found: sum(task.cause == "update" and task.runs for task in found) == 2,
        timeout=180,
    )
    assert sum(task.state == "shutdown" for task in done) == 2


async def test_a_bad_image_goes_through_ecs_states(world: World) -> None:
    """docs/tasks-ecs.md, 2.1 and 2.2: as on simulated nodes, where Swarm's are shown as well."""
    check = {"httpGet": {"path": "/healthz", "port": 8080}, "interval": "1s"}
    threshold = {"type": "COUNT", "value": 1}
    breaker = {"enable": True, "rollback": True, "thresholdConfiguration": threshold}
    spec = service("serve") | {"healthCheck": check, "tasks": {"deployment": {"deploymentCircuitBreaker": breaker}}}
    await world.workload("web", **spec)
    await world.ready("web", timeout=120)
    before = {task.id for task in running(await tasks_of(world, "web"))}
    async with history_of(world, "web", deployments_of) as seen:
        await world.workload("web", **spec | {"image": "registry.wharfinger.local/not-there:1"})
        await world.stalled("web", reason="RolledBack", timeout=120)
    assert seen == IN_ECS
    assert {task.id for task in running(await tasks_of(world, "web"))} == before
