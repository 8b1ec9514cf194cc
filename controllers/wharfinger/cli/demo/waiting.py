"""Wait until the cluster is as expected, by watching it: the answer comes with the event that makes it so."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from time import monotonic
from typing import Any

from wharfinger.api.resource import Resource
from wharfinger.cli.watching import RETRY, Scope, states
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import ApiError

Object = dict[str, Any]
Objects = dict[str, Object]
"""What is there of one resource in one namespace, by name."""


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
    scope = Scope(resource=resource, namespace=namespace, label_selector=label_selector)
    try:
        async with asyncio.timeout(deadline), aclosing(_seen(client, scope)) as seen:
            async for last in seen:
                on_change(last)
                if expected(last):
                    break
    except TimeoutError as error:
        raise NotSeenError(f"not so after {deadline:.0f} s: {tell(last)}") from error
    return monotonic() - started


async def _seen(client: KubeClient, scope: Scope) -> AsyncGenerator[Objects, None]:
    """As `states`, but whatever goes wrong is tried again: the kind may have been made a moment ago."""
    while True:
        try:
            async with aclosing(states(client, scope)) as seen:
                async for objects in seen:
                    yield {name: obj for (_, name), obj in objects.items()}
        except ApiError:
            await asyncio.sleep(RETRY)
