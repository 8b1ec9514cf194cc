"""Follow what is in a cluster: the state of resources, again with each change, by watching and never by polling."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from wharfinger.api.resource import Key, Resource, key_of
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import ApiError, Forbidden, NotFound

Object = dict[str, Any]
Objects = dict[Key, Object]
"""What is there of one resource, by namespace and name."""

RETRY = 0.5
"""Seconds between two attempts while the API server does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A resource, and which objects of it."""

    resource: Resource
    namespace: str | None
    """None for all."""
    label_selector: str = ""
    field_selector: str = ""


async def states(client: KubeClient, scope: Scope) -> AsyncGenerator[Objects, None]:
    """What is there now, and again with each change, for ever. It is one dict, kept up to date: copy what you keep.

    A watch that ends or breaks is begun anew. Raises what the first list raises, and later what asking again would not
    mend.
    """
    begun = False
    while True:
        try:
            objects, version = await _list(client, scope)
            begun = True
            yield objects
            async with aclosing(_watch(client, scope, version)) as batches:
                async for batch in batches:
                    if _take(batch, objects):
                        yield objects
        except ApiError as error:
            if error.permanent or not begun:
                raise
            await asyncio.sleep(RETRY)


async def _list(client: KubeClient, scope: Scope) -> tuple[Objects, str]:
    objects: Objects = {}
    version = ""
    labels, fields = scope.label_selector, scope.field_selector
    async for page in client.pages(scope.resource, scope.namespace, label_selector=labels, field_selector=fields):
        objects.update({key_of(item): _typed(item, scope.resource) for item in page.items})
        version = page.resource_version
    return objects, version


async def _watch(client: KubeClient, scope: Scope, version: str) -> AsyncGenerator[list[Object], None]:
    async for batch in client.watch(
        scope.resource,
        scope.namespace,
        resource_version=version,
        label_selector=scope.label_selector,
        field_selector=scope.field_selector,
    ):
        yield batch


def _typed(item: Object, resource: Resource) -> Object:
    """The items of a list carry no kind; it is put back."""
    return {"apiVersion": resource.api_version, "kind": resource.kind, **item}


def _take(batch: Iterable[Object], objects: Objects) -> bool:
    """Bring watch events into ``objects``. False if they were bookmarks only, which change nothing."""
    changed = False
    for event in batch:
        kind, obj = event["type"], event["object"]
        if kind in ("ADDED", "MODIFIED"):
            objects[key_of(obj)] = obj
        elif kind == "DELETED":
            objects.pop(key_of(obj), None)
        changed = changed or kind != "BOOKMARK"
    return changed


@dataclass(slots=True)
class Mirror:
    """Several resources, kept up to date side by side."""

    found: dict[Resource, Objects] = field(default_factory=dict)
    unread: dict[Resource, str] = field(default_factory=dict)
    """Resources that may not be read, and why."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _failed: ApiError | None = None
    _missing: int = 0
    """How many resources have not been read yet."""

    def all(self) -> list[Object]:
        """Every object, in the order in which the resources were named."""
        return [obj for objects in self.found.values() for obj in objects.values()]

    async def changes(self, *, pause: float = 0.0, beat: float | None = None) -> AsyncGenerator[None, None]:
        """Once everything has been read, and again after each change, `pause` seconds apart at least.

        With a `beat`, after so many seconds without a change too: ages grow. Raises what makes a resource unreadable
        for good, but for a missing right or kind.
        """
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), beat)
            self._changed.clear()
            if self._failed:
                raise self._failed
            if not self._missing:
                yield
                await asyncio.sleep(pause)

    async def keep(self, client: KubeClient, scope: Scope, *, needed: bool) -> None:
        """Follow one resource. Where it is not `needed`, a kind that the cluster does not have has no objects."""
        waiting = True
        try:
            async with aclosing(states(client, scope)) as seen:
                async for objects in seen:
                    self.found[scope.resource] = objects
                    self._missing -= waiting
                    waiting = False
                    self._changed.set()
        except ApiError as error:
            if needed or not isinstance(error, (NotFound, Forbidden)):
                self._failed = error
            elif isinstance(error, Forbidden):
                self.unread[scope.resource] = f"{scope.resource}: {error.message}"
            self._missing -= waiting
            self._changed.set()


@asynccontextmanager
async def mirrored(client: KubeClient, needed: Scope, *more: Scope) -> AsyncIterator[Mirror]:
    """A mirror that ends with the block. ``needed`` must be readable; of ``more``, what may not be read is noted."""
    scopes = (needed, *more)
    mirror = Mirror(found={scope.resource: {} for scope in scopes}, _missing=len(scopes))
    tasks = [asyncio.create_task(mirror.keep(client, scope, needed=scope is needed)) for scope in scopes]
    try:
        yield mirror
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
