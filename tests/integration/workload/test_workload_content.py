"""Text in files, and ConfigMaps and Secrets that pods read: a change of content rolls the pods."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import pytest
from tests.support.operators import running
from tests.support.waiting import never
from tests.support.workloads import HTTP, V1, container_of, of_workload, pod_template, pods_of, rollout_of, runner
from tests.support.world import World

from wharfinger.api.builtin import CONFIG_MAP, CONTROLLER_REVISION, DEPLOYMENT, SECRET
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object, Resource
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

BASE: Object = {"image": V1, "ports": [HTTP]}

REFERENCES: dict[str, Object] = {
    "file": {"files": [{"path": "/etc/web/colour", "configMapRef": {"name": "theme", "key": "colour"}}]},
    "directory": {"files": [{"path": "/etc/web", "configMapRef": {"name": "theme"}}]},
    "env": {"env": [{"name": "COLOUR", "valueFrom": {"configMapKeyRef": {"name": "theme", "key": "colour"}}}]},
    "envFrom": {"envFrom": [{"configMapRef": {"name": "theme"}}]},
}


def revision_is(number: int) -> object:
    def holds(found: Object) -> bool:
        rollout = rollout_of(found)
        return rollout.get("lastGoodRevision") == number and rollout.get("state") == "Completed"

    return holds


async def texts(world: World) -> list[Object]:
    """The ConfigMaps that we made."""
    return await world.list(CONFIG_MAP, of_workload("web"))


async def test_files_are_mounted_from_an_immutable_config_map(world: World, operator: Operator) -> None:
    files = [
        {"path": "/etc/web/config.yaml", "content": "colour: blue\n", "mode": 0o400},
        {"path": "/etc/web/empty", "content": ""},
    ]
    await world.workload("web", **BASE, files=files)
    await world.ready("web")
    (text,) = await texts(world)
    assert text["immutable"] is True
    assert sorted(text["data"].values()) == ["", "colour: blue\n"]
    deployment = await runner(world, "web", "service")
    mounts = {mount["mountPath"]: mount for mount in container_of(deployment)["volumeMounts"]}
    assert set(mounts) == {"/etc/web/config.yaml", "/etc/web/empty"}
    (volume,) = pod_template(deployment)["spec"]["volumes"]
    items = {item["path"]: item["mode"] for item in volume["configMap"]["items"]}
    assert items[mounts["/etc/web/config.yaml"]["subPath"]] == 0o400


async def test_changed_text_rolls_the_pods_and_keeps_the_old_for_a_rollback(world: World, operator: Operator) -> None:
    await world.workload("web", **BASE, files=[{"path": "/etc/web/config", "content": "colour: blue"}])
    await world.ready("web")
    before = {pod["metadata"]["uid"] for pod in await pods_of(world, "web")}
    await world.workload("web", **BASE, files=[{"path": "/etc/web/config", "content": "colour: red"}])
    assert rollout_of(await world.ready("web"))["revision"] == 2
    assert before.isdisjoint({pod["metadata"]["uid"] for pod in await pods_of(world, "web")})
    assert {value for text in await texts(world) for value in text["data"].values()} == {"colour: blue", "colour: red"}


async def test_text_goes_with_the_last_revision_that_used_it(world: World, operator: Operator) -> None:
    for colour in ("blue", "red", "green"):
        await world.workload(
            "web",
            **BASE,
            files=[{"path": "/etc/web/config", "content": colour}],
            rollout={"historyLimit": 1},
        )
        await world.ready("web")

    def kept(found: list[Object]) -> set[str]:
        return {value for text in found for value in text["data"].values()}

    revisions = await world.list(CONTROLLER_REVISION, of_workload("web"))
    assert {value for each in revisions for data in each["data"]["files"].values() for value in data.values()} == kept(
        await texts(world)
    )
    assert "green" in kept(await texts(world))
    assert "blue" not in kept(await texts(world))


async def test_no_files_no_config_map_in_the_pod(world: World, operator: Operator) -> None:
    await world.workload("web", **BASE, files=[{"path": "/etc/web/config", "content": "colour: blue"}])
    await world.ready("web")
    await world.workload("web", **BASE)
    await world.ready("web")
    assert not pod_template(await runner(world, "web", "service"))["spec"].get("volumes")


@pytest.mark.parametrize("how", REFERENCES)
async def test_a_changed_config_map_rolls_the_pods(world: World, operator: Operator, how: str) -> None:
    await world.create(CONFIG_MAP, "theme", data={"colour": "blue"})
    await world.workload("web", **BASE, **REFERENCES[how])
    await world.ready("web")
    await world.patch(CONFIG_MAP, "theme", {"data": {"colour": "red"}})
    await world.until(CONTAINER_WORKLOAD, "web", revision_is(2))


async def test_a_config_map_that_only_gets_a_label_rolls_nothing(world: World, operator: Operator) -> None:
    await world.create(CONFIG_MAP, "theme", data={"colour": "blue"})
    await world.workload("web", **BASE, **REFERENCES["envFrom"])
    await world.ready("web")
    await world.patch(CONFIG_MAP, "theme", {"metadata": {"labels": {"team": "shop"}}})

    async def rolled() -> bool:
        return len(await world.list(CONTROLLER_REVISION, of_workload("web"))) > 1

    await never(rolled, during=1.0, what="a label rolls the pods")


async def test_a_config_map_that_comes_later_is_taken_up(world: World, operator: Operator) -> None:
    await world.workload("web", **BASE, envFrom=[{"configMapRef": {"name": "theme", "optional": True}}])
    await world.ready("web")
    await world.create(CONFIG_MAP, "theme", data={"colour": "blue"})
    await world.until(CONTAINER_WORKLOAD, "web", revision_is(2))


async def test_content_is_never_written_by_the_operator(world: World, operator: Operator) -> None:
    """A reference is a reference: what it holds appears in nothing that we make."""
    await world.create(CONFIG_MAP, "theme", data={"colour": "ultramarine"})
    await world.workload("web", **BASE, **REFERENCES["file"])
    await world.ready("web")
    assert "ultramarine" not in str(await world.get(DEPLOYMENT, "web"))
    assert "ultramarine" not in str(await world.list(CONTROLLER_REVISION, of_workload("web")))
    assert not await texts(world)


# Secrets: only with the right to watch them


@pytest.fixture
async def operator_of_secrets(world: World) -> AsyncIterator[Operator]:
    """One that may read Secrets, as `run --watch-secrets` lets it."""
    async with running(world.kubeconfig, namespaces=(world.namespace,), watch_secrets=True) as started:
        yield started


async def make_secret(world: World, resource: Resource = SECRET) -> None:
    await world.create(resource, "db", data={"password": base64.b64encode(b"hunter2").decode()})


DB_PASSWORD: Object = {
    "env": [{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]
}


async def test_a_changed_secret_rolls_the_pods_where_it_may_be_watched(
    world: World, operator_of_secrets: Operator
) -> None:
    await make_secret(world)
    await world.workload("web", **BASE, **DB_PASSWORD)
    await world.ready("web")
    await world.patch(SECRET, "db", {"data": {"password": base64.b64encode(b"hunter3").decode()}})
    await world.until(CONTAINER_WORKLOAD, "web", revision_is(2))


async def test_the_content_of_a_secret_is_not_held(world: World, operator_of_secrets: Operator) -> None:
    await make_secret(world)
    await world.workload("web", **BASE, **DB_PASSWORD)
    await world.ready("web")
    held = str(operator_of_secrets.stores["content-secrets"].get(world.namespace, "db"))
    assert "db" in held
    assert "hunter2" not in held
    assert base64.b64encode(b"hunter2").decode() not in held


async def test_a_changed_secret_rolls_nothing_where_it_may_not(world: World, operator: Operator) -> None:
    await make_secret(world)
    await world.workload("web", **BASE, **DB_PASSWORD)
    await world.ready("web")
    await world.patch(SECRET, "db", {"data": {"password": base64.b64encode(b"hunter3").decode()}})

    async def rolled() -> bool:
        return len(await world.list(CONTROLLER_REVISION, of_workload("web"))) > 1

    await never(rolled, during=1.0, what="the Secret was read")
