"""Waiting longer after each failure, with jitter, so that a fleet does not come back in step."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Backoff:
    """Delays that double from ``first`` to ``longest`` seconds, each drawn evenly from nothing to that (full jitter).

    A failure that comes ``reset_after`` seconds after the one before begins anew: client-go's figures for reflectors.
    """

    first: float = 0.8
    longest: float = 30.0
    reset_after: float = 120.0
    draw: Callable[[float, float], float] = random.uniform
    _failures: int = field(default=0, init=False)
    _last: float = field(default=float("-inf"), init=False)

    def next(self, now: float) -> float:
        """Seconds to wait after a failure at ``now`` (any monotonic clock)."""
        if now - self._last > self.reset_after:
            self._failures = 0
        self._last = now
        ceiling = min(self.longest, self.first * 2.0 ** min(self._failures, 32))
        self._failures += 1
        return self.draw(0.0, ceiling)


@dataclass(slots=True, kw_only=True)
class TokenBucket:
    """At most ``rate`` a second on average, ``burst`` at once. It says how long to wait, and never blocks."""

    rate: float
    burst: float
    _tokens: float = field(init=False)
    _at: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._tokens = self.burst

    def reserve(self, now: float) -> float:
        """Take one token; returns the seconds until it is really there."""
        self._refill(now)
        self._tokens -= 1.0
        return max(0.0, -self._tokens / self.rate)

    def take(self, now: float) -> bool:
        """Take one token if there is one now."""
        self._refill(now)
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def _refill(self, now: float) -> None:
        if self._at is not None:
            self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
