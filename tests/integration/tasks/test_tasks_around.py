"""What is around tasks: autoscaler, disruption budget, Service; and what a killed operator leaves behind."""

from __future__ import annotations

import pytest
from tests.support.operators import mortal
from tests.support.operators import running as operating
from tests.support.tasks import running, tasks_of, until_tasks
from tests.support.waiting import eventually
from tests.support.workloads import HTTP, V1, V2, of_workload
from tests.support.world import World

from wharfinger.api.builtin import HORIZONTAL_POD_AUTOSCALER, POD, POD_DISRUPTION_BUDGET
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.connection import Connection
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

SERVICE: Object = {"mode": "tasks", "image": V1, "replicas": 3, "ports": [HTTP]}


async def test_an_autoscaler_scales_the_workload_itself(world: World, operator: Operator) -> None:
    """`spec.replicas` is the autoscaler's: within its bounds at once, and it may write it by the scale subresource."""
    autoscale = {"minReplicas": 2, "maxReplicas": 6, "metrics": [{"resource": "cpu", "averageUtilization": 70}]}
    requests = {"requests": {"cpu": "100m"}}
    await world.workload("web", **SERVICE | {"replicas": 1, "autoscale": autoscale, "resources": requests})
    await until_tasks(world, "web", lambda tasks: len(running(tasks)) == 2)
    hpa = await world.until(
        HORIZONTAL_POD_AUTOSCALER, "web", lambda obj: obj.get("status", {}).get("desiredReplicas"), timeout=60
    )
    assert hpa["spec"]["scaleTargetRef"] == {
        "apiVersion": "wharfinger.dev/v1alpha1", "kind": "ContainerWorkload", "name": "web"
    }  # fmt: skip
    able = next(each for each in hpa["status"]["conditions"] if each["type"] == "AbleToScale")
    assert able["status"] == "True", able


async def test_a_budget_counts_by_the_scale_subresource(world: World, operator: Operator) -> None:
    """The disruption controller knows how many tasks there should be, and so how many may be evicted."""
    await world.workload("web", **SERVICE | {"disruption": {"maxUnavailable": 1}})
    await world.ready("web", timeout=60)
    budget = await world.until(
        POD_DISRUPTION_BUDGET, "web", lambda obj: obj.get("status", {}).get("currentHealthy") == 3, timeout=60
    )
    status = budget["status"]
    assert (status["expectedPods"], status["desiredHealthy"], status["disruptionsAllowed"]) == (3, 2, 1)


async def test_a_killed_operator_goes_on_where_it_was(world: World) -> None:
    """No task twice, none forgotten: each slot has one task of the new revision, made once."""
    connection = Connection.from_kubeconfig(world.kubeconfig)
    async with mortal(connection, namespaces=(world.namespace,)):
        await world.workload("web", **SERVICE | {"replicas": 6})
        await world.ready("web", timeout=60)
        await world.workload("web", **SERVICE | {"replicas": 6, "image": V2})
        await until_tasks(world, "web", lambda tasks: 1 <= sum(task.cause == "update" for task in tasks) < 6)
    between = {task.id for task in await tasks_of(world, "web") if task.cause == "update"}
    async with operating(world.kubeconfig, namespaces=(world.namespace,)):
        await world.ready("web", timeout=90)
    tasks = await tasks_of(world, "web")
    made = [task for task in tasks if task.cause == "update"]
    assert sorted(task.place.slot for task in made) == [1, 2, 3, 4, 5, 6]
    assert between <= {task.id for task in made}
    assert {task.state for task in made} == {"running"}


async def test_ended_tasks_are_readable_after_their_pods_are_gone(world: World, operator: Operator) -> None:
    await world.workload("web", **SERVICE)
    await world.ready("web", timeout=60)
    first = {task.id for task in await tasks_of(world, "web")}
    await world.workload("web", **SERVICE | {"image": V2, "tasks": {"update": {"parallelism": 0}}})
    await world.until(
        CONTAINER_WORKLOAD,
        "web",
        lambda obj: obj["status"].get("tasks", {}).get("update", {}).get("state") == "completed",
        timeout=60,
    )

    async def gone() -> bool:
        pods = await world.list(POD, of_workload("web"))
        return first.isdisjoint(pod["metadata"]["labels"]["wharfinger.dev/task"] for pod in pods)

    await eventually(gone, what="the old pods gone")
    remembered = await until_tasks(world, "web", lambda tasks: sum(task.id in first for task in tasks) == 3)
    ended = [task for task in remembered if task.id in first]
    assert all(task.state == "shutdown" and task.ended and task.node for task in ended)
