"""``wharfinger tasks`` and the other commands, with tasks."""

from __future__ import annotations

import json
import re

import pytest
from tests.support.commands import wharfinger
from tests.support.nodes import Kubelet, terminated
from tests.support.tasks import running, tasks_of, until_tasks
from tests.support.workloads import V1, V2
from tests.support.world import World

from wharfinger.api.builtin import POD
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

SERVICE = {"mode": "tasks", "image": V1, "replicas": 2, "tasks": {"restart": {"delay": "1s"}}}


async def test_tasks_read_as_docker_service_ps(world: World, operator: Operator) -> None:
    await world.workload("web", **SERVICE)
    await world.ready("web", timeout=60)
    first = running(await tasks_of(world, "web"))[0]
    pod, kubelet = await world.get(POD, first.pod.name if first.pod else ""), Kubelet(world, "web")
    assert pod is not None
    await kubelet.says(pod, phase="Failed", containerStatuses=[kubelet.container(pod, state=terminated(3))])
    await until_tasks(world, "web", lambda tasks: len(running(tasks)) == 2 and len(tasks) == 3)

    shown = (await wharfinger(world, "tasks", "web")).out.splitlines()
    assert re.split(r"\s{2,}", shown[0].strip()) == [
        "ID", "NAME", "IMAGE", "NODE", "DESIRED STATE", "CURRENT STATE", "ERROR", "PORTS"
    ]  # fmt: skip
    assert [line.split()[1] for line in shown[1:]] == ["web.1", "web.2"]
    everything = (await wharfinger(world, "tasks", "web", "--all")).out
    assert re.search(
        rf"^{first.id} +\\_ web\.1 +{V1} +\S+ +Shutdown +Failed .* ago +task: non-zero exit \(3\)",
        everything,
        re.MULTILINE,
    )
    in_ecs = (await wharfinger(world, "tasks", "web", "--all", "--ecs")).out
    assert re.search(
        rf"^{first.id} .* STOPPED .* EssentialContainerExited +Essential container in task exited", in_ecs, re.MULTILINE
    )
    told = json.loads((await wharfinger(world, "tasks", "web", "--all", "-o", "json")).out)["tasks"]
    failed = next(task for task in told if task["id"] == first.id)
    assert (failed["state"], failed["exitCode"], failed["ecs"]["lastStatus"]) == ("failed", 3, "STOPPED")


async def test_only_mode_tasks_has_tasks(world: World) -> None:
    await world.workload("web", image=V1)
    done = await wharfinger(world, "tasks", "web")
    assert (done.code, done.err) == (1, "wharfinger: web is of mode service: only mode tasks has tasks\n")


async def test_the_other_commands_work_with_tasks(world: World, operator: Operator) -> None:
    await world.workload("web", **SERVICE)
    assert (await wharfinger(world, "wait", "web", "--timeout", "60s")).code == 0
    assert (await wharfinger(world, "scale", "web", "--replicas", "3", "--wait")).code == 0
    await world.workload("web", **SERVICE | {"image": V2, "replicas": 3, "tasks": {"update": {"parallelism": 0}}})
    await world.ready("web", timeout=60)
    assert "running" in (await wharfinger(world, "history", "web")).out
    before = {task.id for task in running(await tasks_of(world, "web"))}
    assert (await wharfinger(world, "restart", "web", "--wait", "--timeout", "60s")).code == 0
    assert before.isdisjoint(task.id for task in running(await tasks_of(world, "web")))
    assert (await wharfinger(world, "rollback", "web", "--to-revision", "1", "--wait", "--timeout", "60s")).code == 0
    images = json.loads((await wharfinger(world, "tasks", "web", "-o", "json")).out)["tasks"]
    assert {task["image"] for task in images} == {V1}
    shown = (await wharfinger(world, "status", "web")).out
    assert "RolledBack" in shown
    assert (await world.get(CONTAINER_WORKLOAD, "web") or {})["spec"]["image"] == V2
