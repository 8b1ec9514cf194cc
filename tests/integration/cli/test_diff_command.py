"""``wharfinger diff``: what an apply would change, in the workload and in what is made of it. Nothing is changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.commands import document, wharfinger, written
from tests.support.workloads import HTTP, V1, V2
from tests.support.world import World

from wharfinger.api.builtin import CONFIG_MAP
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

SPEC = {"image": V1, "replicas": 2, "ports": [HTTP]}


def changed(text: str) -> set[str]:
    """The lines that go or come, without their indentation."""
    lines = [line for line in text.splitlines() if line[:1] in "+-" and not line.startswith(("---", "+++"))]
    return {f"{line[0]} {line[1:].strip()}" for line in lines}


def objects(text: str) -> list[str]:
    """The objects that differ, by kind and name."""
    headers = [line for line in text.splitlines() if line.startswith(("--- live/", "+++ applied/"))]
    return list(dict.fromkeys(header.split("/", 2)[2] for header in headers))


async def test_a_new_workload_differs_in_whole(world: World, tmp_path: Path) -> None:
    done = await wharfinger(world, "diff", written(tmp_path, document(**SPEC)))
    assert done.code == 1
    assert objects(done.out)[0] == "containerworkload.wharfinger.dev/web"
    assert {"Deployment/web", "Service/web", "PodDisruptionBudget/web"} <= set(objects(done.out))
    assert f"+ image: {V1}" in changed(done.out)
    assert "\x1b" not in done.out
    assert await world.get(CONTAINER_WORKLOAD, "web") is None


async def test_what_is_applied_and_runs_does_not_differ(world: World, operator: Operator, tmp_path: Path) -> None:
    """Not by defaults, not by what Wharfinger and Kubernetes write, and not by the ConfigMaps that it refers to."""
    await world.create(CONFIG_MAP, "settings", data={"a": "1"})
    spec = {
        **SPEC,
        "files": [{"path": "/etc/app", "content": "x"}],
        "envFrom": [{"configMapRef": {"name": "settings"}}],
    }
    path = written(tmp_path, document(**spec))
    await wharfinger(world, "apply", path, "--wait")
    done = await wharfinger(world, "diff", path)
    assert (done.code, done.out, done.err) == (0, "", "")


async def test_a_changed_image_is_one_line_in_both(world: World, operator: Operator, tmp_path: Path) -> None:
    await wharfinger(world, "apply", written(tmp_path, document(**SPEC)), "--wait")
    before = await world.client.get(CONTAINER_WORKLOAD, world.namespace, "web")
    done = await wharfinger(world, "diff", written(tmp_path, document(**SPEC | {"image": V2})))
    assert done.code == 1
    assert objects(done.out) == ["containerworkload.wharfinger.dev/web", "Deployment/web"]
    lines = changed(done.out)
    assert {f"- image: {V1}", f"+ image: {V2}"} <= lines
    assert all("image" in line or "revision" in line for line in lines)
    assert done.err == "web: pods are replaced: revision 1 runs, 2 will\n"
    assert await world.client.get(CONTAINER_WORKLOAD, world.namespace, "web") == before


async def test_what_leaves_the_pods_alone_does_not_replace_them(
    world: World, operator: Operator, tmp_path: Path
) -> None:
    await wharfinger(world, "apply", written(tmp_path, document(**SPEC)), "--wait")
    done = await wharfinger(
        world, "diff", written(tmp_path, document(**SPEC | {"replicas": 3, "disruption": {"enabled": False}}))
    )
    assert done.code == 1
    assert done.err == ""
    assert {"- replicas: 2", "+ replicas: 3"} <= changed(done.out)
    assert "--- live/" + world.namespace + "/PodDisruptionBudget/web\n+++ /dev/null" in done.out


async def test_a_paused_workload_goes_on_with_what_runs(world: World, operator: Operator, tmp_path: Path) -> None:
    await wharfinger(world, "apply", written(tmp_path, document(**SPEC)), "--wait")
    await wharfinger(world, "pause", "web")
    done = await wharfinger(world, "diff", written(tmp_path, document(**SPEC | {"image": V2})))
    assert done.code == 1
    assert objects(done.out) == ["containerworkload.wharfinger.dev/web"]
    assert done.err == "web: the rollout is held: revision 2 waits, 1 goes on running\n"


async def test_tasks_are_replaced_by_a_changed_image_and_not_by_how_they_are_run(
    world: World, operator: Operator, tmp_path: Path
) -> None:
    """Their Pods are no objects of the document; what becomes of them is told in words."""
    spec = SPEC | {"mode": "tasks", "tasks": {"update": {"parallelism": 2}}}
    path = written(tmp_path, document(**spec))
    await wharfinger(world, "apply", path, "--wait")
    done = await wharfinger(world, "diff", path)
    assert (done.code, done.out, done.err) == (0, "", "")
    done = await wharfinger(world, "diff", written(tmp_path, document(**spec | {"image": V2})))
    assert done.code == 1
    assert objects(done.out) == ["containerworkload.wharfinger.dev/web"]
    assert changed(done.out) == {f"- image: {V1}", f"+ image: {V2}"}
    assert done.err == "web: pods are replaced: revision 1 runs, 2 will\n"
    rules = {"update": {"parallelism": 1}, "restart": {"condition": "none"}}
    done = await wharfinger(world, "diff", written(tmp_path, document(**spec | {"tasks": rules})))
    assert (done.code, done.err) == (1, "")
    assert {"- parallelism: 2", "+ parallelism: 1", "- condition: any", "+ condition: none"} <= changed(done.out)


async def test_failing_is_2_as_with_kubectl(world: World, tmp_path: Path) -> None:
    assert (await wharfinger(world, "diff", written(tmp_path, document(image=V1, replica=3)))).code == 2
    await world.workload("web", image=V1)
    done = await wharfinger(world, "diff", written(tmp_path, document(image=V2)))
    assert done.code == 2
    assert "kubectl has set spec.image" in done.err
