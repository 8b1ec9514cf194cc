"""Further namespaces, for tests that do the same thing many times over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.waiting import eventually
from tests.support.world import World
from wharfinger.api.builtin import NAMESPACE, SERVICE_ACCOUNT
from wharfinger.engine.client import KubeClient


@asynccontextmanager
async def new_world(client: KubeClient, kubeconfig: Path) -> AsyncIterator[World]:
    """A new namespace in which pods can be made; deleted afterwards, without waiting."""
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "test-"}}
    made = await client.create(NAMESPACE, body)
    world = World(client=client, namespace=made["metadata"]["name"], kubeconfig=kubeconfig)
    await eventually(lambda: world.get(SERVICE_ACCOUNT, "default"), what="the default service account")
    try:
        yield world
    finally:
        await client.delete(NAMESPACE, ("", world.namespace))
