"""How long to leave documents alone whose parser gave no answer: longer each time, since most will never have one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final, Generic, TypeVar

from cachetools import LRUCache

FIRST: Final = 60.0
"""Seconds after the first failure; twice as many after each further one."""
LONGEST: Final = 3600.0
_RECENT: Final = 1024
"""Failures that are remembered."""

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class _Failure(Generic[Told]):
    told: Told
    wait: float
    until: float
    """By the clock: when to try again."""


class Patience(Generic[Told]):
    """Failures by a key that stands for all that they depend on, with what was told of each. `clock`: seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failures: LRUCache[bytes, _Failure[Told]] = LRUCache(_RECENT)

    def waiting(self, key: bytes) -> tuple[Told, float] | None:
        """What was told, and the seconds until it is time to try again; None where it is."""
        failure = self._failures.get(key)
        left = failure.until - self._clock() if failure else 0.0
        return (failure.told, left) if failure and left > 0 else None

    def failed(self, key: bytes, told: Told) -> float:
        """It failed once more: the seconds until it is time to try again."""
        before = self._failures.get(key)
        wait = min(LONGEST, 2 * before.wait) if before else FIRST
        self._failures[key] = _Failure(told, wait, self._clock() + wait)
        return wait

    def went_well(self, key: bytes) -> None:
        """Forget its failures."""
        self._failures.pop(key, None)
