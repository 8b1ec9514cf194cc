"""``wharfinger diff`` of Stacks: what an edit of the documents does to what the Stack has made. Nothing is changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from tests.integration.cli.test_diff_command import changed, objects
from tests.support.commands import Done, wharfinger, written
from tests.support.composing import program
from tests.support.operators import running
from tests.support.workloads import V1, V2
from tests.support.world import World, is_true

from wharfinger.api import API_VERSION
from wharfinger.api.builtin import SECRET
from wharfinger.api.kinds import CONTAINER_WORKLOAD, STACK
from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

COMPOSE = f"""\
services:
  web:
    image: {V1}
    restart: always
    ports: ["80:8080"]
    configs: [{{source: site, target: /etc/site.conf}}]
  old:
    image: {V1}
    restart: always
configs: {{site: {{content: listen 80}}}}
"""


@pytest.fixture(autouse=True)
def _program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHARFINGER_COMPOSE_PROGRAM", str(program()))


@pytest.fixture
async def keeper(world: World) -> AsyncIterator[Operator]:
    """An operator of that namespace that may make and read Secrets."""
    async with running(world.kubeconfig, namespaces=(world.namespace,), stack_secrets=True) as started:
        yield started


def stack(compose: str, **spec: Any) -> Object:
    return {
        "apiVersion": API_VERSION,
        "kind": STACK.kind,
        "metadata": {"name": "shop"},
        "spec": {"compose": dedent(compose), **spec},
    }


async def made(world: World, directory: Path, obj: Object) -> None:
    """Apply the Stack, and wait until all of it runs."""
    done = await wharfinger(world, "apply", written(directory, obj))
    assert done.code == 0, done.err
    await world.until(STACK, "shop", is_true("Ready"), timeout=90)


async def diff(world: World, directory: Path, obj: Object, *more: str) -> Done:
    return await wharfinger(world, "diff", written(directory, obj), *more)


async def test_a_new_stack_differs_in_whole(world: World, tmp_path: Path) -> None:
    done = await diff(world, tmp_path, stack(COMPOSE))
    assert done.code == 1, done.err
    found = objects(done.out)
    assert found[0] == "stack.wharfinger.dev/shop"
    assert {"containerworkload.wharfinger.dev/web", "Deployment/web", "containerworkload.wharfinger.dev/old"} <= {
        *found
    }
    assert any(each.startswith("ConfigMap/") for each in found)
    assert f"+ image: {V1}" in changed(done.out)
    assert await world.list(STACK) == await world.list(CONTAINER_WORKLOAD) == []


async def test_what_is_applied_and_runs_does_not_differ(world: World, keeper: Operator, tmp_path: Path) -> None:
    await made(world, tmp_path, stack(COMPOSE))
    done = await diff(world, tmp_path, stack(COMPOSE))
    assert (done.code, done.out) == (0, "")
    assert "error" not in done.err


async def test_an_edit_is_shown_down_to_the_objects(world: World, keeper: Operator, tmp_path: Path) -> None:
    """A change, a field that goes, a service that goes, and one that comes; and again once the first is applied."""
    await made(world, tmp_path, stack(COMPOSE))
    before = {obj["metadata"]["uid"]: obj for obj in await world.list(CONTAINER_WORKLOAD)}
    edited = COMPOSE.replace(f"web:\n    image: {V1}", f"web:\n    image: {V2}").replace("  old:", "  fresh:")
    edited = edited.replace('    ports: ["80:8080"]\n', "")
    done = await diff(world, tmp_path, stack(edited))
    assert done.code == 1, done.err
    assert {f"- image: {V1}", f"+ image: {V2}"} <= changed(done.out)
    assert "- containerPort: 8080" in changed(done.out)
    prefix = f"live/{world.namespace}"
    assert f"--- {prefix}/ContainerWorkload/old\n+++ /dev/null" in done.out
    assert f"+++ applied/{world.namespace}/Deployment/fresh" in done.out
    assert "web: pods are replaced: revision 1 runs, 2 will\n" in done.err
    assert "wharfinger.dev/applied" not in done.out
    assert {obj["metadata"]["uid"]: obj for obj in await world.list(CONTAINER_WORKLOAD)} == before
    await made(world, tmp_path, stack(edited))
    await world.gone(CONTAINER_WORKLOAD, "old", timeout=60)
    again = await diff(world, tmp_path, stack(edited))
    assert (again.code, again.out) == (0, "")
    back = await diff(world, tmp_path, stack(COMPOSE, prune=False))
    assert {f"- image: {V2}", f"+ image: {V1}", "+ - containerPort: 8080"} & changed(back.out)
    assert "/ContainerWorkload/fresh\n+++ /dev/null" not in back.out


async def test_secrets_are_not_shown(world: World, keeper: Operator, tmp_path: Path) -> None:
    """Neither those that the documents make, nor what they take from one."""
    await world.create(SECRET, "words", stringData={"WORD": "hunter2", "db.txt": "letmein"})
    compose = """\
        services:
          web:
            image: IMAGE
            restart: always
            environment: {WORD: "$WORD", ROUND: "1"}
            secrets: [db]
        secrets: {db: {file: db.txt}}
        """.replace("IMAGE", V1)
    spec = {
        "envFrom": [{"secretRef": {"name": "words"}}],
        "files": [{"secret": {"name": "words", "items": [{"key": "db.txt", "path": "db.txt"}]}}],
    }
    await made(world, tmp_path, stack(compose, **spec))
    await world.patch(SECRET, "words", {"stringData": {"WORD": "hunter3", "db.txt": "opensesame"}})
    # The operator follows the Secret by itself: a Stack that differs otherwise as well shows what is kept back.
    for output in ("table", "wide", "yaml"):
        done = await diff(world, tmp_path, stack(compose.replace('"1"', '"2"'), **spec), "-o", output)
        assert done.code == 1, done.err
        assert "ROUND" in done.out
        for word in ("hunter3", "letmein", "opensesame", "b3BlbnNlc2FtZQ", "bGV0bWVpbg"):
            assert word not in done.out + done.err


async def test_what_is_wrong_is_2_with_its_place(world: World, tmp_path: Path) -> None:
    done = await diff(world, tmp_path, stack(COMPOSE.replace("restart: always", "working_dir: www", 1)))
    assert (done.code, done.out) == (2, "")
    assert "error: " in done.err
    assert "compose.yaml:4:5" in done.err
    missing = await diff(world, tmp_path, stack(COMPOSE, envFrom=[{"configMapRef": {"name": "nowhere"}}]))
    assert missing.code == 2
    assert "there is no ConfigMap nowhere" in missing.err


async def test_what_is_somebody_elses_stays(world: World, tmp_path: Path) -> None:
    await world.workload("web", image=V1)
    done = await diff(world, tmp_path, stack(COMPOSE))
    assert done.code == 1
    assert f"ContainerWorkload {world.namespace}/web exists and was not made by Wharfinger" in done.err
    assert "containerworkload.wharfinger.dev/web" not in objects(done.out)
