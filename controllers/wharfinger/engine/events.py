"""Kubernetes Events (events.k8s.io/v1): what happened, for people who run ``kubectl describe`` or ``kubectl events``.

A repetition within the series' life raises a count instead of making another Event; the count is written at once, and
again when some time has passed, so that the last one is never missing. Recording never waits and never fails: what
cannot be written is counted and dropped, because an Event is a courtesy and not state.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from wharfinger.api.builtin import EVENT
from wharfinger.api.resource import Object, key_of
from wharfinger.engine.backoff import TokenBucket
from wharfinger.engine.client import KubeClient
from wharfinger.engine.conditions import micro_timestamp
from wharfinger.engine.errors import ApiError, LeadershipLost, NotFound

_log = logging.getLogger(__name__)

CONTROLLER = "wharfinger.dev/operator"
NOTE_LIMIT = 1024
"""Bytes: longer notes are refused by the API server."""

_SERIES_LIFE = 360.0
"""Seconds without a repetition after which a series is over: client-go's figure."""
_REMEMBERED = 4096
_BACKLOG = 1000

_Identity = tuple[str, str, str, str]


@dataclass(slots=True)
class _Series:
    """One Event and how often it happened."""

    body: Object
    count: int = 1
    last: float = 0.0
    written: int = 0
    """The count that the API server has; 0 before the Event is made."""
    next_write: float = 0.0
    queued: bool = False
    due: bool = False
    """A timer will look at it when it may be written again."""


@dataclass(slots=True)
class _Limits:
    """A budget an object: 25 at once, then one in 5 minutes, as client-go's spam filter."""

    buckets: OrderedDict[str, TokenBucket] = field(default_factory=OrderedDict)

    def allow(self, uid: str, now: float) -> bool:
        bucket = self.buckets.pop(uid, None) or TokenBucket(rate=1 / 300, burst=25)
        self.buckets[uid] = bucket
        while len(self.buckets) > _REMEMBERED:
            self.buckets.popitem(last=False)
        return bucket.take(now)


class Recorder:
    """Records Events. `run` must be running for them to be written."""

    def __init__(self, client: KubeClient, *, instance: str, series_interval: float = 30.0) -> None:
        """``instance``: who we are, among replicas. ``series_interval``: seconds between updates of a count."""
        self._client = client
        self._instance = instance[:128]
        self._interval = series_interval
        self._series: OrderedDict[_Identity, _Series] = OrderedDict()
        self._limits = _Limits()
        self._dropped = {
            why: client.metrics.events_dropped.labels(why) for why in ("rate", "lease", "refused", "backlog")
        }
        self._queue: asyncio.Queue[_Series] = asyncio.Queue(_BACKLOG)

    def event(self, regarding: Object, type_: str, reason: str, note: str, *, action: str = "Reconcile") -> None:
        """Record that ``reason`` happened to ``regarding``; ``type_`` is Normal or Warning."""
        now = asyncio.get_running_loop().time()
        identity = (regarding["metadata"]["uid"], type_, reason, note)
        series = self._series.pop(identity, None)
        if series is None or now - series.last > _SERIES_LIFE:
            if not self._limits.allow(identity[0], now):
                self._drop("rate")
                return
            series = _Series(self._body(regarding, type_, reason, note, action))
        else:
            series.count += 1
        series.last = now
        self._series[identity] = series
        while len(self._series) > _REMEMBERED:
            self._series.popitem(last=False)
        self._enqueue(series, now)

    @property
    def pending(self) -> int:
        """Events that are not yet written."""
        return self._queue.qsize()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            series = await self._queue.get()
            series.queued = False
            try:
                await self._write(series)
            except LeadershipLost:
                self._drop("lease")
            except ApiError as error:
                self._drop("refused")
                _log.debug("event %s not written: %s", series.body["reason"], error)

    def _enqueue(self, series: _Series, now: float) -> None:
        if series.queued or series.due:
            return
        if now < series.next_write:
            series.due = True
            asyncio.get_running_loop().call_at(series.next_write, self._write_again, series)
            return
        series.next_write = now + self._interval
        try:
            self._queue.put_nowait(series)
            series.queued = True
        except asyncio.QueueFull:
            self._drop("backlog")

    def _write_again(self, series: _Series) -> None:
        series.due = False
        if series.count > series.written:
            self._enqueue(series, series.next_write)

    async def _write(self, series: _Series) -> None:
        count = series.count
        observed = {"count": count, "lastObservedTime": micro_timestamp(datetime.now(UTC))}
        # The API takes no series of one.
        body = {**series.body, "series": observed} if count > 1 else series.body
        if not series.written:
            await self._client.create(EVENT, body)
        elif count > series.written:
            try:
                await self._client.patch(EVENT, key_of(body), {"series": observed})
            except NotFound:  # it has expired, an hour old by default
                await self._client.create(EVENT, body)
        series.written = count

    def _body(self, regarding: Object, type_: str, reason: str, note: str, action: str) -> Object:
        metadata = regarding["metadata"]
        return {
            "apiVersion": EVENT.api_version,
            "kind": EVENT.kind,
            "metadata": {
                "name": f"{metadata['name'][:200]}.{uuid4().hex[:16]}",
                "namespace": metadata.get("namespace") or "default",
            },
            "eventTime": micro_timestamp(datetime.now(UTC)),
            "type": type_,
            "reason": reason,
            "note": shorten(note, NOTE_LIMIT),
            "action": action,
            "reportingController": CONTROLLER,
            "reportingInstance": self._instance,
            "regarding": _reference(regarding),
        }

    def _drop(self, why: str) -> None:
        self._dropped[why].inc()


def shorten(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` bytes of UTF-8, with an ellipsis where it was cut."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    return encoded[: limit - 3].decode(errors="ignore") + "…"


def _reference(obj: Object) -> Object:
    metadata = obj["metadata"]
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "name": metadata["name"],
        "namespace": metadata.get("namespace", ""),
        "uid": metadata["uid"],
        "resourceVersion": metadata["resourceVersion"],
    }
