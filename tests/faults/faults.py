"""What can go wrong between an operator and its API server, each a small object that the proxy asks.

A fault stands around a request: it may forward it, later, not at all, or change what comes back. What it leaves alone
passes unchanged.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

import orjson

from tests.faults.call import Call


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client gets: a status code and a body, or the lines of a watch."""

    code: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    lines: AsyncGenerator[bytes] | None = None


Forward = Callable[[], Awaitable[Answer]]
"""Hands the request on to the server."""


class CutError(Exception):
    """Close the connection here, without a word."""


class Fault:
    """Nothing wrong: the base of all others."""

    async def serve(self, call: Call, forward: Forward) -> Answer:
        """The answer that the client gets. Raises `CutError` for none."""
        return await forward()

    def line(self, number: int, line: bytes) -> bytes:
        """What becomes of the watch event ``number``, counted from 0. Raises `CutError` to end the watch before it."""
        return line


def status(code: int, reason: str, message: str) -> bytes:
    """A metav1.Status, as the API server sends it with an error."""
    said = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    return orjson.dumps({**said, "message": message, "reason": reason, "code": code})


@dataclass
class Refuse(Fault):
    """The server answers with an error and does nothing."""

    code: int
    reason: str
    retry_after: int | None = None
    """Seconds, as a Retry-After header."""

    async def serve(self, call: Call, forward: Forward) -> Answer:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return Answer(self.code, status(self.code, self.reason, f"{self.reason}, on purpose"), headers)


def gone() -> Refuse:
    """410: the resource version, or the page to continue with, is compacted."""
    return Refuse(410, "Expired")


@dataclass
class Delay(Fault):
    """The server takes its time."""

    seconds: float

    async def serve(self, call: Call, forward: Forward) -> Answer:
        await asyncio.sleep(self.seconds)
        return await forward()


class LoseRequest(Fault):
    """The connection breaks before the server has the request."""

    async def serve(self, call: Call, forward: Forward) -> Answer:
        raise CutError


class LoseAnswer(Fault):
    """The server does as asked, and the client never hears of it."""

    async def serve(self, call: Call, forward: Forward) -> Answer:
        await forward()
        raise CutError


@dataclass
class DieAfter(Fault):
    """The client dies when the server has done the ``writes``-th of the requests that this fault meets.

    One request at a time, so that exactly so many reach the server; what comes later meets nobody.
    """

    writes: int
    kill: Callable[[], None]
    dead: asyncio.Event = field(default_factory=asyncio.Event)
    done: int = 0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def serve(self, call: Call, forward: Forward) -> Answer:
        async with self._turn:
            if self.dead.is_set():
                raise CutError
            answer = await forward()
            self.done += 1
            if self.done < self.writes:
                return answer
            self.kill()
            self.dead.set()
            raise CutError


class Stale(Fault):
    """The first answer is kept, and given again to every later request: a list from a lagging API server's cache."""

    def __init__(self) -> None:
        self._kept: Answer | None = None

    async def serve(self, call: Call, forward: Forward) -> Answer:
        if self._kept is None:
            self._kept = await forward()
        return self._kept


@dataclass
class EndWatch(Fault):
    """A watch that ends after so many events, with an ERROR event in the stream, or with the connection cut."""

    after_events: int = 0
    error: int | None = None
    """Code of the Status in the ERROR event, such as 410."""

    def line(self, number: int, line: bytes) -> bytes:
        if number < self.after_events:
            return line
        if self.error is None or number > self.after_events:
            raise CutError
        said = orjson.loads(status(self.error, "Expired", "too old resource version, on purpose"))
        return orjson.dumps({"type": "ERROR", "object": said}) + b"\n"


@dataclass
class LoseEvent(Fault):
    """One event never arrives: Sieve's missed event."""

    number: int

    def line(self, number: int, line: bytes) -> bytes:
        return b"" if number == self.number else line
