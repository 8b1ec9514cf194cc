"""Operators in this process, and waiting for what they do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.integration.engine.widgets import CONTROLLER
from tests.support.waiting import eventually

from wharfinger.api.resource import Object, Resource
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection
from wharfinger.engine.controller import Controller
from wharfinger.engine.errors import NotFound
from wharfinger.engine.runtime import Operator
from wharfinger.engine.settings import Settings


def when(condition: Callable[[], object]) -> Callable[[], Awaitable[bool]]:
    """A look for `eventually` and `never`."""

    async def look() -> bool:
        return bool(condition())

    return look


@asynccontextmanager
async def running(kubeconfig: Path, settings: Settings, controller: Controller = CONTROLLER) -> AsyncIterator[Operator]:
    """An operator, caches synced."""
    async with (
        KubeClient(Connection.from_kubeconfig(kubeconfig)) as own,
        Operator(own, [controller], settings) as operator,
    ):
        yield operator


async def until(
    client: KubeClient, resource: Resource, namespace: str, name: str, holds: Callable[[Object], Any]
) -> Object:
    """Wait until the object is there and as expected."""

    async def look() -> Object | None:
        try:
            found = await client.get(resource, namespace, name)
        except NotFound:
            return None
        return found if holds(found) else None

    found = await eventually(look, timeout=20, what=f"{resource.kind} {name}")
    assert found is not None
    return found
