"""What can be asked of the API server: Kubernetes' verbs over one shared session.

Objects are plain dicts and resources are data, so one small client serves every kind. Each write names its field
manager and asks for strict validation: a field that the server does not know is an error and not silence.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from wharfinger.api.builtin import POD
from wharfinger.api.resource import Key, Object, Resource, key_of
from wharfinger.engine.connection import Connection
from wharfinger.engine.errors import NotFound
from wharfinger.engine.metrics import Metrics
from wharfinger.engine.transport import ATTEMPTS, Request, Transport
from wharfinger.engine.wire import (
    APPLY,
    JSON_PATCH,
    MERGE_PATCH,
    decoded,
    event_of,
    request_for,
    selectors,
    write_query,
)

MANAGER = "wharfinger"
"""Field manager of everything that a reconcile writes."""

Objects = list[Object]

Guard = Callable[[str], None]
"""Called with the namespace before each write; raises `LeadershipLost` where it must not happen."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, and the resource version that the whole list stands for."""

    items: Objects
    resource_version: str


class KubeClient:
    """Requests to one API server. Make it inside a running loop; use it as an async context manager."""

    def __init__(
        self,
        connection: Connection,
        *,
        max_in_flight: int = 64,
        timeout: float = 30.0,
        metrics: Metrics | None = None,
    ) -> None:
        self._transport = Transport(
            connection, max_in_flight=max_in_flight, timeout=timeout, metrics=metrics or Metrics()
        )
        self._guard: Guard | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection. Guarded views end with it."""
        await self._transport.close()

    @property
    def metrics(self) -> Metrics:
        """Where requests are counted."""
        return self._transport.metrics

    def count_in(self, metrics: Metrics) -> None:
        """Count requests in ``metrics`` from now on."""
        self._transport.metrics = metrics

    def guarded(self, guard: Guard) -> KubeClient:
        """The same client, except that ``guard`` is asked right before each write, repetitions included."""
        view = object.__new__(KubeClient)
        view._transport = self._transport
        view._guard = guard
        return view

    # Reads

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """One object. Raises `NotFound`."""
        return await self._read("get", str(resource), resource.path(namespace, name))

    async def pages(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 500,
    ) -> AsyncIterator[Page]:
        """A consistent list, in pages. Raises `Gone` where reading it outlives what the server remembers."""
        query = selectors(label_selector, field_selector) | {"limit": str(limit)}
        while True:
            answer = await self._read("list", str(resource), resource.path(namespace), query)
            metadata = answer["metadata"]
            yield Page(answer.get("items") or [], metadata["resourceVersion"])
            if not metadata.get("continue"):
                return
            query["continue"] = metadata["continue"]

    async def list(
        self, resource: Resource, namespace: str | None = None, *, label_selector: str = "", field_selector: str = ""
    ) -> Objects:
        """All objects that match."""
        pages = self.pages(resource, namespace, label_selector=label_selector, field_selector=field_selector)
        return [item async for page in pages for item in page.items]

    async def watch(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        resource_version: str,
        label_selector: str = "",
        field_selector: str = "",
        timeout_seconds: int = 300,
    ) -> AsyncIterator[Objects]:
        """Watch events after ``resource_version``, decoded, in the batches in which they arrived.

        Ends when the server ends it. Raises what the server says before or in the stream (`Gone` above all), and
        `Unavailable` for a connection that breaks or falls silent.
        """
        query = selectors(label_selector, field_selector) | {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(timeout_seconds),
        }
        path = resource.path(namespace)
        request = Request(method="GET", verb="watch", resource=str(resource), path=path, query=urlencode(query))
        async for lines in self._transport.stream(request):
            yield [event_of(line) for line in lines]

    async def discover(self, group: str, version: str) -> frozenset[str]:
        """Plural names of what the server serves in a group and version; none where it does not know the version."""
        path = Resource(group=group, version=version, kind="APIResourceList", plural="").group_version_path
        try:
            answer = await self._read("discover", group or "core", path)
        except NotFound:
            return frozenset()
        return frozenset(entry["name"] for entry in answer.get("resources", ()))

    async def raw(self, path: str) -> bytes:
        """Body of any GET, for what is no resource: ``/metrics``, ``/openapi/v3``, ``/readyz``."""
        return await self._transport.request(Request(method="GET", verb="raw", resource="raw", path=path))

    async def log(self, namespace: str, pod: str, query: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
        """What a container wrote, as it arrives; `query` is that of a PodLogOptions.

        A container may be silent for as long as it likes, so that only the end of the connection ends this.
        """
        path = POD.path(namespace, pod, "log")
        request = Request(
            method="GET", verb="log", resource=str(POD), path=path, query=urlencode(query), headers={"Accept": "*/*"}
        )
        async with aclosing(self._transport.chunks(request, silence=None)) as chunks:
            async for chunk in chunks:
                yield chunk

    # Writes

    async def create(self, resource: Resource, obj: Object, *, manager: str = MANAGER, dry_run: bool = False) -> Object:
        """POST. Raises `AlreadyExists`, `Invalid`, `Forbidden`, …"""
        namespace = obj["metadata"].get("namespace", "")
        query = write_query(manager, dry_run=dry_run)
        return await self._write(
            request_for("POST", "create", resource, resource.path(namespace), query, obj), namespace
        )

    async def apply(
        self,
        resource: Resource,
        obj: Object,
        *,
        manager: str = MANAGER,
        force: bool = True,
        subresource: str | None = None,
        dry_run: bool = False,
    ) -> Object:
        """Server-side apply. Without ``force`` raises `Conflict` naming the other field managers."""
        key = key_of(obj)
        query = write_query(manager, dry_run=dry_run, force=force)
        path = resource.path(*key, subresource)
        return await self._write(request_for("PATCH", "apply", resource, path, query, obj, APPLY), key[0])

    async def patch(
        self,
        resource: Resource,
        key: Key,
        patch: Objects | Object,
        *,
        subresource: str | None = None,
        manager: str = MANAGER,
    ) -> Object:
        """A JSON patch (a list of operations) or a JSON merge patch (an object)."""
        headers = JSON_PATCH if not isinstance(patch, dict) else MERGE_PATCH
        query, path = write_query(manager), resource.path(*key, subresource)
        return await self._write(request_for("PATCH", "patch", resource, path, query, patch, headers), key[0])

    async def replace(
        self,
        resource: Resource,
        obj: Object,
        *,
        subresource: str | None = None,
        manager: str = MANAGER,
        dry_run: bool = False,
    ) -> Object:
        """PUT. With a resourceVersion in ``obj``, raises `Conflict` if the object changed meanwhile."""
        key = key_of(obj)
        query, path = write_query(manager, dry_run=dry_run), resource.path(*key, subresource)
        return await self._write(request_for("PUT", "update", resource, path, query, obj), key[0])

    async def delete(
        self,
        resource: Resource,
        key: Key,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
        propagation: str = "Background",
        grace_period_seconds: int | None = None,
    ) -> Object:
        """DELETE with preconditions. Returns the object that still terminates, or a Status.

        Raises `NotFound`, and `Conflict` where uid or resource version are not those given.
        """
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if grace_period_seconds is not None:
            options["gracePeriodSeconds"] = grace_period_seconds
        wanted = {"uid": uid, "resourceVersion": resource_version}
        if preconditions := {name: value for name, value in wanted.items() if value}:
            options["preconditions"] = preconditions
        return await self._write(request_for("DELETE", "delete", resource, resource.path(*key), "", options), key[0])

    async def evict(self, pod: Object, *, grace_period_seconds: int | None = None) -> None:
        """Have a pod leave by the Eviction API (policy/v1), which asks the PodDisruptionBudgets first.

        Asked once: raises `TooManyRequests` where a budget says no, at once and whatever it says of trying again, since
        only the caller knows what else there is to do. Raises `NotFound` and `Conflict` where it is another pod by now.

        Guarded as what belongs to no namespace: it is asked for a node's sake, whosever the pod is.
        """
        namespace, name = key_of(pod)
        options: Object = {"preconditions": {"uid": pod["metadata"]["uid"]}}
        if grace_period_seconds is not None:
            options["gracePeriodSeconds"] = grace_period_seconds
        metadata = {"name": name, "namespace": namespace}
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata, "deleteOptions": options}
        path = POD.path(namespace, name, "eviction")
        await self._write(request_for("POST", "evict", POD, path, write_query(MANAGER), body), "", attempts=1)

    # The wire

    async def _read(self, verb: str, resource: str, path: str, query: Mapping[str, str] | None = None) -> Object:
        request = Request(method="GET", verb=verb, resource=resource, path=path, query=urlencode(query or {}))
        answer: Object = decoded(await self._transport.request(request))
        return answer

    async def _write(self, request: Request, namespace: str, *, attempts: int = ATTEMPTS) -> Object:
        before = functools.partial(self._guard, namespace) if self._guard is not None else None
        answer: Object = decoded(await self._transport.request(request, before, attempts=attempts))
        return answer
