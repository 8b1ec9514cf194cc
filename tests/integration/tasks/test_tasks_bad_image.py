"""A bad image goes through the states that Swarm and ECS report, in their order, as a watch of the resource sees them.

U1 to U12 are rules of docs/tasks-swarm.md, 2.x sections of docs/tasks-ecs.md.
"""

from __future__ import annotations

import pytest
from tests.support.tasks import IN_ECS, IN_SWARM, deployments_of, history_of, running, tasks_of, update_of
from tests.support.workloads import V1, rollout_of
from tests.support.world import World

from wharfinger.api.builtin import EVENT
from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

NOT_THERE = "registry.example.com/shop/simulate-image-pull-backoff:2"
"""An image that a simulated node does as if it could not pull."""
WITHIN = 120.0

SWARM: Object = {
    "mode": "tasks",
    "image": V1,
    "replicas": 3,
    "tasks": {
        "restart": {"delay": "1s"},
        "update": {"failureAction": "rollback", "monitor": "1s"},
        "rollback": {"monitor": "1s"},
    },
}
ECS: Object = {
    "mode": "tasks",
    "image": V1,
    "replicas": 3,
    "healthCheck": {"exec": {"command": ["true"]}, "interval": "5s"},
    "tasks": {"deployment": {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}},
}


async def events_of(world: World) -> list[tuple[str, str]]:
    """Reason and note of the Events in the namespace, in their order."""
    found = sorted(await world.list(EVENT), key=lambda event: event["eventTime"] or "")
    return [(event["reason"], event["note"]) for event in found]


async def test_as_swarm_reports_it(world: World, operator: Operator) -> None:
    """U2, U5, U6. By U3 and the parallelism of 1 no slot but the first is touched; the spec keeps the wish."""
    await world.workload("web", **SWARM)
    await world.ready("web", timeout=WITHIN)
    before = {task.place.slot: task.id for task in running(await tasks_of(world, "web"))}
    async with (
        history_of(world, "web", update_of) as updates,
        history_of(world, "web", lambda obj: rollout_of(obj).get("state")) as rollouts,
    ):
        await world.workload("web", **SWARM | {"image": NOT_THERE})
        stalled = await world.stalled("web", reason="RolledBack", timeout=WITHIN)
    assert updates == IN_SWARM
    assert rollouts == ["Completed", "Progressing", "RollingBack", "RolledBack"]
    assert (stalled["spec"]["image"], rollout_of(stalled)["runningRevision"]) == (NOT_THERE, 1)
    tasks = await tasks_of(world, "web")
    (bad,) = [task for task in tasks if task.state == "rejected"]
    assert "ImagePull" in bad.message
    # Within one second their times do not tell which came first.
    assert sorted((task.state, task.cause) for task in tasks if task.place == bad.place) == [
        ("rejected", "update"),
        ("running", "rollback"),
        ("shutdown", "create"),
    ]
    after = {task.place.slot: task.id for task in running(tasks)}
    assert after.keys() == before.keys()
    assert {slot for slot in before if after[slot] != before[slot]} == {bad.place.slot}


async def test_as_ecs_reports_it(world: World, operator: Operator) -> None:
    """2.1, 2.2; and 2.3: with a minimum of 100 % no task of the old revision stops."""
    await world.workload("web", **ECS)
    await world.ready("web", timeout=WITHIN)
    before = {task.id for task in running(await tasks_of(world, "web"))}
    async with history_of(world, "web", deployments_of) as seen:
        await world.workload("web", **ECS | {"image": NOT_THERE})
        stalled = await world.stalled("web", reason="RolledBack", timeout=WITHIN)
    assert seen == IN_ECS
    assert (rollout_of(stalled)["failedRevision"], rollout_of(stalled)["runningRevision"]) == (2, 1)
    tasks = await tasks_of(world, "web")
    assert {task.id for task in running(tasks)} == before
    assert [task.stop_code for task in tasks if task.state == "rejected"] == ["TaskFailedToStart"] * 3
    told = [each for each in await events_of(world) if each[0].startswith("ServiceDeployment")]
    assert told == [
        ("ServiceDeploymentInProgress", "ECS deployment ecs-svc/1 in progress."),
        ("ServiceDeploymentCompleted", "(service web) (deployment ecs-svc/1) deployment completed."),
        ("ServiceDeploymentInProgress", "ECS deployment ecs-svc/2 in progress."),
        ("ServiceDeploymentFailed", "(service web) (deployment ecs-svc/2) deployment failed: tasks failed to start."),
        ("ServiceDeploymentInProgress", "(service web) rolling back to deployment ecs-svc/3."),
        ("ServiceDeploymentCompleted", "(service web) (deployment ecs-svc/3) deployment completed."),
    ]
