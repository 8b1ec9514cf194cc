"""Read from the API server what an import is about."""

from __future__ import annotations

import asyncio

from wharfinger.api import builtin
from wharfinger.api.resource import Object, Resource
from wharfinger.cli.importing.source import Source, assemble
from wharfinger.engine.client import KubeClient


async def gather(client: KubeClient, resource: Resource, namespace: str, name: str) -> Source:
    """The object and what is around it. Raises `NotFound`."""
    runner, services, autoscalers, budgets, pods = await asyncio.gather(
        client.get(resource, namespace, name),
        _list(client, builtin.SERVICE, namespace),
        _list(client, builtin.HORIZONTAL_POD_AUTOSCALER, namespace),
        _list(client, builtin.POD_DISRUPTION_BUDGET, namespace),
        _list(client, builtin.POD, namespace),
    )
    return assemble(runner, services=services, autoscalers=autoscalers, budgets=budgets, pods=pods)


async def _list(client: KubeClient, resource: Resource, namespace: str) -> list[Object]:
    """All of them, with the kind that the items of a list leave out."""
    found = await client.list(resource, namespace)
    return [{"apiVersion": resource.api_version, "kind": resource.kind} | obj for obj in found]
