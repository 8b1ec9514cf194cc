"""``wharfinger apply``: all of the documents or none, in the words of kubectl."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.commands import document, wharfinger, written
from tests.support.nodes import IMAGE_PULL_BACK_OFF, simulating
from tests.support.workloads import V1, V2
from tests.support.world import World, is_true

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration


async def test_a_workload_is_created_then_unchanged_then_configured(world: World, tmp_path: Path) -> None:
    path = written(tmp_path, document(image=V1))
    said = [await wharfinger(world, "apply", path) for _ in range(2)]
    said.append(await wharfinger(world, "apply", written(tmp_path, document(image=V2))))
    assert [(done.code, done.out) for done in said] == [
        (0, f"containerworkload.wharfinger.dev/web {outcome}\n") for outcome in ("created", "unchanged", "configured")
    ]
    found = await world.client.get(CONTAINER_WORKLOAD, world.namespace, "web")
    assert found["spec"]["image"] == V2
    managers = {(each["manager"], each["operation"]) for each in found["metadata"]["managedFields"]}
    assert managers == {("wharfinger-cli", "Apply")}


async def test_a_dry_run_keeps_nothing(world: World, tmp_path: Path) -> None:
    done = await wharfinger(world, "apply", written(tmp_path, document(image=V1)), "--dry-run=server")
    assert (done.code, done.out) == (0, "containerworkload.wharfinger.dev/web created (server dry run)\n")
    assert await world.get(CONTAINER_WORKLOAD, "web") is None


async def test_an_error_in_one_document_keeps_all_of_them_back(world: World, tmp_path: Path) -> None:
    path = written(tmp_path, document("good", image=V1), document("bad", image=V1, replica=3))
    done = await wharfinger(world, "apply", path)
    assert (done.code, done.out) == (2, "")
    finding, error = done.err.splitlines()
    assert finding == f"{path}#2: error: spec.replica: unknown field; did you mean `replicas`?"
    assert error == f"wharfinger: nothing was done, because of the errors in {path}#2"
    assert await world.get(CONTAINER_WORKLOAD, "good") is None


async def test_what_the_api_server_refuses_keeps_all_of_them_back(world: World, tmp_path: Path) -> None:
    await world.workload("web", image=V1)
    path = written(tmp_path, document("good", image=V1), document("web", image=V1, mode="daemon"))
    done = await wharfinger(world, "apply", path, "--force-conflicts")
    assert (done.code, done.out) == (2, "")
    assert "mode cannot be changed" in done.err
    assert done.err.count("\n") == 1
    assert await world.get(CONTAINER_WORKLOAD, "good") is None


async def test_a_conflict_names_the_other_manager_and_its_fields(world: World, tmp_path: Path) -> None:
    await world.workload("web", image=V1)
    path = written(tmp_path, document(image=V2))
    done = await wharfinger(world, "apply", path)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"wharfinger: {path}: kubectl has set spec.image (--force-conflicts ")
    forced = await wharfinger(world, "apply", path, "--force-conflicts")
    assert (forced.code, forced.out) == (0, "containerworkload.wharfinger.dev/web configured\n")


async def test_two_namespaces_that_differ_are_wrong_usage(world: World, tmp_path: Path) -> None:
    placed = document(image=V1)
    placed["metadata"]["namespace"] = "elsewhere"
    done = await wharfinger(world, "apply", written(tmp_path, placed))
    assert done.code == 2
    assert f"its namespace is elsewhere, and --namespace says {world.namespace}" in done.err


async def test_it_waits_until_all_are_ready(world: World, operator: Operator, tmp_path: Path) -> None:
    path = written(tmp_path, document("a", image=V1, replicas=2), document("b", image=V1))
    done = await wharfinger(world, "apply", path, "--wait", "--timeout", "60s")
    assert done.code == 0, done.err
    assert "b: Ready  AllReplicasReady: 1 of 1 replicas ready on revision 1" in done.err
    for name in ("a", "b"):
        found = await world.get(CONTAINER_WORKLOAD, name)
        assert found is not None
        assert is_true("Ready")(found)


async def test_waiting_ends_with_the_reason_where_it_fails(world: World, operator: Operator, tmp_path: Path) -> None:
    spec = {"image": V1, "rollout": {"progressDeadline": "2s"}, **simulating(IMAGE_PULL_BACK_OFF)}
    done = await wharfinger(world, "apply", written(tmp_path, document(**spec)), "--wait")
    assert done.code == 1
    assert done.err.splitlines()[-1].startswith("wharfinger: web: Stalled  RolloutFailed: Revision 1 ")


async def test_data_and_names_are_for_scripts(world: World, tmp_path: Path) -> None:
    path = written(tmp_path, document(image=V1))
    made = json.loads((await wharfinger(world, "apply", path, "-o", "json")).out)
    assert (made["metadata"]["name"], made["spec"]["image"]) == ("web", V1)
    assert "managedFields" not in made["metadata"]
    assert (await wharfinger(world, "apply", path, "-o", "name")).out == "containerworkload.wharfinger.dev/web\n"
