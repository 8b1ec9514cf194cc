"""Tasks by node, and tasks whose nodes change: as nodes come, go, are cordoned, drained, relabelled.

§4.x are the sections of docs/tasks-swarm.md.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.task_nodes import Nodes
from tests.support.tasks import running, tasks_of, until_tasks
from tests.support.workloads import V1, V2
from tests.support.world import World

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator
from wharfinger.placement import AVAILABILITY_ANNOTATION

pytestmark = pytest.mark.integration

ENDS = "registry.example.com/shop/simulate-complete:1"


def everywhere(nodes: Nodes, **tasks: Any) -> Object:
    placement = {"constraints": [f"node.labels.{nodes.label} == yes"]}
    block = {"scheduling": "global", "placement": placement, "restart": {"delay": "1s"}, **tasks}
    return {"mode": "tasks", "image": V1, "tasks": block}


async def test_a_global_service_follows_its_nodes(world: World, nodes: Nodes, cluster_operator: Operator) -> None:
    """§4.5: a task on each node that fits; a node that comes gets one, one that is drained or does not fit loses it."""
    await nodes.add("a")
    await nodes.add("b")
    await world.workload("web", **everywhere(nodes))
    await until_tasks(world, "web", lambda tasks: nodes.on(tasks) == {"a", "b"})
    await nodes.add("c")
    await until_tasks(world, "web", lambda tasks: nodes.on(tasks) == {"a", "b", "c"})
    await nodes.change("a", {"metadata": {"annotations": {AVAILABILITY_ANNOTATION: "drain"}}})
    await until_tasks(world, "web", lambda tasks: nodes.on(tasks) == {"b", "c"})
    await nodes.change("b", {"metadata": {"labels": {nodes.label: "no"}}})
    await until_tasks(world, "web", lambda tasks: nodes.on(tasks) == {"c"})
    await nodes.change("a", {"metadata": {"annotations": {AVAILABILITY_ANNOTATION: None}}})
    await until_tasks(world, "web", lambda tasks: nodes.on(tasks) == {"a", "c"})
    await nodes.delete(nodes.called("a"))
    await until_tasks(world, "web", lambda tasks: nodes.on(tasks) == {"c"})
    await world.until(
        CONTAINER_WORKLOAD, "web", lambda seen: seen["status"]["tasks"]["counts"]["desired"] == 1, timeout=60
    )
    await world.ready("web", timeout=60)


async def test_a_cordoned_node_keeps_its_task_and_gets_no_new_one(
    world: World, nodes: Nodes, cluster_operator: Operator
) -> None:
    """§4.5: paused nodes get no new task, nor an updated one."""
    await nodes.add("a")
    await nodes.add("b")
    await world.workload("web", **everywhere(nodes, update={"parallelism": 0}))
    before = {task.node: task.id for task in running(await until_tasks(world, "web", lambda t: len(running(t)) == 2))}
    await nodes.change("a", {"spec": {"unschedulable": True}})
    await world.workload("web", **everywhere(nodes, update={"parallelism": 0}) | {"image": V2})
    cordoned, other = nodes.called("a"), nodes.called("b")
    await until_tasks(
        world, "web", lambda tasks: any(t.node == other and t.id != before[other] for t in running(tasks))
    )
    assert {task.id for task in running(await tasks_of(world, "web")) if task.node == cordoned} == {before[cordoned]}
    ready = await world.ready("web", timeout=60)
    assert (ready["status"]["replicas"], ready["status"]["updatedReplicas"]) == (2, 1)


async def test_a_change_of_placement_moves_only_misfits(world: World, nodes: Nodes, cluster_operator: Operator) -> None:
    """§4.2.1, §4.4: no slot is dirty by its placement; the task whose node does not fit any more goes elsewhere."""
    await nodes.add("a", zone="one")
    await nodes.add("b", zone="two")
    here = f"node.labels.{nodes.label} == yes"
    spec = {"mode": "tasks", "image": V1, "replicas": 4}
    await world.workload("web", **spec, tasks={"placement": {"constraints": [here]}})
    tasks = running(await until_tasks(world, "web", lambda tasks: len(running(tasks)) == 4))
    stays = {task.id for task in tasks if task.node == nodes.called("a")}
    assert stays
    assert len(stays) < 4
    await world.workload("web", **spec, tasks={"placement": {"constraints": [here, "node.labels.zone == one"]}})
    moved = await until_tasks(world, "web", lambda tasks: len(running(tasks)) == 4 and nodes.on(tasks) == {"a"})
    assert stays < {task.id for task in running(moved)}
    assert {task.stop_reason for task in moved if task.state == "shutdown"} == {"constraint"}


async def test_a_global_job_runs_on_nodes_that_join_later(
    world: World, nodes: Nodes, cluster_operator: Operator
) -> None:
    """§4.5: one task for each node that fits, also for those that join later."""
    await nodes.add("a")
    await world.workload("web", **everywhere(nodes, scheduling="global-job") | {"image": ENDS})
    await world.ready("web", timeout=60)
    await nodes.add("b")
    tasks = await until_tasks(world, "web", lambda tasks: sum(task.state == "complete" for task in tasks) == 2)
    assert {task.place.node for task in tasks} == {nodes.called("a"), nodes.called("b")}
