"""`kubectl apply -f manifests/samples` brings every sample to Ready, and `kubectl wait` sees it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.support.world import World

from wharfinger.api.kinds import CONTAINER_WORKLOAD

SAMPLES = Path(__file__).parents[2] / "manifests" / "samples"

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operator")]


async def test_every_sample_becomes_ready(world: World) -> None:
    await world.kubectl("apply", "-f", str(SAMPLES))
    names = {each["metadata"]["name"] for each in await world.list(CONTAINER_WORKLOAD)}
    assert len(names) >= len(list(SAMPLES.glob("*.yaml")))
    await asyncio.gather(*(world.ready(name, timeout=180) for name in names))
    waited = await world.kubectl("wait", "--for=condition=Ready", "cw", "--all", "--timeout=30s")
    assert waited.count("condition met") == len(names)
