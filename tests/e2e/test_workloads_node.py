"""The node itself dies, all its containers with it, and comes back."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.containers import ask, client, restarts, the_pod, web
from tests.support.waiting import eventually
from tests.support.world import World

from wharfinger.cluster import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operator")]


async def test_a_node_that_crashed_comes_back_with_its_containers(world: World, wharfinger_cluster: Cluster) -> None:
    await client(world)
    await world.workload("web", **web())
    await world.ready("web", timeout=60)
    before = await the_pod(world, "web")
    await asyncio.to_thread(wharfinger_cluster.stop, "node", grace=0)
    await asyncio.to_thread(wharfinger_cluster.up)

    async def started_again() -> bool:
        now = await the_pod(world, "web")
        return restarts(now, "web") > restarts(before, "web") or now["metadata"]["uid"] != before["metadata"]["uid"]

    await eventually(started_again, timeout=120, what="the container runs again")
    await world.ready("web", timeout=120)
    await world.ready("client", timeout=120)
    assert (await eventually(lambda: _answer(world), timeout=60, what="it answers again")).split()[1] == "1"


async def _answer(world: World) -> str:
    try:
        return await ask(world, "http://web/")
    except AssertionError:  # the node's rules may lag a moment behind what is Ready
        return ""
