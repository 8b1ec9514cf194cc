"""Mode tasks by Swarm's rules, on the real API server: the states that an update goes through, restarts, jobs, nodes.

§4.x are the sections of docs/tasks-swarm.md.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.tasks import history_of, running, tasks_of, until_tasks, update_state
from tests.support.workloads import V1, V2, annotate
from tests.support.world import World

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

NOT_THERE = "registry.example.com/shop/simulate-image-pull-backoff:2"
"""An image that a simulated node does as if it could not pull."""
FAILS = "registry.example.com/shop/simulate-fail:1"
ENDS = "registry.example.com/shop/simulate-complete:1"


def service(**tasks: Any) -> Object:
    return {"mode": "tasks", "image": V1, "replicas": 3, "tasks": {"restart": {"delay": "1s"}, **tasks}}


def in_update(*states: str) -> Any:
    return lambda obj: update_state(obj) in states


async def test_a_bad_image_pauses_the_update(world: World, operator: Operator) -> None:
    """§4.2.5: updating, paused; and the tasks that were not reached run on."""
    await world.workload("web", **service())
    await world.ready("web", timeout=60)
    before = running(await tasks_of(world, "web"))
    async with history_of(world, "web", update_state) as states:
        await world.workload("web", **service() | {"image": NOT_THERE})
        stalled = await world.stalled("web", reason="RolloutPaused", timeout=60)
    assert states == ["updating", "paused"]
    assert "update paused due to failure" in stalled["status"]["tasks"]["update"]["message"]
    after = await tasks_of(world, "web")
    assert len({task.id for task in running(after)} & {task.id for task in before}) == 2
    rejected = next(task for task in after if task.state == "rejected")
    assert rejected.cause == "update"
    assert "ImagePull" in rejected.message


async def test_a_redeploy_resumes_a_paused_update(world: World, operator: Operator) -> None:
    """§4.2.8: any service update takes it up; the resume annotation stands for one without a change."""
    await world.workload("web", **service())
    await world.ready("web", timeout=60)
    await world.workload("web", **service() | {"image": NOT_THERE})
    await world.stalled("web", reason="RolloutPaused", timeout=60)
    await annotate(world, "web", resumed_at="once more")
    await world.until(CONTAINER_WORKLOAD, "web", in_update("updating"), timeout=60)
    await world.workload("web", **service() | {"image": V2})
    await world.ready("web", timeout=60)
    assert {task.state for task in running(await tasks_of(world, "web"))} == {"running"}


async def test_condition_none_leaves_a_slot_dead(world: World, operator: Operator) -> None:
    """§4.3: none never restarts; what is dead counts as converged, and nobody waits for it."""
    spec = service(restart={"condition": "none"}) | {"image": FAILS, "replicas": 2}
    await world.workload("web", **spec)
    stalled = await world.until(
        CONTAINER_WORKLOAD,
        "web",
        lambda obj: obj["status"].get("tasks", {}).get("counts", {}).get("failed") == 2,
        timeout=60,
    )
    assert stalled["status"]["tasks"]["counts"]["running"] == 0
    tasks = await tasks_of(world, "web")
    assert [(task.place.slot, task.state, task.exit_code) for task in tasks] == [(1, "failed", 1), (2, "failed", 1)]


async def test_max_attempts_is_counted_a_slot(world: World, operator: Operator) -> None:
    """§4.3: maxAttempts restarts, then none; the records of all of them are kept though history says one."""
    restart = {"condition": "on-failure", "delay": "1s", "maxAttempts": 2}
    await world.workload("web", **service(restart=restart, history=1) | {"image": FAILS, "replicas": 1})
    await world.until(
        CONTAINER_WORKLOAD,
        "web",
        lambda obj: obj["status"].get("tasks", {}).get("counts", {}).get("failed") == 1,
        timeout=60,
    )
    tasks = await tasks_of(world, "web")
    assert sorted(task.cause for task in tasks) == ["create", "restart", "restart"]
    assert {task.state for task in tasks} == {"failed"}


async def test_a_replicated_job_runs_each_slot_once(world: World, operator: Operator) -> None:
    """§4.5: slots from 0, at most maxConcurrent at a time; each change runs the job anew."""
    job = service(scheduling="replicated-job", maxConcurrent=2) | {"image": ENDS, "replicas": 4}
    await world.workload("web", **job)
    done = await world.ready("web", timeout=60)
    assert done["status"]["tasks"]["counts"]["complete"] == 4
    assert {condition["type"] for condition in done["status"]["conditions"]} >= {"Ready", "Complete"}
    first = await tasks_of(world, "web")
    assert sorted((task.place.slot, task.state) for task in first) == [(slot, "complete") for slot in range(4)]
    await world.workload("web", **job | {"env": [{"name": "ROUND", "value": "2"}]})
    await until_tasks(
        world, "web", lambda tasks: sum(task.iteration > first[0].iteration for task in tasks if task.ended) == 4
    )


async def test_a_change_of_replicas_is_no_update(world: World, operator: Operator) -> None:
    """§4.2.1: replica count does not make slots dirty; scaled in, slots lose their tasks and their memory."""
    await world.workload("web", **service())
    await world.ready("web", timeout=60)
    kept = {task.id for task in running(await tasks_of(world, "web")) if task.place.slot == 1}
    await world.kubectl("scale", "containerworkload/web", "--replicas=5")
    await until_tasks(world, "web", lambda tasks: len(running(tasks)) == 5)
    await world.kubectl("scale", "containerworkload/web", "--replicas=1")
    left = await until_tasks(world, "web", lambda tasks: {task.place.slot for task in tasks} == {1})
    assert {task.id for task in running(left)} == kept
    assert (await world.ready("web", timeout=60))["status"]["replicas"] == 1
