"""One shared aiohttp session: how a request is sent, counted, and repeated where the server asks for that.

`wharfinger.engine.client` says what can be asked; this module knows HTTP and nothing of Kubernetes' verbs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from importlib.metadata import version

import aiohttp
import orjson
from yarl import URL

from wharfinger.engine.connection import Connection
from wharfinger.engine.errors import ApiError, Unauthorized, Unavailable, from_status
from wharfinger.engine.metrics import Metrics

ATTEMPTS = 4
LONGEST_WAIT = 10.0
"""Seconds of Retry-After that are waited out here; what takes longer goes back to the queue."""

SILENCE = 150.0
"""Seconds without a byte after which a watch counts as hung: the server sends a bookmark about every minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to send, and what to count it as."""

    method: str
    verb: str
    """Kubernetes' verb: get, list, create, apply, …"""
    resource: str
    path: str
    query: str = ""
    """Encoded."""
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Transport:
    """A session to one API server with a bound on the requests in flight. Watches do not count: they last."""

    def __init__(self, connection: Connection, *, max_in_flight: int, timeout: float, metrics: Metrics) -> None:
        self.connection = connection
        self.metrics = metrics
        self._in_flight = asyncio.Semaphore(max_in_flight)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=75.0),
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=10.0),
            # Compression costs the API server more than it saves on the networks that operators run on.
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": f"wharfinger/{version('wharfinger')}",
            },
            auto_decompress=False,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def request(
        self, request: Request, before: Callable[[], None] | None = None, *, attempts: int = ATTEMPTS
    ) -> bytes:
        """The body of a successful answer; raises an `ApiError` for any other.

        ``before`` is called right before each attempt is sent: it may raise to stop it.
        """
        attempt = 0
        while True:
            attempt += 1
            async with self._in_flight:
                if before is not None:
                    before()
                outcome = await self._attempt(request)
            if isinstance(outcome, bytes):
                return outcome
            if attempt >= attempts or not await self._worth_repeating(outcome):
                raise outcome

    async def stream(self, request: Request) -> AsyncIterator[list[bytes]]:
        """Lines of an answer that does not end, in the batches in which they arrive."""
        async with aclosing(self.chunks(request, silence=SILENCE)) as chunks:
            async for lines in split_lines(chunks):
                yield lines

    async def chunks(self, request: Request, *, silence: float | None) -> AsyncGenerator[bytes, None]:
        """An answer of any length, as it arrives; `silence` is how many seconds may pass without a byte."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10.0, sock_read=silence)
        try:
            async with await self._send(request, timeout) as response:
                if response.status != 200:
                    raise await _error(response)
                async for chunk in response.content.iter_any():
                    yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _no_answer(error) from error

    async def _attempt(self, request: Request) -> bytes | ApiError:
        started = time.perf_counter()
        code = 0
        try:
            async with await self._send(request, self._session.timeout) as response:
                code = response.status
                return await response.read() if code < 300 else await _error(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _no_answer(error)
        finally:
            self.metrics.request(request.verb, request.resource, code, time.perf_counter() - started)

    async def _worth_repeating(self, error: ApiError) -> bool:
        """Wait as the server asks, or renew credentials that it refused; False if neither would help."""
        if isinstance(error, Unauthorized):
            await self.connection.renew()
            return True
        if error.retry_after is None or error.retry_after > LONGEST_WAIT:
            return False
        await asyncio.sleep(error.retry_after)
        return True

    async def _send(
        self,
        request: Request,
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - handed to aiohttp, which enforces it
    ) -> aiohttp.ClientResponse:
        connection = self.connection
        headers = request.headers
        if authorization := await connection.authorization():
            headers = {**headers, "Authorization": authorization}
        target = f"{connection.server}{request.path}"
        return await self._session.request(
            request.method,
            URL(f"{target}?{request.query}" if request.query else target, encoded=True),
            data=request.body,
            headers=headers,
            timeout=timeout,
            ssl=connection.ssl,
            server_hostname=connection.server_name,
            proxy=connection.proxy,
        )


async def _error(response: aiohttp.ClientResponse) -> ApiError:
    body = await response.read()
    try:
        status = orjson.loads(body)
    except orjson.JSONDecodeError:  # a proxy's page, or "429 too many requests" in plain text
        status = {"message": " ".join(body.decode(errors="replace").split())[:500]}
    return from_status(status if isinstance(status, dict) else {}, response.status, _seconds(response.headers))


def _seconds(headers: Mapping[str, str]) -> float | None:
    value = headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None


def _no_answer(error: Exception) -> Unavailable:
    return Unavailable(f"no answer from the API server: {error or type(error).__name__}", reason=type(error).__name__)


async def split_lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    """Whole lines from chunks, as many at a time as are there; readline() has a limit, an event has none."""
    rest: list[bytes] = []
    async for chunk in chunks:
        head, newline, tail = chunk.rpartition(b"\n")
        if not newline:
            rest.append(chunk)
            continue
        rest.append(head)
        yield [line for line in b"".join(rest).split(b"\n") if line]
        rest = [tail]
