"""The API server goes away and comes back; the CRD is not there, comes late, goes, changes: the operator goes on.

On a cluster of its own, without nodes: workloads of no replicas are Ready without pods.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from tests.support.clusters import session_cluster
from tests.support.namespaces import new_world
from tests.support.operators import mortal, running
from tests.support.waiting import eventually
from tests.support.workloads import HTTP, V1, V2, image_of
from tests.support.world import World

from wharfinger.api.builtin import CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT, SERVICE
from wharfinger.api.customresource import definition
from wharfinger.api.kinds import CONTAINER_WORKLOAD, KINDS
from wharfinger.api.resource import Object
from wharfinger.cluster import Cluster, NodeKind
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection
from wharfinger.engine.errors import Invalid
from wharfinger.engine.operator import Operator

API_SERVER = "kube-apiserver"
CRD = str(CONTAINER_WORKLOAD)
SPEC: Object = {"image": V1, "replicas": 0, "ports": [HTTP]}


@pytest.fixture(scope="module")
def bare(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A cluster to break: no nodes, no CRDs."""
    with session_cluster(request, NodeKind.NONE) as cluster:
        yield cluster


@asynccontextmanager
async def world_of(cluster: Cluster) -> AsyncIterator[World]:
    """A namespace of that cluster."""
    connection = Connection.from_kubeconfig(cluster.kubeconfig)
    async with KubeClient(connection) as client, new_world(client, cluster.kubeconfig) as world:
        yield world


async def install(world: World) -> None:
    """Apply the CRD, as an installation or an upgrade does."""
    for kind in KINDS:
        await world.client.apply(CUSTOM_RESOURCE_DEFINITION, definition(kind), manager="kubectl")
    await eventually(lambda: _served(world), what="the API server serves ContainerWorkloads")


async def remove(world: World) -> None:
    """Delete the CRD, and with it every resource."""
    if await world.client.list(CUSTOM_RESOURCE_DEFINITION, field_selector=f"metadata.name={CRD}"):
        await world.client.delete(CUSTOM_RESOURCE_DEFINITION, ("", CRD))
    await eventually(lambda: _gone(world), what="the CRD goes")


async def _served(world: World) -> bool:
    return CONTAINER_WORKLOAD.plural in await world.client.discover(CONTAINER_WORKLOAD.group, "v1alpha1")


async def _gone(world: World) -> bool:
    return not await world.client.list(CUSTOM_RESOURCE_DEFINITION, field_selector=f"metadata.name={CRD}")


async def works(world: World, name: str, operator: Operator) -> Object:
    """The operator sees, writes and reports. Returns the Deployment."""
    await world.workload(name, **SPEC)
    await world.ready(name, timeout=60)
    await world.workload(name, **{**SPEC, "image": V2})
    await world.until(DEPLOYMENT, name, lambda live: image_of(live, name) == V2)
    await world.delete(SERVICE, name)
    await world.until(SERVICE, name, bool)
    await world.ready(name)
    assert not operator.alive(), operator.alive()
    return await world.until(DEPLOYMENT, name, bool)


async def test_the_api_server_restarts(bare: Cluster) -> None:
    async with world_of(bare) as world:
        await install(world)
        async with running(bare.kubeconfig, namespaces=(world.namespace,)) as operator:
            before = await works(world, "web", operator)
            await asyncio.to_thread(bare.restart, API_SERVER, grace=0)
            after = await works(world, "web", operator)
    assert after["metadata"]["uid"] == before["metadata"]["uid"], "an outage is no reason to make anything again"


async def test_the_api_server_is_away_while_the_operator_starts(bare: Cluster) -> None:
    async with world_of(bare) as world:
        await install(world)
        await asyncio.to_thread(bare.stop, API_SERVER, grace=0)
        connection = Connection.from_kubeconfig(bare.kubeconfig)
        async with mortal(connection, namespaces=(world.namespace,)) as operator:
            with pytest.raises(TimeoutError):
                await operator.wait_synced(timeout=2)
            assert CRD in operator.ready()
            await asyncio.to_thread(bare.start, API_SERVER)
            await operator.wait_synced(timeout=60)
            assert not operator.ready()
            await works(world, "web", operator)


async def test_the_api_server_hangs_for_a_while(bare: Cluster) -> None:
    async with world_of(bare) as world:
        await install(world)
        async with running(bare.kubeconfig, namespaces=(world.namespace,)) as operator:
            await works(world, "web", operator)
            await asyncio.to_thread(bare.pause, API_SERVER)
            try:
                await asyncio.sleep(3)  # the outage itself, not a wait for anything
            finally:
                await asyncio.to_thread(bare.resume, API_SERVER)
            await works(world, "web", operator)


async def test_the_crd_comes_after_the_operator(bare: Cluster) -> None:
    async with world_of(bare) as world:
        await remove(world)
        async with mortal(Connection.from_kubeconfig(bare.kubeconfig), namespaces=(world.namespace,)) as operator:
            await eventually(lambda: _only_missing(operator), what="everything else is read")
            await install(world)
            await operator.wait_synced(timeout=60)
            await works(world, "web", operator)


async def _only_missing(operator: Operator) -> bool:
    """Nothing is known of the resource, and everything else is read."""
    return operator.stores.absent(CONTAINER_WORKLOAD) and operator.unsynced() in ([], [CRD])


async def test_the_crd_goes_and_comes_back(bare: Cluster) -> None:
    """What its resources owned is the garbage collector's, which may take its time: hence another name afterwards."""
    async with world_of(bare) as world:
        await install(world)
        async with running(bare.kubeconfig, namespaces=(world.namespace,)) as operator:
            await works(world, "web", operator)
            await remove(world)
            await eventually(lambda: _only_missing(operator), what="the operator notices")
            await install(world)
            await works(world, "again", operator)


async def test_the_crd_is_upgraded(bare: Cluster) -> None:
    """Another schema ends the watches and changes what the API server returns."""
    async with world_of(bare) as world:
        await install(world)
        async with running(bare.kubeconfig, namespaces=(world.namespace,)) as operator:
            before = await works(world, "web", operator)
            column = {"name": "Image-Too", "type": "string", "jsonPath": ".spec.image"}
            field = {"type": "string", "description": "New in the next version."}
            await world.client.patch(
                CUSTOM_RESOURCE_DEFINITION,
                ("", CRD),
                [
                    {"op": "add", "path": "/spec/versions/0/additionalPrinterColumns/-", "value": column},
                    {"op": "add", "path": "/spec/versions/0/schema/openAPIV3Schema/properties/added", "value": field},
                ],
            )
            await eventually(lambda: _accepts_new_field(world), what="the new schema is served")
            after = await works(world, "web", operator)
            await install(world)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]


async def _accepts_new_field(world: World) -> bool:
    try:
        await world.patch(CONTAINER_WORKLOAD, "web", {"added": "yes"})
    except Invalid:
        return False
    found = await world.get(CONTAINER_WORKLOAD, "web")
    return found is not None and found.get("added") == "yes"
