"""A proxy between an operator and a real API server that plays faults, and writes down every request.

    async with FaultProxy(Connection.from_kubeconfig(path)) as proxy:
        fault = proxy.inject(gone(), lists("deployments"))
        async with running(path, connection=proxy.connection):
            ...
        assert fault.hits

The operator speaks plain HTTP to it on loopback; it speaks TLS to the server with the rights of its connection.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson
from aiohttp import web
from yarl import URL

from tests.faults.call import Call, Matches
from tests.faults.faults import Answer, CutError, Fault, Forward
from wharfinger.engine.connection import Connection
from wharfinger.engine.transport import split_lines

_DROPPED = frozenset({"Host", "Content-Length", "Transfer-Encoding", "Connection"})
"""Headers of one connection, which is not the other."""
_LARGEST = 64 * 1024 * 1024
"""Bytes; the API server itself refuses bodies far smaller."""


@dataclass(slots=True)
class Injection:
    """A fault, whom it meets, and whom it has met."""

    fault: Fault
    matches: Matches
    times: int | None
    skip: int
    met: list[Call] = field(default_factory=list)

    @property
    def hits(self) -> int:
        """How many requests it has met: a test that never met its fault has shown nothing."""
        return len(self.met)

    def take(self, call: Call) -> bool:
        """Whether this request is one for the fault."""
        if not self.matches(call) or self.hits == self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.met.append(call)
        return True


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and what the server answered."""

    call: Call
    code: int
    name: str = ""
    """Name of the object in the answer."""


class FaultProxy:
    """Listens on loopback. Faults apply to requests that begin after `inject`."""

    def __init__(self, upstream: Connection) -> None:
        self._upstream = upstream
        self._injections: list[Injection] = []
        self._open: dict[asyncio.Task[Any], web.Request] = {}
        self._session: aiohttp.ClientSession
        self._runner: web.AppRunner
        self.connection: Connection
        """How to reach the API server through here."""
        self.exchanges: list[Exchange] = []
        """Every request that reached the server, in the order of its answers; watches when they begin."""

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._upstream.ssl),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
            auto_decompress=False,
        )
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        self.connection = Connection(server=f"http://127.0.0.1:{port}", ssl=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        handlers = list(self._open)
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        await self._runner.cleanup()
        await self._session.close()

    def inject(self, fault: Fault, matches: Matches, *, times: int | None = 1, skip: int = 0) -> Injection:
        """Let ``fault`` meet the next ``times`` matching requests (None: all of them), after ``skip`` that pass."""
        injection = Injection(fault, matches, times, skip)
        self._injections.append(injection)
        return injection

    def heal(self) -> None:
        """No faults any more."""
        self._injections.clear()

    def cut(self) -> None:
        """Cut every connection that is open now: all watches, and requests that wait for their answer."""
        for request in list(self._open.values()):
            _abort(request)

    def answered(self, matches: Matches) -> list[Exchange]:
        """The matching requests that the server itself answered."""
        return [each for each in self.exchanges if matches(each.call)]

    # One request

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        call = Call(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            content_type=request.content_type,
            body=await request.read(),
        )
        faults = [each.fault for each in self._injections if each.take(call)]
        task = _current_task()
        self._open[task] = request
        try:
            async with AsyncExitStack() as stack:
                answer = await self._serve(call, faults, functools.partial(self._forward, request, call, stack))
                return await _respond(request, answer, faults)
        except (CutError, aiohttp.ClientError, ConnectionError):
            _abort(request)
            return web.Response(status=502)  # never sent: the connection is closed
        finally:
            del self._open[task]

    async def _serve(self, call: Call, faults: Sequence[Fault], forward: Forward) -> Answer:
        """Through the faults, the first one outermost."""
        for fault in reversed(faults):
            forward = functools.partial(fault.serve, call, forward)
        return await forward()

    async def _forward(self, request: web.Request, call: Call, stack: AsyncExitStack) -> Answer:
        headers = {name: value for name, value in request.headers.items() if name not in _DROPPED}
        url = URL(self._upstream.server + request.raw_path, encoded=True)
        asked = self._session.request(call.method, url, data=call.body or None, headers=headers)
        upstream = await stack.enter_async_context(asked)
        if call.verb == "watch" and upstream.status == 200:
            self.exchanges.append(Exchange(call, upstream.status))
            return Answer(upstream.status, lines=_lines(upstream))
        answer = Answer(upstream.status, await upstream.read(), _kept(upstream))
        self.exchanges.append(Exchange(call, answer.code, _name(answer)))
        return answer


async def _respond(request: web.Request, answer: Answer, faults: Sequence[Fault]) -> web.StreamResponse:
    headers = {"Content-Type": "application/json", **answer.headers}
    if answer.lines is None:
        return web.Response(status=answer.code, body=answer.body, headers=headers)
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    number = 0
    async with aclosing(answer.lines) as lines:
        async for line in lines:
            for fault in faults:
                line = fault.line(number, line)  # noqa: PLW2901 - each fault sees what the one before left
            number += 1
            if line:
                await response.write(line)
    await response.write_eof()
    return response


async def _lines(upstream: aiohttp.ClientResponse) -> AsyncGenerator[bytes]:
    async for batch in split_lines(upstream.content.iter_any()):
        for line in batch:
            yield line + b"\n"


def _kept(upstream: aiohttp.ClientResponse) -> dict[str, str]:
    return {name: upstream.headers[name] for name in ("Retry-After", "Content-Type") if name in upstream.headers}


def _name(answer: Answer) -> str:
    """Of the object in the answer, if there is one."""
    try:
        said = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return ""
    metadata = said.get("metadata") if isinstance(said, dict) else None
    return metadata.get("name", "") if isinstance(metadata, dict) else ""


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _current_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None
    return task
