"""`kubectl apply -f manifests/samples` brings every sample to Ready, and `kubectl wait` sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from tests.support.operators import running
from tests.support.world import World, is_true

from wharfinger.api.kinds import CONTAINER_WORKLOAD, STACK
from wharfinger.api.resource import Resource
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
    wanted = [(resource, name) for resource in (CONTAINER_WORKLOAD, STACK) for name in samples_of(resource)]
    await asyncio.gather(*(world.until(resource, name, is_true("Ready"), timeout=180) for resource, name in wanted))
    there = await world.list(CONTAINER_WORKLOAD) + await world.list(STACK)
    waited = await world.kubectl("wait", "--for=condition=Ready", "cw,stacks", "--all", "--timeout=30s")
    assert waited.count("condition met") == len(there) > len(wanted)


def samples_of(resource: Resource) -> list[str]:
    """Names of the samples of a kind."""
    documents = [each for path in sorted(SAMPLES.glob("*.yaml")) for each in yaml.safe_load_all(path.read_text())]
    return [each["metadata"]["name"] for each in documents if each["kind"] == resource.kind]
