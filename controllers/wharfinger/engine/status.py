"""Writes status: one merge patch of what changed, when it is worth a request.

A change of state (a condition's status, the observed generation) is written next; mere progress (counts, messages) at
most once a second a key, the last one winning. While keys wait to be reconciled, their children come first: status
waits, and after `patience` goes between them, one at a time: eight at a time made a thousand workloads' children a
third slower.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from wharfinger.api.resource import Key, Object, key_of
from wharfinger.engine.client import KubeClient
from wharfinger.engine.conditions import Condition, answers, conditions
from wharfinger.engine.diff import merge_patch
from wharfinger.engine.errors import ApiError, Conflict, LeadershipLost, NotFound
from wharfinger.engine.store import Store

__all__ = ["Condition", "StatusWriter", "conditions"]

_log = logging.getLogger(__name__)

_SENDERS = 8
_RECHECK = 0.02
"""Seconds between looks whether the queue is empty, while status waits for that."""


@dataclass(slots=True)
class _Pending:
    """A status to be written."""

    uid: str
    status: Object
    since: float
    due: float


class StatusWriter:
    """Writes the status of one resource's objects. `run` must be running for `submit` to have an effect."""

    def __init__(
        self,
        client: KubeClient,
        store: Store,
        *,
        crowded: Callable[[], bool],
        failed: Callable[[Key, Exception], object],
        interval: float = 1.0,
        patience: float = 5.0,
    ) -> None:
        """``crowded``: whether keys wait to be reconciled. ``failed``: has a key reconciled, its status was refused."""
        self._client = client
        self._store = store
        self._crowded = crowded
        self._failed = failed
        self._interval = interval
        self._patience = patience
        self._pending: dict[Key, _Pending] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._sequence = itertools.count()
        self._held: deque[Key] = deque()
        self._ready: asyncio.Queue[Key] = asyncio.Queue()
        self._sending: set[Key] = set()
        self._sent: dict[Key, float] = {}
        self._wakeup = asyncio.Event()

    @property
    def pending(self) -> int:
        """How many keys have a status that is not yet written."""
        return len(self._pending) + len(self._sending)

    def submit(self, obj: Object, status: Object) -> None:
        """Have ``status`` written for ``obj``; a later one for the same key replaces it. No request if nothing differs.

        Fields that the live status has and ``status`` has not are removed.
        """
        key, uid = key_of(obj), obj["metadata"]["uid"]
        live = (self._store.get(*key) or obj).get("status") or {}
        if live == status and key not in self._sending:
            self._pending.pop(key, None)
            return
        now = asyncio.get_running_loop().time()
        flip = answers(live) != answers(status)
        due = now if flip else max(now, self._sent.get(key, now - self._interval) + self._interval)
        known = self._pending.get(key)
        if known is not None and known.uid == uid:
            known.status = status
            if due >= known.due:
                return
            known.due = due
        else:
            self._pending[key] = _Pending(uid, status, now, due)
        heapq.heappush(self._heap, (due, next(self._sequence), key))
        self._wakeup.set()

    async def write_now(self, obj: Object, status: Object) -> Object:
        """Write ``status`` and return the object as it is then: for a decision that must be kept before it is acted on.

        Raises what the API server says. No request if nothing differs.
        """
        key = key_of(obj)
        self._pending.pop(key, None)
        return await self._send(key, obj["metadata"]["uid"], status) or obj

    def forget(self, key: Key) -> None:
        """The object is gone."""
        self._pending.pop(key, None)
        self._sent.pop(key, None)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_SENDERS):
                group.create_task(self._send_ready())
            group.create_task(self._release())

    # When

    async def _release(self) -> None:
        """Hand out what is due, as soon as nobody's children are held up by it."""
        loop = asyncio.get_running_loop()
        while True:
            self._wakeup.clear()
            self._collect_due(loop.time())
            self._hand_out(loop.time())
            timeout = self._next_look(loop.time())
            try:
                async with asyncio.timeout(timeout):
                    await self._wakeup.wait()
            except TimeoutError:
                continue

    def _collect_due(self, now: float) -> None:
        while self._heap and self._heap[0][0] <= now:
            due, _, key = heapq.heappop(self._heap)
            pending = self._pending.get(key)
            if pending is not None and pending.due == due and key not in self._sending:
                self._held.append(key)

    def _hand_out(self, now: float) -> None:
        crowded = self._crowded()
        while self._held:
            pending = self._pending.get(self._held[0])
            if pending is not None and crowded and not self._overdue(pending, now):
                return
            self._ready.put_nowait(self._held.popleft())

    def _overdue(self, pending: _Pending, now: float) -> bool:
        """Whether a status has waited long enough to go between children: one at a time, which slows them little."""
        return now - pending.since >= self._patience and not self._sending and self._ready.empty()

    def _next_look(self, now: float) -> float | None:
        if self._held:
            return _RECHECK
        return max(0.0, self._heap[0][0] - now) if self._heap else None

    # How

    async def _send_ready(self) -> None:
        while True:
            key = await self._ready.get()
            pending = self._pending.pop(key, None)
            if pending is None or key in self._sending:
                if pending is not None:
                    self._pending[key] = pending
                continue
            await self._try_send(key, pending)

    async def _try_send(self, key: Key, pending: _Pending) -> None:
        self._sending.add(key)
        try:
            await self._send(key, pending.uid, pending.status)
        except (NotFound, LeadershipLost):
            pass  # gone, or another process' business by now
        except ApiError as error:
            if not isinstance(error, Conflict):
                _log.warning("%s %s/%s: status not written: %s", self._store.resource, *key, error)
            self._failed(key, error)
        finally:
            self._sending.discard(key)
            self._again(key)

    def _again(self, key: Key) -> None:
        """A status that came in while the one before it was being written has its turn now."""
        pending = self._pending.get(key)
        if pending is not None:
            heapq.heappush(self._heap, (pending.due, next(self._sequence), key))
            self._wakeup.set()

    async def _send(self, key: Key, uid: str, status: Object) -> Object | None:
        live = self._store.get(*key)
        if live is None or live["metadata"]["uid"] != uid:
            return None
        patch = merge_patch(live.get("status") or {}, status)
        if not patch:
            return live
        # The version makes the server refuse what was concluded from a stale view: after a restart, a hand-over, a lost
        # event. It covers the uid too.
        body: Object = {"metadata": {"resourceVersion": live["metadata"]["resourceVersion"]}, "status": patch}
        with self._store.writing(key):
            answer = await self._client.patch(self._store.resource, key, body, subresource="status")
            self._sent[key] = asyncio.get_running_loop().time()
            return self._store.put(answer, by=(self._store.resource.kind, *key))
