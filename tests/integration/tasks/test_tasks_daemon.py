"""DAEMON, on the real API server: one task on each node that satisfies the constraints, by ECS's rules.

2.4 is the section of docs/tasks-ecs.md.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests.support.task_nodes import Nodes
from tests.support.tasks import deployments_of, healthy_pods, history_of, pods_seen, running, tasks_of, until_tasks
from tests.support.workloads import V1, V2, finding_reasons, told
from tests.support.world import World, condition

from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator
from wharfinger.placement import AVAILABILITY_ANNOTATION

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("cluster_operator")]

WITHIN = 90.0


def daemon(nodes: Nodes, **deployment: Any) -> Object:
    """A daemon of these nodes; healthy as soon as its check says so (2.3)."""
    return {
        "mode": "tasks",
        "image": V1,
        "healthCheck": {"exec": {"command": ["true"]}, "interval": "5s"},
        "tasks": {
            "scheduling": "global",
            "deployment": deployment,
            "placement": {"memberOf": [f"attribute:{nodes.label} == yes"]},
        },
    }


def _crowd(pods: list[Object]) -> tuple[int, int]:
    """How many tasks the node with the most has, and how many of all are healthy."""
    return max(Counter(pod["spec"].get("nodeName") for pod in pods).values(), default=0), len(healthy_pods(pods))


async def test_a_daemon_follows_its_nodes(world: World, nodes: Nodes, cluster_operator: Operator) -> None:
    """2.4: on each ACTIVE node that satisfies the constraints, asked again for running tasks; on no DRAINING one."""
    await nodes.add("a")
    await nodes.add("b")
    await world.workload("web", **daemon(nodes))
    ready = await world.ready("web", timeout=WITHIN)
    assert ready["status"]["tasks"]["counts"]["desired"] == 2, "the count is that of the nodes"
    await nodes.add("c")
    await until_tasks(world, "web", lambda tasks: nodes.on(tasks) == {"a", "b", "c"}, timeout=WITHIN)
    await nodes.change("a", {"metadata": {"annotations": {AVAILABILITY_ANNOTATION: "drain"}}})
    await until_tasks(world, "web", lambda tasks: nodes.on(tasks) == {"b", "c"}, timeout=WITHIN)
    await nodes.change("b", {"metadata": {"labels": {nodes.label: "no"}}})
    await until_tasks(world, "web", lambda tasks: nodes.on(tasks) == {"c"}, timeout=WITHIN)
    violated = await told(world, "web", "ServiceDaemonPlacementConstraintViolated")
    assert "(service web) has stopped 1 running tasks" in violated["note"]
    await nodes.change("a", {"metadata": {"annotations": {AVAILABILITY_ANNOTATION: None}}})
    tasks = await until_tasks(world, "web", lambda tasks: nodes.on(tasks) == {"a", "c"}, timeout=WITHIN)
    assert [task.stop_reason for task in tasks if task.node == nodes.called("b")] == ["constraint"]
    assert {task.stop_reason for task in tasks if task.node == nodes.called("a")} == {"node-drained", None}
    assert len(deployments_of(await world.ready("web", timeout=WITHIN))) == 1, "nodes make no deployment"


async def test_an_update_of_a_daemon_has_one_task_a_node(
    world: World, nodes: Nodes, cluster_operator: Operator
) -> None:
    """2.4: maximumPercent counts as 100, so a node's task is gone before its next; 50 % keep one of two healthy."""
    await nodes.add("a")
    await nodes.add("b")
    spec = daemon(nodes, minimumHealthyPercent=50, maximumPercent=200)
    await world.workload("web", **spec)
    ready = await world.ready("web", timeout=WITHIN)
    assert "DaemonMaximum" in finding_reasons(ready)
    old = {task.id for task in running(await tasks_of(world, "web"))}
    async with history_of(world, "web", deployments_of) as seen, pods_seen(world, "web", _crowd) as crowds:
        await world.workload("web", **spec | {"image": V2})
        await world.ready("web", timeout=WITHIN)
    lists = [[each[:3] for each in listed] for listed in seen]
    assert [("ecs-svc/2", "PRIMARY", "IN_PROGRESS"), ("ecs-svc/1", "ACTIVE", "COMPLETED")] in lists
    assert lists[-1] == [("ecs-svc/2", "PRIMARY", "COMPLETED")]
    tasks = await tasks_of(world, "web")
    assert {(task.id in old, task.stop_reason, task.runs) for task in tasks} == {
        (True, "update", False), (False, None, True)
    }  # fmt: skip
    assert sorted(task.node or "" for task in tasks) == sorted([nodes.called("a"), nodes.called("b")] * 2)
    assert max(most for most, _ in crowds) == 1
    assert min(healthy for _, healthy in crowds) == 1


async def test_a_cordoned_node_holds_up_no_deployment_of_a_daemon(
    world: World, nodes: Nodes, cluster_operator: Operator
) -> None:
    """2.4: it keeps what it has and gets nothing new; with a minimum of 0 all others are replaced."""
    for name in ("a", "b", "c"):
        await nodes.add(name)
    await world.workload("web", **daemon(nodes))
    await world.ready("web", timeout=WITHIN)
    before = {task.node: task.id for task in running(await tasks_of(world, "web"))}
    await nodes.change("a", {"spec": {"unschedulable": True}})
    await world.workload("web", **daemon(nodes) | {"image": V2})
    ready = await world.ready("web", timeout=WITHIN)
    assert [each[2] for each in deployments_of(ready)][:1] == ["COMPLETED"]
    assert (ready["status"]["replicas"], ready["status"]["updatedReplicas"]) == (3, 2)
    assert condition(ready, "Ready")["message"].endswith("but for 1 of an earlier one on nodes that are cordoned")
    after = {task.node: task.id for task in running(await tasks_of(world, "web"))}
    assert after.keys() == before.keys()
    assert {node for node in before if after[node] == before[node]} == {nodes.called("a")}
