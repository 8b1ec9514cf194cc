"""``wharfinger stack`` against a real API server: what a deploy writes, what lists show, what removing takes along."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from tests.support.commands import Done, going_on, wharfinger
from tests.support.composing import program
from tests.support.world import World

from wharfinger.api import API_VERSION
from wharfinger.api.builtin import CONFIG_MAP, PERSISTENT_VOLUME_CLAIM, SECRET
from wharfinger.api.kinds import CONTAINER_WORKLOAD, STACK
from wharfinger.api.labels import STACK_BROUGHT_LABEL, STACK_LABEL
from wharfinger.api.resource import Object

pytestmark = pytest.mark.integration

COMPOSE = """\
services:
  web:
    image: registry.example.com/shop/web:${TAG:-1}
    restart: always
    ports: ["80:8080"]
    secrets: [db]
    configs: [{source: site, target: /etc/site.conf}]
secrets: {db: {file: ./db.txt}}
configs: {site: {file: ./site.conf}}
"""


@pytest.fixture(autouse=True)
def _program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHARFINGER_COMPOSE_PROGRAM", str(program()))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project's directory, called shop."""
    directory = tmp_path / "shop"
    directory.mkdir()
    for name, text in (("compose.yaml", COMPOSE), ("db.txt", "hunter2"), ("site.conf", "listen 80")):
        (directory / name).write_text(text)
    return directory


async def deploy(world: World, project: Path, *more: str) -> Done:
    return await wharfinger(world, "stack", "deploy", "-c", str(project / "compose.yaml"), *more, "shop")


async def secrets(world: World) -> list[Object]:
    return await world.list(SECRET, f"{STACK_BROUGHT_LABEL}=shop")


async def test_a_deploy_writes_the_stack_and_what_it_brings(world: World, project: Path) -> None:
    done = await deploy(world, project, "--env", "TAG=2", "--prune=true")
    assert (done.code, done.out) == (0, "stack.wharfinger.dev/shop created\n")
    stack = await world.client.get(STACK, world.namespace, "shop")
    spec = stack["spec"]
    assert spec["documents"][0] == {"name": "compose.yaml", "content": COMPOSE}
    assert spec["files"] == [{"path": "site.conf", "content": "listen 80"}]
    assert (spec["env"], spec["prune"]) == ([{"name": "TAG", "value": "2"}], True)
    (secret,) = await secrets(world)
    assert b64decode(secret["data"]["file"]).decode() == "hunter2"
    assert [each["uid"] for each in secret["metadata"]["ownerReferences"]] == [stack["metadata"]["uid"]]
    assert "hunter2" not in json.dumps(stack)


async def test_a_second_deploy_says_what_it_did(world: World, project: Path) -> None:
    await deploy(world, project)
    assert (await deploy(world, project)).out == "stack.wharfinger.dev/shop unchanged\n"
    (project / "db.txt").write_text("other")
    assert (await deploy(world, project)).out == "stack.wharfinger.dev/shop configured\n"
    found = await secrets(world)
    assert {b64decode(each["data"]["file"]).decode() for each in found} == {"hunter2", "other"}
    assert all(each["metadata"]["ownerReferences"] for each in found)


async def test_what_nothing_refers_to_goes_with_a_later_deploy(world: World, project: Path) -> None:
    """Not with the next: what runs may be that of before. And not while a workload of the Stack uses it."""

    async def deployed(word: str, *, size: int = 0) -> set[str]:
        (project / "db.txt").write_text(word)
        (project / "site.conf").write_text("#" * size)
        done = await deploy(world, project)
        assert done.code == 0, done.err
        return {b64decode(each["data"]["file"]).decode() for each in await secrets(world)}

    async def maps() -> int:
        return len(await world.list(CONFIG_MAP, f"{STACK_BROUGHT_LABEL}=shop"))

    assert await deployed("first", size=800_000) == {"first"}
    assert await deployed("second") == {"first", "second"}
    assert await maps() == 1
    assert await deployed("third") == {"second", "third"}
    assert await maps() == 0
    second = next(each for each in await secrets(world) if b64decode(each["data"]["file"]) == b"second")
    body = {
        "apiVersion": API_VERSION,
        "kind": CONTAINER_WORKLOAD.kind,
        "metadata": {"name": "web", "namespace": world.namespace, "labels": {STACK_LABEL: "shop"}},
        "spec": {
            "image": "registry.example.com/shop/web:1",
            "files": [{"path": "/run/db", "secretRef": {"name": second["metadata"]["name"], "key": "file"}}],
        },
    }
    await world.client.create(CONTAINER_WORKLOAD, body)
    assert await deployed("fourth") == {"second", "third", "fourth"}
    await world.delete(CONTAINER_WORKLOAD, "web")
    await world.gone(CONTAINER_WORKLOAD, "web")
    assert await deployed("fourth") == {"fourth"}


async def test_what_is_wrong_writes_nothing(world: World, project: Path) -> None:
    (project / "compose.yaml").write_text(COMPOSE.replace("restart: always", "working_dir: www"))
    done = await deploy(world, project)
    assert (done.code, done.out) == (2, "")
    assert "compose.yaml:4:5: error: services.web.working_dir: " in done.err
    assert await world.list(STACK) == []
    assert await secrets(world) == []


async def test_what_the_api_server_refuses_writes_nothing(world: World, project: Path) -> None:
    done = await deploy(world, project, "--storage-size", "plenty")
    assert (done.code, done.out) == (2, "")
    assert "storageSize" in done.err
    assert await world.list(STACK) == []
    assert await secrets(world) == []


async def test_somebody_elses_field_is_a_conflict(world: World, project: Path) -> None:
    await deploy(world, project)
    await world.patch(STACK, "shop", {"spec": {"prune": True}})
    done = await deploy(world, project)
    assert done.code == 1
    assert "kubectl-edit has set spec.prune" in done.err
    assert (await deploy(world, project, "--force-conflicts")).code == 0


