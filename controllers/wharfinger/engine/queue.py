"""The keyed work queue, as client-go's: many wishes for a key become one, and no key is worked on twice at once.

A key is *dirty* from the moment it is added until a worker takes it, and *processing* until the worker is done with it.
Added while processing, it runs once more afterwards. Delayed keys (`add_after`, retries) wait aside; taking a key up
cancels its delays, because the reconcile that now begins decides anew when to be woken.
"""

from __future__ import annotations

import asyncio
import enum
import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable

from wharfinger.api.resource import Key
from wharfinger.engine.backoff import TokenBucket
from wharfinger.engine.metrics import Metrics


class Priority(enum.IntEnum):
    """Who goes first."""

    LOW = 0
    """First lists, relists: nobody waits for these."""
    HIGH = 1
    """Something changed."""


class QueueClosed(Exception):  # noqa: N818 - not a fault
    """The queue was shut down."""


_LOW_TURN = 8
"""Every so many takes, a key of low priority goes first, so that a busy cluster does not starve them."""


_FEW = 8
"""Keys in work that leave the API server time for other requests."""


class WorkQueue:
    """Keys to reconcile. All methods belong to one event loop."""

    def __init__(
        self,
        name: str = "",
        *,
        metrics: Metrics | None = None,
        first_retry: float = 0.005,
        longest_retry: float = 1000.0,
        retries: TokenBucket | None = None,
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._metrics = (metrics or Metrics()).queue(name)
        self._first_retry = first_retry
        self._longest_retry = longest_retry
        self._bucket = retries or TokenBucket(rate=10.0, burst=100.0)
        self._draw = draw
        self._ready: dict[Priority, deque[Key]] = {priority: deque() for priority in Priority}
        self._dirty: dict[Key, tuple[Priority, float]] = {}
        self._processing: set[Key] = set()
        self._delayed: dict[Key, float] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._sequence = itertools.count()
        self._timer: asyncio.Handle | None = None
        self._timer_at = 0.0
        self._failures: dict[Key, int] = {}
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._takes = 0
        self._closed = False

    def __len__(self) -> int:
        """Keys that wait to be taken, delayed ones not counted."""
        return len(self._dirty)

    @property
    def busy(self) -> bool:
        """Whether any key waits or is being worked on, delayed ones not counted."""
        return bool(self._dirty or self._processing)

    @property
    def crowded(self) -> bool:
        """Whether there is work that shall have the API server first: keys that wait, or more than a few in work."""
        return bool(self._dirty) or len(self._processing) > _FEW

    @property
    def delayed(self) -> int:
        """Keys that wait for their time."""
        return len(self._delayed)

    def due_within(self, seconds: float) -> bool:
        """Whether a delayed key's time comes that soon."""
        now = self._loop.time()
        return any(when - now <= seconds for when in self._delayed.values())

    def failures(self, key: Key) -> int:
        """How often ``key`` failed in a row."""
        return self._failures.get(key, 0)

    def add(self, key: Key, priority: Priority = Priority.HIGH) -> None:
        """Have ``key`` reconciled. An added key's priority only rises."""
        if self._closed:
            return
        current = self._dirty.get(key)
        if current is not None and current[0] >= priority:
            return
        self._dirty[key] = (priority, current[1] if current is not None else self._loop.time())
        if key not in self._processing:
            self._push(key, priority)

    def add_after(self, key: Key, delay: float) -> None:
        """Have ``key`` reconciled in ``delay`` seconds; of several delays the earliest counts."""
        if delay <= 0:
            self.add(key)
            return
        when = self._loop.time() + delay
        known = self._delayed.get(key)
        if self._closed or key in self._dirty or (known is not None and known <= when):
            return
        self._delayed[key] = when
        heapq.heappush(self._heap, (when, next(self._sequence), key))
        self._set_timer()

    def retry(self, key: Key, *, longest: float | None = None) -> float:
        """Have a key that failed reconciled again, later each time it fails; returns the seconds until then."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        ceiling = min(self._longest_retry, self._first_retry * 2.0 ** min(failures, 40))
        if longest is not None:
            ceiling = min(ceiling, longest)
        delay = max(self._draw(ceiling / 2, ceiling), self._bucket.reserve(self._loop.time()))
        self._metrics.retries.inc()
        self.add_after(key, delay)
        return delay

    def forget(self, key: Key) -> None:
        """The key went well: its next failure is its first."""
        self._failures.pop(key, None)

    async def get(self) -> Key:
        """Take the next key; give it back with `done`. Raises `QueueClosed` after `close`."""
        while not self._closed:
            key = self._pop()
            if key is not None:
                return key
            waiter = self._loop.create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                # The wake-up that was meant for a worker that is going away belongs to the next one.
                if waiter.done() and not waiter.cancelled():
                    self._wake()
                raise
        raise QueueClosed

    def done(self, key: Key) -> None:
        """The worker is done with ``key``; if it was added meanwhile, it is ready again now."""
        self._processing.discard(key)
        dirty = self._dirty.get(key)
        if dirty is not None:
            self._push(key, dirty[0])

    def close(self) -> None:
        """Take nothing in and hand nothing out any more."""
        self._closed = True
        self._dirty.clear()
        if self._timer is not None:
            self._timer.cancel()
        while self._waiters:
            self._wake()

    def _push(self, key: Key, priority: Priority) -> None:
        self._ready[priority].append(key)
        self._metrics.depth.set(len(self._dirty))
        self._wake()

    def _pop(self) -> Key | None:
        self._takes += 1
        order = (Priority.LOW, Priority.HIGH) if self._takes % _LOW_TURN == 0 else (Priority.HIGH, Priority.LOW)
        for priority in order:
            ready = self._ready[priority]
            while ready:
                key = ready.popleft()
                entry = self._dirty.get(key)
                # An entry that does not match is left from before the key's priority rose, or was taken since.
                if entry is not None and entry[0] is priority and key not in self._processing:
                    return self._take(key, entry[1])
        return None

    def _take(self, key: Key, added: float) -> Key:
        del self._dirty[key]
        self._delayed.pop(key, None)
        self._processing.add(key)
        self._metrics.depth.set(len(self._dirty))
        self._metrics.latency.observe(self._loop.time() - added)
        return key

    def _wake(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _set_timer(self) -> None:
        """Wake up for the first delayed key. When is kept here: uvloop's handle of a time that is now does not tell."""
        first = self._heap[0][0]
        if self._timer is not None:
            if self._timer_at <= first:
                return
            self._timer.cancel()
        self._timer, self._timer_at = self._loop.call_at(first, self._due), first

    def _due(self) -> None:
        self._timer = None
        now = self._loop.time()
        while self._heap and self._heap[0][0] <= now:
            when, _, key = heapq.heappop(self._heap)
            if self._delayed.get(key) == when:
                del self._delayed[key]
                self.add(key)
        if self._heap:
            self._set_timer()
