"""Tasks on the real API server: they run, are numbered, scaled, replaced, remembered."""

from __future__ import annotations

import pytest
from tests.support.nodes import Kubelet, terminated
from tests.support.tasks import running, tasks_of, until_tasks
from tests.support.workloads import V1, V2
from tests.support.world import World

from wharfinger.api.builtin import POD
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

SERVICE = {"mode": "tasks", "image": V1, "replicas": 3}


async def test_tasks_fill_slots_from_one(world: World, operator: Operator) -> None:
    """Swarm numbers the slots of a replicated service from 1 (swarmkit, orchestrator/replicated)."""
    await world.workload("web", **SERVICE)
    ready = await world.ready("web", timeout=60)
    tasks = running(await tasks_of(world, "web"))
    assert [task.place.slot for task in tasks] == [1, 2, 3]
    assert {task.cause for task in tasks} == {"create"}
    assert ready["status"]["tasks"]["counts"] == {
        "desired": 3, "pending": 0, "running": 3, "complete": 0, "failed": 0
    }  # fmt: skip
    assert (ready["status"]["readyReplicas"], ready["status"]["replicas"]) == (3, 3)
    pod = await world.get(POD, tasks[0].pod.name)
    assert pod["spec"]["restartPolicy"] == "Never"


async def test_an_update_replaces_every_task(world: World, operator: Operator) -> None:
    await world.workload("web", **SERVICE)
    await world.ready("web", timeout=60)
    before = await tasks_of(world, "web")
    await world.workload("web", **SERVICE | {"image": V2, "tasks": {"update": {"parallelism": 2}}})
    await world.until(
        CONTAINER_WORKLOAD,
        "web",
        lambda obj: obj["status"].get("tasks", {}).get("update", {}).get("state") == "completed",
        timeout=60,
    )
    after = await tasks_of(world, "web")
    assert {task.id for task in running(after)}.isdisjoint(task.id for task in before)
    assert {task.cause for task in running(after)} == {"update"}
    old = [task for task in after if task.id in {each.id for each in before}]
    assert [(task.state, task.stop_reason) for task in old] == [("shutdown", "update")] * 3


async def test_a_task_that_fails_is_remembered_and_replaced(world: World, operator: Operator) -> None:
    await world.workload("web", **SERVICE | {"tasks": {"restart": {"delay": "1s"}}})
    await world.ready("web", timeout=60)
    first = running(await tasks_of(world, "web"))[0]
    kubelet = Kubelet(world, "web")
    pod = await world.get(POD, first.pod.name)
    await kubelet.says(pod, phase="Failed", containerStatuses=[kubelet.container(pod, state=terminated(3))])
    tasks = await until_tasks(world, "web", lambda tasks: any(task.runs and task.cause == "restart" for task in tasks))
    failed = next(task for task in tasks if task.id == first.id)
    assert (failed.state, failed.exit_code, failed.stop_code) == ("failed", 3, "EssentialContainerExited")
    again = next(task for task in tasks if task.cause == "restart")
    assert again.place == first.place
    assert (again.created_at - failed.finished_at).total_seconds() >= 1
