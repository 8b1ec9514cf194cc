"""Keeps a store equal to the cluster: list, then watch, then list again when the watch has fallen too far behind.

The rules that client-go's reflector learnt the hard way, each of which has a test:

- a list replaces the store by difference, so that what vanished meanwhile is noticed;
- a broken watch goes on from where it was, and only 410 Gone makes a new list;
- failures back off (0.8 s to 30 s, full jitter); a watch that ends at once counts as one;
- the server ends a watch after a random 5 to 10 minutes, so that watches spread over API servers and nothing hangs for
  ever; a watch without a byte for 150 s counts as hung;
- a resource that the server does not know is waited for by watching its CRD, not by asking again and again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

from wharfinger.api.builtin import CUSTOM_RESOURCE_DEFINITION
from wharfinger.api.resource import Key, Object
from wharfinger.engine.backoff import Backoff
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import ApiError, Forbidden, Gone, NotFound
from wharfinger.engine.store import Store

_log = logging.getLogger(__name__)

_SHORT = 1.0
"""Seconds; a watch that ends sooner, without an event, is a failure in disguise."""


class Reflector:
    """One list and watch: of one resource, in one namespace or in all, by one selector."""

    def __init__(
        self,
        client: KubeClient,
        store: Store,
        *,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
        optional: bool = False,
        page_size: int = 500,
        backoff: Backoff | None = None,
        turned: Callable[[], None] | None = None,
    ) -> None:
        """``turned`` is called when the API server begins or ceases to serve the resource."""
        self._client = client
        self._store = store
        self._namespace = namespace
        self._selectors = {"label_selector": label_selector, "field_selector": field_selector}
        self._optional = optional
        self._page_size = page_size
        self._backoff = backoff or Backoff()
        self._turned = turned or _nobody
        self._events = client.metrics.watch_events.labels(str(store.resource))
        self._restarts = {
            reason: client.metrics.watch_restarts.labels(str(store.resource), reason)
            for reason in ("ended", "gone", "error")
        }
        self.synced = asyncio.Event()
        """Set after the first complete list, and where the resource is optional and absent."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                version = await self._list()
                await self._follow(version)
            except NotFound:
                await self._until_present()
            except Gone as error:
                # The list was outdated before its last page: client-go, too, then asks for it in one piece.
                self._page_size = 0
                await self._pause(error)
            except ApiError as error:
                await self._pause(error)

    async def _list(self) -> str:
        """Take in a whole list; returns the version that it stands for."""
        seen: dict[Key, str] = {}
        version = ""
        pages = self._client.pages(self._store.resource, self._namespace, limit=self._page_size, **self._selectors)
        async for page in pages:
            seen |= self._store.absorb(page.items)
            version = page.resource_version
        self._store.prune(seen, int(version), self._namespace)
        self._served(True)
        self.synced.set()
        return version

    async def _follow(self, version: str) -> None:
        """Watch from ``version`` until that is too old: then returns, to be listed again."""
        fresh = True
        while True:
            started = asyncio.get_running_loop().time()
            before = version
            try:
                version = await self._watch(version)
            except Gone as error:
                if fresh:  # a list that is outdated as soon as it is read: do not read lists in a tight loop
                    await self._pause(error)
                self._restarted("gone")
                return
            except NotFound:
                raise
            except _Broken as error:
                version = error.version
                await self._pause(error.cause)
            else:
                self._restarted("ended")
                if version == before and asyncio.get_running_loop().time() - started < _SHORT:
                    await self._pause(None)
            fresh = fresh and version == before

    async def _watch(self, version: str) -> str:
        """One watch; returns the version up to which it was followed when the server ended it."""
        timeout = random.randint(300, 600)  # noqa: S311 - spreads load, guards nothing
        try:
            batches = self._client.watch(
                self._store.resource,
                self._namespace,
                resource_version=version,
                timeout_seconds=timeout,
                **self._selectors,
            )
            async for batch in batches:
                version = self._take(batch)
        except (Gone, NotFound):
            raise
        except ApiError as error:
            raise _Broken(version, error) from error
        return version

    def _take(self, batch: list[Object]) -> str:
        store_event = self._store.event
        for event in batch:
            if event["type"] != "BOOKMARK":
                store_event(event)
        self._events.inc(len(batch))
        version: str = batch[-1]["object"]["metadata"]["resourceVersion"]
        return version

    async def _until_present(self) -> None:
        """The server does not know the resource: wait until its CRD says otherwise."""
        if not self._store.absent:
            _log.info(
                "%s: not served by the API server; waiting for its CustomResourceDefinition", self._store.resource
            )
        self._store.clear()
        self._served(False)
        if self._optional:
            self.synced.set()
        try:
            await self._until_established()
        except ApiError as error:
            await self._pause(error)
        # "Established" comes a moment before the server answers for the resource.
        await self._pause(None)

    def _served(self, served: bool) -> None:
        """Note whether the resource exists. Nobody's objects change with that, so who depends on it must be told."""
        if self._store.absent is served:
            self._store.absent = not served
            self._turned()

    async def _until_established(self) -> None:
        selector = f"metadata.name={self._store.resource}"
        try:
            # Without a version, a watch begins with what exists.
            batches = self._client.watch(
                CUSTOM_RESOURCE_DEFINITION, resource_version="", field_selector=selector, timeout_seconds=600
            )
            async for batch in batches:
                if any(established(event["object"]) for event in batch if event["type"] in {"ADDED", "MODIFIED"}):
                    return
        except Forbidden:
            await asyncio.sleep(self._backoff.longest)

    async def _pause(self, error: ApiError | None) -> None:
        delay = self._backoff.next(asyncio.get_running_loop().time())
        if error is not None:
            self._restarted("error")
            _log.warning("%s: %s; again in %.1f s", self._store.resource, error, delay)
        await asyncio.sleep(delay)

    def _restarted(self, reason: str) -> None:
        self._restarts[reason].inc()


def _nobody() -> None:
    """Nobody depends on whether the resource is served."""


class _Broken(Exception):  # noqa: N818 - never leaves this module
    """A watch that broke after it had been followed up to a version."""

    def __init__(self, version: str, cause: ApiError) -> None:
        super().__init__(str(cause))
        self.version = version
        self.cause = cause


def established(crd: Object) -> bool:
    """Whether a CustomResourceDefinition's kind is served, or will be in a moment."""
    conditions = (crd.get("status") or {}).get("conditions") or ()
    return any(entry["type"] == "Established" and entry["status"] == "True" for entry in conditions)
