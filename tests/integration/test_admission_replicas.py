"""``wharfinger run --admission``: every replica answers, leader or not, and an operator ends as it did without it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from tests.support.admission import GOOD, HOST, MISSPELT, MISSPELT_SAID, Webhook, certify, free_port
from tests.support.waiting import eventually
from tests.support.world import World

from wharfinger.cluster.layout import free_ports

pytestmark = pytest.mark.integration


@asynccontextmanager
async def replica(webhook: Webhook, mode: str, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of its own, its webhook up. Several may share the port: the kernel spreads connections over them."""
    world, metrics = webhook.world, free_ports(["metrics"], host=HOST)["metrics"]
    command = [sys.executable, "-m", "wharfinger", "run", "--kubeconfig", str(world.kubeconfig)]
    command += ["--namespace", world.namespace, "--lease-namespace", world.namespace]
    command += ["--metrics-host", HOST, "--metrics-port", str(metrics), "--admission", mode]
    command += ["--admission-certificates", str(webhook.certificates)]
    command += ["--admission-host", HOST, "--admission-port", str(webhook.port)]
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*command, stdout=output, stderr=output)
    try:
        await eventually(lambda: _serves(log), timeout=120, what="an operator that serves")
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), 60)


async def _serves(log: Path) -> bool:
    return "admission webhook at https://" in await asyncio.to_thread(log.read_text)


@pytest.fixture
async def webhook(world: World, tmp_path: Path) -> Webhook:
    certify(tmp_path / "certificates")
    return Webhook(world, free_port(), tmp_path / "certificates")


async def test_replicas_answer_with_one_certificate_and_one_may_die(webhook: Webhook, tmp_path: Path) -> None:
    world = webhook.world
    async with (
        replica(webhook, "warn", tmp_path / "first.log") as first,
        replica(webhook, "warn", tmp_path / "second.log"),
        webhook.configured(),
    ):
        await world.workload("web", **GOOD)
        await world.ready("web")
        first.send_signal(signal.SIGKILL)  # the leader: the other has no Lease yet, and answers all the same
        await first.wait()

        async def warned() -> bool:
            return (await webhook.apply(MISSPELT, "--dry-run=server", name="other")).warnings == [MISSPELT_SAID]

        await eventually(warned, timeout=60, what="the warning by the replica that is left")


async def test_an_operator_ends_cleanly_while_somebody_is_connected(webhook: Webhook, tmp_path: Path) -> None:
    async with replica(webhook, "enforce", tmp_path / "operator.log") as process:
        status, _ = await webhook.post({})
        assert status == 400
        _, writer = await asyncio.open_connection(HOST, webhook.port)  # says nothing
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 60) == 0
        writer.close()
        with pytest.raises(aiohttp.ClientError):
            await webhook.post({})
