"""An operator inside a running loop: caches, controllers, leadership, put together and taken apart again.

`wharfinger.engine.operator` gives it a process of its own; tests and benches use it as it is. Order matters twice: no
worker starts before every cache is complete, and at the end the workers stop before the Leases are given back.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable, Coroutine, Sequence
from types import TracebackType
from typing import Any, Self

from prometheus_client import CollectorRegistry

from wharfinger.api.resource import Identity, Object
from wharfinger.engine.client import KubeClient
from wharfinger.engine.controller import Context, Controller, Loop, Watch
from wharfinger.engine.events import Recorder
from wharfinger.engine.leadership import leadership_for
from wharfinger.engine.metrics import Metrics
from wharfinger.engine.queue import WorkQueue
from wharfinger.engine.reflector import Reflector
from wharfinger.engine.settings import Settings
from wharfinger.engine.status import StatusWriter
from wharfinger.engine.store import Origin, Store
from wharfinger.engine.stores import Stores
from wharfinger.engine.writer import ChildWriter

_log = logging.getLogger(__name__)

_FLUSH = 5.0
"""Seconds for which a stop waits for status and Events that are not yet written."""

_POLL = 0.01


class Operator:
    """Controllers at work against one API server. Use it as an async context manager, or `start` and `stop` it."""

    def __init__(
        self,
        client: KubeClient,
        controllers: Sequence[Controller],
        settings: Settings,
        *,
        registry: CollectorRegistry | None = None,
        page_size: int = 500,
    ) -> None:
        self.settings = settings
        self._page_size = page_size
        self.metrics = Metrics(registry, ours=self._ours)
        client.count_in(self.metrics)
        self._client = client
        self.leadership = leadership_for(client, settings)
        guarded = client.guarded(self.leadership.check)
        self.stores = Stores()
        self._writer = ChildWriter(guarded, self.stores)
        self._events = Recorder(guarded, instance=settings.identity)
        self._guarded = guarded
        self._sources: dict[str, list[Reflector]] = {}
        self._status: list[StatusWriter] = []
        self._loops = [self._assemble(controller) for controller in controllers]
        self._tasks: list[asyncio.Task[None]] = []
        self._workers: list[asyncio.Task[None]] = []
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Ends, with the exception, when a part that should run for ever does not: above all a lost Lease."""

    async def __aenter__(self) -> Self:
        await self.start()
        await self.wait_synced()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # Life

    async def start(self) -> None:
        """Begin to fill the caches, and to work once they are full."""
        for reflector in self._reflectors():
            self._spawn(reflector.run(), "reflector")
        for writer in self._status:
            self._spawn(writer.run(), "status")
        self._spawn(self._events.run(), "events")
        self._spawn(self._lead(), "leadership")

    async def wait_synced(self, timeout: float | None = 30.0) -> None:  # noqa: ASYNC109 - a deadline is what callers have
        """Wait until every cache is complete. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            await asyncio.gather(*(reflector.synced.wait() for reflector in self._reflectors()))

    async def stop(self) -> None:
        """Finish what is under way, write the status that is due, give the Leases back."""
        for loop in self._loops:
            loop.queue.close()
        if self._workers:
            await asyncio.wait(self._workers, timeout=self.settings.grace)
        await self._until(lambda: not self._pending(), _FLUSH)
        for task in self._tasks:
            if task.get_name() == "leadership":
                await _end([task])
        await self.leadership.release()
        await _end([*self._workers, *self._tasks])

    def kill(self) -> None:
        """Stop as SIGKILL would: nothing is finished, nothing is given back."""
        for task in (*self._workers, *self._tasks):
            if not task.cancelling():  # a second order would interrupt the first in closing its connections
                task.cancel()

    # Looking in

    def queue(self, name: str) -> WorkQueue:
        """The work queue of the controller ``name``."""
        return next(loop.queue for loop in self._loops if loop.controller.name == name)

    def unsynced(self) -> list[str]:
        """Names of the caches that are not complete."""
        return sorted(name for name, own in self._sources.items() if not all(each.synced.is_set() for each in own))

    @property
    def idle(self) -> bool:
        """Whether nothing is being done, nor about to be within half a second."""
        return not self._pending() and not any(loop.queue.busy or loop.queue.due_within(0.5) for loop in self._loops)

    async def wait_idle(self, timeout: float = 30.0) -> None:  # noqa: ASYNC109 - a deadline is what callers have
        """Wait until `idle`. Raises TimeoutError."""
        if not await self._until(lambda: self.idle, timeout):
            raise TimeoutError("the operator is still at work")

    def alive(self) -> str:
        """What has died, for a liveness probe; empty while all is well."""
        dead = [task.get_name() for task in (*self._tasks, *self._workers) if task.done()]
        return f"not running: {', '.join(dead)}" if dead else ""

    def ready(self) -> str:
        """Which caches are incomplete, for a readiness probe; empty if none."""
        unsynced = self.unsynced()
        return f"not yet read: {', '.join(unsynced)}" if unsynced else ""

    # Assembly

    def _ours(self, namespace: str) -> bool:
        return self.leadership.allows(namespace)

    def _reflectors(self) -> list[Reflector]:
        return [reflector for own in self._sources.values() for reflector in own]

    def _assemble(self, controller: Controller) -> Loop:
        settings, kind = self.settings, controller.resource.kind
        primary = Watch(
            controller.resource,
            label_selector=controller.label_selector,
            trim=controller.trim,
            indexes=controller.indexes,
            owned=controller.owned,
        )
        for watch in (primary, *controller.watches):
            self._add(watch)
        store = self.stores[controller.resource]
        queue = WorkQueue(kind, metrics=self.metrics)
        status = StatusWriter(
            self._guarded,
            store,
            crowded=lambda: queue.crowded,
            failed=lambda key, _error: queue.retry(key),
            interval=settings.status_interval,
            patience=settings.status_patience,
        )
        self._status.append(status)
        context = Context(
            client=self._guarded,
            store=store,
            stores=self.stores,
            writer=self._writer,
            status=status,
            events=self._events,
            metrics=self.metrics,
            enqueue=queue.add_after,
        )
        return Loop(controller, context, queue, self.leadership)

    def _add(self, watch: Watch) -> None:
        """A store and its reflectors, unless another controller watches the same already."""
        name = watch.name or str(watch.resource)
        if name in self.stores:
            return
        store = self.stores.add(name, Store(watch.resource, trim=watch.trim, indexes=watch.indexes), owned=watch.owned)
        store.subscribe(self._forget)
        self.metrics.store_objects.labels(name).set_function(lambda: len(store))
        if watch.owned:
            self.metrics.drift_repairs.labels(str(watch.resource))
        namespaces = self.settings.namespaces if watch.resource.namespaced else ()
        reflectors = [
            Reflector(
                self._client,
                store,
                namespace=namespace,
                label_selector=watch.label_selector,
                field_selector=watch.field_selector,
                optional=watch.optional,
                page_size=self._page_size,
                turned=functools.partial(self._turned, name),
            )
            for namespace in namespaces or ("",)
        ]
        self._sources[name] = reflectors

    def _turned(self, name: str) -> None:
        """A resource is served from now on, or no longer: look again at everything that could have objects of it."""
        for loop in self._loops:
            if any(name == (watch.name or str(watch.resource)) for watch in loop.controller.watches):
                loop.gained(self.leadership.allows)

    def _forget(self, old: Object | None, new: Object | None, _origin: Origin, _by: Identity | None) -> None:
        if new is None and old is not None:
            self._writer.forget(old["metadata"]["uid"])

    # Work

    async def _lead(self) -> None:
        """Once every cache is complete: start the workers, then take part in the election."""
        await asyncio.gather(*(reflector.synced.wait() for reflector in self._reflectors()))
        for loop in self._loops:
            for _ in range(self.settings.workers):
                self._workers.append(self._watched(loop.work(), "worker"))
        await self.leadership.run(self._gained)

    def _gained(self, allowed: Callable[[str], bool]) -> None:
        for loop in self._loops:
            loop.gained(allowed)

    def _spawn(self, coroutine: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.append(self._watched(coroutine, name))

    def _watched(self, coroutine: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(coroutine, name=name)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self.failed.done():
            return
        error = task.exception()
        if error is not None:
            _log.error("%s: %s", task.get_name(), error, exc_info=error)
            self.failed.set_exception(error)

    def _pending(self) -> int:
        return sum(status.pending for status in self._status) + self._events.pending

    async def _until(self, condition: Callable[[], bool], timeout: float) -> bool:  # noqa: ASYNC109
        deadline = asyncio.get_running_loop().time() + timeout
        while not condition():
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(_POLL)
        return True


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
