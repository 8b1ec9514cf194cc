"""Controllers: which changes wake which keys, and the workers that reconcile them.

A controller is data: its resource, what else it watches and whom that wakes, and one function that reconciles a key.
The promises are controller-runtime's: caches are complete before the first reconcile, one key is never worked on twice
at once, what a reconcile raises is counted and tried again later, and nothing is written without the lease.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from wharfinger.api.resource import Identity, Key, Object, Resource, controller_of, key_of
from wharfinger.api.status import Finding
from wharfinger.engine.change import Change, change, leaving
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import ApiError, Conflict, LeadershipLost, TooManyRequests, Unavailable
from wharfinger.engine.events import Recorder
from wharfinger.engine.leadership import Leadership
from wharfinger.engine.metrics import Metrics
from wharfinger.engine.queue import Priority, QueueClosed, WorkQueue
from wharfinger.engine.status import StatusWriter
from wharfinger.engine.store import Index, Origin, Store
from wharfinger.engine.stores import Stores
from wharfinger.engine.trim import Trim, slim
from wharfinger.engine.writer import ChildWriter

_log = logging.getLogger(__name__)

_LASTING = 8
"""Failures in a row after which a trouble counts as one that lasts: a second or so by the queue's back-off."""
_LONGEST_OUTAGE_RETRY = 10.0
"""Seconds between retries while the API server is not well: it is nobody's fault, and over suddenly."""

Route = Callable[[Stores, Object], Iterable[Key]]
"""Whom an object wakes: the keys of the controller's own objects."""


Wakes = Callable[[Stores, Object | None, Object | None], Iterable[Key]]
"""Which other objects of its own kind a change of one from old to new concerns."""

Admit = Callable[[Stores, Object, datetime], Sequence[Finding]]
"""What there is to say about an object that is about to be stored, at that time (UTC). It reads the caches and does no
more: it may be asked about what is then never stored. Raises nothing for a bad document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a reconcile that went well asks for."""

    requeue_after: float | None = None
    """Seconds until the key is reconciled again, if nothing happens before."""
    settle: float = 0.0
    """Seconds at least for which changes that settle are gathered from now on: the more a look at it all costs, the
    more of them it should take in."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A secondary resource: cached, and waking the keys that its changes concern."""

    resource: Resource
    name: str = field(default="", kw_only=True)
    """Name of its store; the resource's, if empty. Two watches of one resource need two names."""
    label_selector: str = field(default="", kw_only=True)
    field_selector: str = field(default="", kw_only=True)
    trim: Trim = field(default=slim, kw_only=True)
    indexes: Mapping[str, Index] = field(default_factory=dict, kw_only=True)
    route: Route | None = field(default=None, kw_only=True)
    """Whom old and new wake; the owner by controller reference, if absent."""
    changed: Callable[[Object | None, Object | None], bool] | None = field(default=None, kw_only=True)
    """Whether a change of (old, new) wakes anybody; any but of bookkeeping, if absent."""
    settle: float = field(default=0.2, kw_only=True)
    """Seconds for which changes of status and annotations alone are gathered before they wake the owner."""
    calm: bool = field(default=False, kw_only=True)
    """True: every change settles first, except leaving. For what changes a lot and is not ours to put right: pods."""
    prompt: Callable[[Object], bool] = field(default=lambda _: True, kw_only=True)
    """With `calm`: whether an object's leaving wakes at once."""
    heed_status: bool = field(default=True, kw_only=True)
    """False: what changes in status alone wakes nobody, since nobody reads it."""
    owned: bool = field(default=True, kw_only=True)
    """Whether owners find their children here, to prune them."""
    optional: bool = field(default=False, kw_only=True)
    """True: a cluster that does not have the resource is a good cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """One kind, and how it is kept true."""

    name: str
    resource: Resource
    reconcile: Callable[[Context, Key], Awaitable[Result | None]]
    troubled: Callable[[Context, Key, Exception], None] | None = None
    """Told when a key fails again and again, by an answer of the API server or by an error of ours: to say so on it."""
    watches: tuple[Watch, ...] = ()
    label_selector: str = ""
    trim: Trim = slim
    indexes: Mapping[str, Index] = field(default_factory=dict)
    owned: bool = False
    """Whether others of our resources make this one: they find theirs, to prune them."""
    wakes: Wakes | None = None
    """Asked at each change of one of its objects, our own writes of status included: whom to reconcile as well."""
    admit: Admit | None = None
    """Asked by the admission webhook, where that is on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a reconcile function works with."""

    client: KubeClient
    """Guarded: it writes only under the lease."""
    store: Store
    """The controller's own resource."""
    stores: Stores
    writer: ChildWriter
    status: StatusWriter
    events: Recorder
    metrics: Metrics
    enqueue: Callable[[Key, float], None]
    """Have another key reconciled, after so many seconds."""

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.now(UTC)


