"""Wait until the cluster is as expected, by watching it: the answer comes with the event that makes it so."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from time import monotonic
from typing import Any

from wharfinger.api.resource import Resource
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import ApiError

Object = dict[str, Any]
Objects = dict[str, Object]
"""What is there of one resource in one namespace, by name."""

RETRY = 0.5
"""Seconds between two attempts while the API server does not answer."""


class NotSeenError(Exception):
    """What was waited for did not come in time; the message says what was there instead."""


async def until(
    client: KubeClient,
    resource: Resource,
    namespace: str,
    expected: Callable[[Objects], bool],
    *,
    deadline: float,
    label_selector: str = "",
    tell: Callable[[Objects], str] = lambda objects: ", ".join(objects) or "nothing",
    on_change: Callable[[Objects], None] = lambda _: None,
) -> float:
    """Watch ``resource`` until ``expected`` holds; the answer is how many seconds that took.

    ``on_change`` sees every state on the way. Raises NotSeenError after ``deadline`` seconds, with what ``tell`` makes
    of the last state.
    """
    started = monotonic()
    last: Objects = {}
    try:
        async with asyncio.timeout(deadline), aclosing(states(client, resource, namespace, label_selector)) as seen:
            async for last in seen:
                on_change(last)
                if expected(last):
                    break
    except TimeoutError as error:
        raise NotSeenError(f"not so after {deadline:.0f} s: {tell(last)}") from error
    return monotonic() - started


async def states(
    client: KubeClient, resource: Resource, namespace: str, label_selector: str = ""
) -> AsyncGenerator[Objects, None]:
    """What is there now, and again with each change, for ever. A watch that ends or fails is begun anew."""
    while True:
        try:
            objects, version = await _list(client, resource, namespace, label_selector)
            yield objects
            async for batch in client.watch(
                resource, namespace, resource_version=version, label_selector=label_selector, timeout_seconds=300
            ):
                for event in batch:
                    _take(event, objects)
                yield objects
        except ApiError:
            await asyncio.sleep(RETRY)


async def _list(client: KubeClient, resource: Resource, namespace: str, label_selector: str) -> tuple[Objects, str]:
    objects: Objects = {}
    version = ""
    async for page in client.pages(resource, namespace, label_selector=label_selector):
        objects.update({item["metadata"]["name"]: item for item in page.items})
        version = page.resource_version
    return objects, version


def _take(event: Object, objects: Objects) -> None:
    """Bring one watch event into ``objects``; a bookmark changes nothing."""
    kind, obj = event["type"], event["object"]
    if kind in ("ADDED", "MODIFIED"):
        objects[obj["metadata"]["name"]] = obj
    elif kind == "DELETED":
        objects.pop(obj["metadata"]["name"], None)
