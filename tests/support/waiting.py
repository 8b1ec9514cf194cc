"""Waiting for a condition with a deadline, never for a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")

_INTERVAL = 0.05


async def eventually(look: Callable[[], Awaitable[T]], *, timeout: float = 30.0, what: str = "") -> T:
    """Ask until the answer is truthy, and return it. AssertionError after `timeout` seconds, with the last answer."""
    until = time.monotonic() + timeout
    while True:
        answer = await look()
        if answer:
            return answer
        if time.monotonic() > until:
            raise AssertionError(f"not within {timeout} s: {what or look}; last answer: {answer!r}")
        await asyncio.sleep(_INTERVAL)


async def until(
    ask: Callable[[], Awaitable[T]], holds: Callable[[T], Any], *, timeout: float = 30.0, what: str = ""
) -> T:
    """What `ask` answers, once `holds` of it. AssertionError after `timeout` seconds, with the last answer."""
    seen: list[T] = []

    async def look() -> bool:
        seen[:] = [await ask()]
        return bool(holds(seen[0]))

    try:
        await eventually(look, timeout=timeout, what=what)
    except AssertionError as error:
        raise AssertionError(f"{error}\nas it is: {seen}") from None
    return seen[0]


async def never(look: Callable[[], Awaitable[T]], *, during: float, what: str = "") -> None:
    """Ask again and again; AssertionError as soon as the answer is truthy. For what must not happen."""
    until = time.monotonic() + during
    while time.monotonic() < until:
        answer = await look()
        assert not answer, f"{what or look}: {answer!r}"
        await asyncio.sleep(_INTERVAL)