class Loop:
    """A controller at work."""

    def __init__(self, controller: Controller, context: Context, queue: WorkQueue, leadership: Leadership) -> None:
        self.controller = controller
        self.queue = queue
        self._context = context
        self._leadership = leadership
        metrics, kind = context.metrics, controller.resource.kind
        self._settles: dict[Key, float] = {}
        self._duration = metrics.reconcile_duration.labels(kind)
        self._results = {
            result: metrics.reconciles.labels(kind, result) for result in ("success", "retry", "error", "lost")
        }
        metrics.rollbacks.labels(kind)
        context.store.subscribe(self._primary_changed)
        for watch in controller.watches:
            context.stores[watch.name or watch.resource].subscribe(self._listener(watch))

    async def work(self) -> None:
        """One worker, until the queue is closed. Run several."""
        while True:
            try:
                key = await self.queue.get()
            except QueueClosed:
                return
            try:
                await self._reconcile(key)
            finally:
                self.queue.done(key)
            # A reconcile that found nothing to write never waited. Watches and the status writer must have their turn.
            await asyncio.sleep(0)

    def gained(self, allowed: Callable[[str], bool]) -> None:
        """These namespaces have become ours: look at all that is in them."""
        for obj in self._context.store.values():
            key = key_of(obj)
            if allowed(key[0]):
                self.queue.add(key, Priority.LOW)

    # Reconciling

    async def _reconcile(self, key: Key) -> None:
        if not self._leadership.allows(key[0]):
            self.queue.forget(key)
            return
        started = time.perf_counter()
        try:
            result = await self.controller.reconcile(self._context, key)
        except LeadershipLost:
            self._results["lost"].inc()
            self.queue.forget(key)
        except ApiError as error:
            self._failed(key, error)
        except Exception as error:
            _log.exception("%s %s/%s: reconcile failed", self.controller.resource.kind, *key)
            self._results["error"].inc()
            self.queue.retry(key)
            self._tell(key, error)
        else:
            self._results["success"].inc()
            self.queue.forget(key)
            self._settles[key] = result.settle if result is not None else 0.0
            if result is not None and result.requeue_after is not None:
                self.queue.add_after(key, result.requeue_after)
        finally:
            self._duration.observe(time.perf_counter() - started)

    def _failed(self, key: Key, error: ApiError) -> None:
        outage = isinstance(error, Unavailable | TooManyRequests)
        delay = self.queue.retry(key, longest=_LONGEST_OUTAGE_RETRY if outage else None)
        self._results["error" if error.permanent else "retry"].inc()
        level = logging.DEBUG if isinstance(error, Conflict) else logging.WARNING
        _log.log(level, "%s %s/%s: %s; again in %.2f s", self.controller.resource.kind, *key, error, delay)
        if error.code:  # without any answer, no status could be written either
            self._tell(key, error)

    def _tell(self, key: Key, error: Exception) -> None:
        if self.controller.troubled is not None and self.queue.failures(key) >= _LASTING:
            self.controller.troubled(self._context, key, error)

    # Waking

    def _primary_changed(self, old: Object | None, new: Object | None, origin: Origin, by: Identity | None) -> None:
        obj = new if new is not None else old
        if obj is None:
            return
        if self.controller.wakes is not None:
            for other in self.controller.wakes(self._context.stores, old, new):
                self._wake(other, Change.SUBSTANCE, origin)
        key = key_of(obj)
        if origin is Origin.WRITE and by == self._identity(key):
            return  # its own status, or its own finalizers
        if new is None:
            self._context.status.forget(key)
            self._context.metrics.census.forget(self.controller.resource.kind, key)
            self._settles.pop(key, None)
        self._wake(key, change(old, new), origin)

    def _listener(self, watch: Watch) -> Callable[[Object | None, Object | None, Origin, Identity | None], None]:
        def listener(old: Object | None, new: Object | None, origin: Origin, by: Identity | None) -> None:
            kind = change(old, new) if watch.changed is None else _as_change(watch.changed(old, new))
            if kind is Change.STATUS and not watch.heed_status:
                return
            if origin is Origin.WRITE:
                # What we wrote ourselves is known to whom it was written for; what others did meanwhile is not.
                kind = min(kind, Change.NOTES) if old is not None and new is not None else kind
            if watch.calm and not (leaving(old, new) and watch.prompt(new or old or {})):
                kind = min(kind, Change.NOTES)
            for key in set(self._keys(watch, old)) | set(self._keys(watch, new)):
                known = origin is Origin.WRITE and by == self._identity(key) and not _moved(old, new)
                if not known:
                    self._wake(key, kind, origin, watch.settle)

        return listener

    def _identity(self, key: Key) -> Identity:
        return self.controller.resource.kind, *key

    def _keys(self, watch: Watch, obj: Object | None) -> Iterable[Key]:
        if obj is None:
            return ()
        return watch.route(self._context.stores, obj) if watch.route is not None else self._owner(obj)

    def _owner(self, obj: Object) -> Iterator[Key]:
        reference = controller_of(obj)
        resource = self.controller.resource
        if reference is not None and resource.describes(reference):
            yield (obj["metadata"].get("namespace", "") if resource.namespaced else ""), reference["name"]

    def _wake(self, key: Key, kind: Change, origin: Origin, settle: float = 0.2) -> None:
        if kind is Change.NONE or not self._leadership.allows(key[0]):
            return
        if origin is Origin.LIST:
            self.queue.add(key, Priority.LOW)
        elif kind < Change.SUBSTANCE:
            self.queue.add_after(key, max(settle, self._settles.get(key, 0.0)))
        else:
            self.queue.add(key)


def _as_change(significant: bool) -> Change:
    return Change.SUBSTANCE if significant else Change.NONE


def _moved(old: Object | None, new: Object | None) -> bool:
    """Whether the answer to a write shows that somebody else moved the object's status on meanwhile."""
    return old is not None and new is not None and old.get("status") != new.get("status")
