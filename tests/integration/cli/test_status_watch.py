"""``wharfinger status --watch``: a line a change in a pipe, redrawn in place on a terminal."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.support.commands import going_on, wharfinger
from tests.support.workloads import V1
from tests.support.world import World

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration


async def test_a_list_in_a_pipe_has_a_line_for_each_change(world: World, operator: Operator) -> None:
    async with going_on(world, "status", "--watch") as watching:
        await world.workload("web", image=V1)
        await watching.says(f"{world.namespace}/web  Ready  1/1  AllReplicasReady")
        await world.workload("web", image=V1, replicas=2)
        await watching.says(f"{world.namespace}/web  Ready  2/2")
        await world.delete(CONTAINER_WORKLOAD, "web")
        await watching.says(f"{world.namespace}/web  gone")
        assert await watching.interrupted() == 130
    assert "\x1b" not in watching.text
    assert "Traceback" not in watching.text


async def test_one_workload_is_told_with_its_objects_and_pods(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1)
    await world.ready("web", timeout=60)
    async with going_on(world, "status", "web", "--watch") as watching:
        await watching.says("Deployment/web  1/1 ready")
        await watching.says(f"{world.namespace}/web Pod/web-", "Running 1/1")
        await world.workload("web", image=V1, replicas=2)
        await watching.says("Deployment/web  2/2 ready")
        await watching.interrupted()


async def test_it_ends_with_the_time_given_and_says_by_its_code_how_it_was(world: World) -> None:
    assert (await wharfinger(world, "status", "--watch", "--timeout=1s")).code == 0
    await world.workload("web", image=V1)
    done = await wharfinger(world, "status", "web", "--watch", "--timeout=1s")
    assert done.code == 1
    assert "Unseen" in done.out


async def test_what_cannot_be_watched_is_one_line(world: World) -> None:
    absent = await wharfinger(world, "status", "absent", "--watch")
    assert (absent.code, absent.err) == (1, "wharfinger: not found: absent\n")
    data = await wharfinger(world, "status", "--watch", "-o", "json")
    assert (data.code, data.err) == (2, "wharfinger: --watch and -o json do not go together\n")


@asynccontextmanager
async def on_a_terminal(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, asyncio.StreamReader]]:
    """A command on a terminal of its own, and what it draws there."""
    outer, inner = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200", "LINES": "60"}
    environment.pop("NO_COLOR", None)
    command = (sys.executable, "-m", "wharfinger", *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdin=inner, stdout=inner, stderr=inner, env=environment)
    os.close(inner)
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(outer, "rb", buffering=0)
    )
    try:
        yield process, reader
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        transport.close()


async def drawn(reader: asyncio.StreamReader, *words: str) -> str:
    """What was drawn until all words were there."""
    text = ""
    async with asyncio.timeout(60):
        while not all(word in text for word in words):
            text += (await reader.read(4096)).decode(errors="replace")
    return text


async def test_a_terminal_shows_the_tree_in_colour_and_redraws_it(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1)
    await world.ready("web", timeout=60)
    where = ("--kubeconfig", str(world.kubeconfig), "-n", world.namespace)
    async with on_a_terminal("status", "web", "--watch", *where) as (process, reader):
        first = await drawn(reader, "objects", "Deployment/web", "pods", "Running")
        assert "\x1b[32mReady\x1b[0m" in first
        await world.workload("web", image=V1, replicas=2)
        again = await drawn(reader, "2/2 ready", "2 of 2 replicas ready")
        assert "\x1b[1A" in again  # the cursor goes up: it is drawn over what was there
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 60) == 130
