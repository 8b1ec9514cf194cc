"""The operator dies right after its k-th write, for every k of a policy's life, and another one goes on.

Effect and memory of a node are one write, and the finalizer comes before it: so the node ends as it was, whenever
somebody dies in between, and no pod is evicted twice.
"""

from __future__ import annotations

import asyncio

import pytest
from tests.faults.call import Call
from tests.faults.faults import DieAfter
from tests.faults.proxy import FaultProxy
from tests.integration.nodepolicy.scene import Scene, cordoned
from tests.support.operators import mortal, running

from wharfinger.engine.connection import Connection

pytestmark = pytest.mark.integration

_MOST = 20
"""Writes that one life does not come near: more mean a hot loop."""


def decides(call: Call) -> bool:
    """A write of a NodePolicy's reconciler."""
    return call.write and call.resource in ("nodes", "nodepolicies", "pods")


@pytest.mark.timeout(420)
async def test_death_after_each_write_changes_nothing_in_the_end(scene: Scene) -> None:
    node = await scene.join(pool="old")
    await scene.deployment("web", replicas=1)
    before = await _seen(scene, node)
    for k in range(1, _MOST):
        died, evicted = await _life(scene, f"drain-{k}", node, dies_after=k)
        assert await _seen(scene, node) == before, f"after death at write {k}"
        assert evicted == 1, f"evictions with death at write {k}"
        if not died:
            assert k > 5, "there were hardly any writes: this test has shown nothing"
            return
        await scene.running("web", 1)
    pytest.fail(f"more than {_MOST} writes")


async def _life(scene: Scene, name: str, node: str, *, dies_after: int) -> tuple[bool, int]:
    """Whether the first operator died, and how many evictions were granted to both."""
    async with FaultProxy(Connection.from_kubeconfig(scene.world.kubeconfig)) as proxy:
        async with mortal(proxy.connection, node_policies=True) as operator:
            death = DieAfter(dies_after, operator.kill)
            proxy.inject(death, decides, times=None)
            await operator.wait_synced()
            life = asyncio.create_task(_story(scene, name, node))
            dead = asyncio.create_task(death.dead.wait())
            await asyncio.wait({life, dead}, return_when=asyncio.FIRST_COMPLETED)
            dead.cancel()
        if not life.done():
            proxy.heal()
            async with running(scene.world.kubeconfig, connection=proxy.connection, node_policies=True):
                await life
        await life
        granted = [each for each in proxy.exchanges if each.call.subresource == "eviction" and each.code == 201]
        return death.dead.is_set(), len(granted)


async def _story(scene: Scene, name: str, node: str) -> None:
    """A policy is made, done, and deleted."""
    await scene.policy(name, nodes=[node], availability="drain", labels={"pool": "new", "rack": "r1"})
    await scene.ready(name)
    assert cordoned(await scene.node(node))
    await scene.delete(name)


async def _seen(scene: Scene, node: str) -> tuple[object, ...]:
    """What people see of the node, once the scheduler may use it."""
    found = await scene.node(node, lambda each: not each["spec"].get("taints"))
    metadata = found["metadata"]
    return metadata.get("labels"), metadata.get("annotations") or {}, cordoned(found)
