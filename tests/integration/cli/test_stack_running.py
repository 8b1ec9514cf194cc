"""``wharfinger stack`` with an operator: a project goes up, is listed, and goes with all that it made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.commands import wharfinger
from tests.support.composing import program
from tests.support.operators import running
from tests.support.world import World

from wharfinger.api.builtin import POD, SECRET
from wharfinger.api.kinds import CONTAINER_WORKLOAD

pytestmark = pytest.mark.integration

COMPOSE = """\
services:
  web: {image: "registry.example.com/web:1", restart: always, secrets: [db]}
  agent: {image: "registry.example.com/agent:1", deploy: {restart_policy: {condition: any}}}
secrets: {db: {file: ./db.txt}}
"""


async def test_a_project_goes_up_is_listed_and_goes(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHARFINGER_COMPOSE_PROGRAM", str(program()))
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    (tmp_path / "db.txt").write_text("hunter2")
    async with running(world.kubeconfig, namespaces=(world.namespace,)):
        file = str(tmp_path / "compose.yaml")
        done = await wharfinger(world, "stack", "deploy", "-c", file, "--detach=false", "--timeout", "80s", "shop")
        assert done.code == 0, done.err
        listed = await wharfinger(world, "stack", "ls")
        assert listed.out.splitlines()[1].split()[:4] == ["shop", "2", "2", "Ready"]
        services = await wharfinger(world, "stack", "services", "-q", "shop")
        assert services.out == "agent\nweb\n"
        tasks = await wharfinger(world, "stack", "ps", "shop", "--filter", "desired-state=running")
        assert [line.split()[1].split(".")[0] for line in tasks.out.splitlines()[1:]] == ["shop_agent", "shop_web"]
        await _told_of(world)
        gone = await wharfinger(world, "stack", "rm", "shop", "--timeout", "80s")
        assert (gone.code, gone.out) == (0, "stack.wharfinger.dev/shop removed\n"), gone.err
        assert await world.list(CONTAINER_WORKLOAD) == []
        assert await world.list(POD) == []
        assert await world.list(SECRET) == []


async def _told_of(world: World) -> None:
    """By the verbs that tell of workloads, too."""
    status = await wharfinger(world, "status", "stack/shop")
    assert status.code == 0, status.err
    assert f"{world.namespace}/shop  stack  Ready  2/2" in status.out
    assert "registry.example.com/agent:1" in status.out
    data = json.loads((await wharfinger(world, "status", "stack/shop", "-o", "json")).out)
    assert [each["name"] for each in data["stacks"][0]["status"]["services"]] == ["agent", "web"]
    mixed = await wharfinger(world, "status", "stack/shop", "web")
    assert (mixed.code, mixed.out) == (2, "")
    assert "not both" in mixed.err
    missing = await wharfinger(world, "status", "stack/nowhere")
    assert missing.code == 1
    events = await wharfinger(world, "events", "stack/shop", "-o", "json")
    assert events.code == 0, events.err
    about = {each["about"] for each in json.loads(events.out)["events"]}
    assert {"ContainerWorkload/agent", "ContainerWorkload/web"} <= about
