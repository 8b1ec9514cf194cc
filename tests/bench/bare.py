"""The yardstick: requests with nothing around them (aiohttp, orjson, TLS), and watches that only count lines."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from time import perf_counter
from types import TracebackType
from typing import Self, TypeVar

import aiohttp
import orjson
from yarl import URL

from wharfinger.api.resource import Object
from wharfinger.engine.connection import Connection

IN_FLIGHT = 64
"""Requests at once: as many as the operator's default."""

Item = TypeVar("Item")

Predicate = Callable[[bytes], bytes | None]
"""From a line of a watch to the name of the object that has got there; None for any other line."""

_VERSION = re.compile(rb'"resourceVersion":"(\d+)"')
_NAME = re.compile(rb'"name":"([^"]+)"')


class BareClient:
    """One session. `send` raises for any answer but 2xx: a bench with errors measures something else."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._connection.ssl),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            auto_decompress=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def send(self, method: str, target: str, body: bytes | None = None, kind: str = "application/json") -> bytes:
        """One request; the body of its answer."""
        url = URL(self._connection.server + target, encoded=True)
        async with self._session.request(method, url, data=body, headers={"Content-Type": kind}) as response:
            answer = await response.read()
            if response.status >= 300:
                raise RuntimeError(f"{method} {target}: {response.status} {answer[:300]!r}")
            return answer

    async def get(self, target: str) -> Object:
        """GET of JSON."""
        answer: Object = orjson.loads(await self.send("GET", target))
        return answer

    async def namespace(self, name: str) -> None:
        """Make a namespace."""
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        await self.send("POST", "/api/v1/namespaces", orjson.dumps(body))

    @asynccontextmanager
    async def following(self, path: str, take: Callable[[bytes], object]) -> AsyncIterator[None]:
        """Watch a collection from now on: ``take`` gets each line."""
        version = (await self.get(f"{path}?limit=1"))["metadata"]["resourceVersion"]
        task = asyncio.create_task(self._follow(path, version, take))
        try:
            yield
        finally:
            if task.done():
                task.result()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @asynccontextmanager
    async def watching(self, path: str, reached: Predicate, count: int) -> AsyncIterator[Arrivals]:
        """The arrivals of ``count`` objects of a collection."""
        arrivals = Arrivals(count)

        def take(line: bytes) -> None:
            name = reached(line)
            if name is not None:
                arrivals.add(name)

        async with self.following(path, take):
            yield arrivals

    async def _follow(self, path: str, version: str, take: Callable[[bytes], object]) -> None:
        """Watch after watch: a busy API server ends those that cannot keep up."""
        while True:
            url = URL(f"{self._connection.server}{path}?watch=1&resourceVersion={version}&timeoutSeconds=3600")
            rest = b""
            async with self._session.get(url, read_bufsize=2**20) as response:
                async for chunk in response.content.iter_any():
                    *lines, rest = (rest + chunk).split(b"\n")
                    for line in lines:
                        take(line)
                    version = version_in(lines[-1]) if lines else version


class Arrivals:
    """Who has got there, and when the last one did."""

    def __init__(self, count: int) -> None:
        self._missing = count
        self._seen: set[bytes] = set()
        self._complete: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def add(self, name: bytes) -> None:
        """Count ``name`` once."""
        if name in self._seen:
            return
        self._seen.add(name)
        self._missing -= 1
        if self._missing == 0:
            self._complete.set_result(perf_counter())

    async def complete(self, timeout: float) -> float:
        """The moment (`perf_counter`) at which the last one arrived. Raises RuntimeError with how many are missing."""
        try:
            return await asyncio.wait_for(asyncio.shield(self._complete), timeout)
        except TimeoutError:
            raise RuntimeError(f"{self._missing} objects did not get there in {timeout:.0f} s") from None


def added(line: bytes) -> bytes | None:
    """An object that was made."""
    return name_in(line) if line.startswith(b'{"type":"ADDED"') else None


def available(line: bytes) -> bytes | None:
    """A Deployment that has the pods it wants. Typed objects have their fields in the order of their Go structs."""
    return name_in(line) if b'"type":"Available","status":"True"' in line else None


def ready(line: bytes) -> bytes | None:
    """A custom resource that is Ready. Their fields are sorted."""
    return name_in(line) if b'"status":"True","type":"Ready"' in line else None


def version_in(line: bytes) -> str:
    """The resource version of a line's object. Raises RuntimeError for an error."""
    found = _VERSION.search(line)
    if line.startswith(b'{"type":"ERROR"') or found is None:
        raise RuntimeError(f"the watch failed: {line[:300]!r}")
    return found[1].decode()


def name_in(line: bytes) -> bytes:
    """The name of a line's object."""
    found = _NAME.search(line, line.index(b'"metadata":'))
    assert found is not None
    return found[1]


async def each(items: Iterable[Item], work: Callable[[Item], Awaitable[object]], *, at_once: int = IN_FLIGHT) -> None:
    """Do ``work`` for every item, so many at once."""
    queue = iter(items)

    async def worker() -> None:
        for item in queue:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(worker())