async def test_large_files_come_along_in_config_maps(world: World, project: Path) -> None:
    (project / "site.conf").write_text("#" * 800_000)
    done = await deploy(world, project)
    assert done.code == 0, done.err
    (source,) = (await world.client.get(STACK, world.namespace, "shop"))["spec"]["files"]
    kept = await world.client.get(CONFIG_MAP, world.namespace, source["configMap"]["name"])
    assert len(kept["data"][source["configMap"]["items"][0]["key"]]) == 800_000
    assert kept["metadata"]["ownerReferences"][0]["name"] == "shop"


async def test_up_is_a_stack_called_as_the_project(
    world: World, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    done = await wharfinger(world, "stack", "up", "-d", "--scale", "web=3")
    assert (done.code, done.out) == (0, "stack.wharfinger.dev/shop created\n")
    spec = (await world.client.get(STACK, world.namespace, "shop"))["spec"]
    assert "replicas: 3" in json.dumps(spec["documents"])
    down = await wharfinger(world, "stack", "down")
    assert down.code == 0
    assert down.out == "stack.wharfinger.dev/shop removed\n"
    assert await world.get(STACK, "shop") is None


async def told(world: World, *services: Object, ready: str = "True") -> None:
    """The status that an operator would write."""
    stack = await world.client.get(STACK, world.namespace, "shop")
    generation = stack["metadata"]["generation"]
    condition = {
        "type": "Ready",
        "status": ready,
        "reason": "AllServicesReady",
        "message": "",
        "observedGeneration": generation,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    counts = {"serviceCount": len(services), "readyServices": len(services)}
    status = {"observedGeneration": generation, "conditions": [condition], "services": list(services), **counts}
    await world.patch(STACK, "shop", {"status": status}, subresource="status")


def service(name: str, **more: Any) -> Object:
    return {"name": name, "workload": name, "mode": "replicated", "running": 1, "wanted": 1, "image": "i", **more}


async def test_lists_show_what_the_status_says(world: World, project: Path) -> None:
    await deploy(world, project)
    unseen = await wharfinger(world, "stack", "ls")
    assert unseen.out.splitlines()[1].split()[:4] == ["shop", "-", "-", "Unseen"]
    await told(world, service("web", ports=["*:80->8080/tcp"]), service("db", running=0))
    listed = await wharfinger(world, "stack", "ls")
    assert listed.out.splitlines()[1].split()[:4] == ["shop", "2", "2", "Ready"]
    services = await wharfinger(world, "stack", "services", "stack/shop")
    assert [line.split()[1:4] for line in services.out.splitlines()[1:]] == [
        ["shop_db", "replicated", "0/1"],
        ["shop_web", "replicated", "1/1"],
    ]
    quiet = await wharfinger(world, "stack", "services", "-q", "--filter", "name=shop_w", "shop")
    assert quiet.out == "web\n"
    data = json.loads((await wharfinger(world, "stack", "services", "shop", "-o", "json")).out)
    assert data["services"][1]["ports"] == ["*:80->8080/tcp"]


async def test_waiting_ends_when_the_stack_is_ready(world: World, project: Path) -> None:
    await deploy(world, project)
    async with going_on(world, "wait", "stack/shop", "--timeout", "60s") as waiting:
        await waiting.says("shop: Unseen")
        await told(world, service("web"))
        assert await waiting.ends() == 0
        assert "stack.wharfinger.dev/shop ready" in waiting.text


@pytest.mark.parametrize(
    ("verb", "said"),
    [(["services"], "not found"), (["ps"], "not found"), (["logs"], "not found")],
    ids=["services", "ps", "logs"],
)
async def test_a_stack_that_is_not_there_is_said(world: World, verb: list[str], said: str) -> None:
    done = await wharfinger(world, "stack", *verb, "nothing")
    assert (done.code, done.out) == (1, "")
    assert said in done.err
    assert done.err.count("\n") == 1


async def test_removing_takes_volumes_only_when_told(world: World, project: Path) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    await deploy(world, project)
    for name in ("data", "other"):
        await world.create(PERSISTENT_VOLUME_CLAIM, name, spec=spec)
    await world.patch(PERSISTENT_VOLUME_CLAIM, "data", {"metadata": {"labels": {STACK_LABEL: "shop"}}})
    done = await wharfinger(world, "stack", "rm", "shop", "nothing")
    assert (done.code, done.out) == (0, "stack.wharfinger.dev/shop removed\n")
    assert "Nothing found in stack: nothing" in done.err
    assert await world.get(PERSISTENT_VOLUME_CLAIM, "data") is not None
    done = await wharfinger(world, "stack", "rm", "--volumes", "shop")
    assert (done.code, done.out) == (0, "persistentvolumeclaim/data removed\n")
    await world.gone(PERSISTENT_VOLUME_CLAIM, "data", timeout=60)
    assert await world.get(PERSISTENT_VOLUME_CLAIM, "other") is not None


async def test_a_stack_is_a_document_that_apply_takes(world: World, project: Path, tmp_path: Path) -> None:
    stack = {
        "apiVersion": STACK.api_version,
        "kind": STACK.kind,
        "metadata": {"name": "shop"},
        "spec": {"compose": COMPOSE},
    }
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(stack))
    assert (await wharfinger(world, "apply", str(path))).out == "stack.wharfinger.dev/shop created\n"
    path.write_text(json.dumps({**stack, "spec": {"compse": COMPOSE}}))
    done = await wharfinger(world, "apply", str(path))
    assert done.code == 2
    assert "compse" in done.err
    assert await world.list(CONTAINER_WORKLOAD) == []
