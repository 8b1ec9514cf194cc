"""`kubectl apply -f manifests/samples` brings every sample to Ready, and `kubectl wait` sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.operators import running
from tests.support.world import World

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.engine.operator import Operator

SAMPLES = Path(__file__).parents[2] / "manifests" / "samples"

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("cluster_operator")]


@pytest.fixture
async def cluster_operator(world: World) -> AsyncIterator[Operator]:
    """One that watches nodes: a global service needs them."""
    async with running(world.kubeconfig, namespaces=(world.namespace,), watch_nodes=True) as started:
        yield started


async def test_every_sample_becomes_ready(world: World) -> None:
    await world.kubectl("apply", "-f", str(SAMPLES))
    names = {each["metadata"]["name"] for each in await world.list(CONTAINER_WORKLOAD)}
    assert len(names) >= len(list(SAMPLES.glob("*.yaml")))
    await asyncio.gather(*(world.ready(name, timeout=180) for name in names))
    waited = await world.kubectl("wait", "--for=condition=Ready", "cw", "--all", "--timeout=30s")
    assert waited.count("condition met") == len(names)
