"""One namespace of a real cluster, as a test reads and changes it: objects, workloads, kubectl."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.waiting import eventually, until
from wharfinger.api import API_VERSION
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object, Resource
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import NotFound

_KUBECTL_TIMEOUT = 60.0


def condition(obj: Object, kind: str) -> Object:
    """The condition of that type; empty if there is none."""
    found = [each for each in obj.get("status", {}).get("conditions", ()) if each["type"] == kind]
    return found[0] if found else {}


def is_true(kind: str, *, reason: str | None = None) -> Callable[[Object], bool]:
    """A predicate: the condition is True for the generation that is wanted now, with that reason if one is given."""

    def holds(obj: Object) -> bool:
        found = condition(obj, kind)
        current = obj.get("status", {}).get("observedGeneration") == obj["metadata"]["generation"]
        return current and found.get("status") == "True" and reason in (None, found.get("reason"))

    return holds


@dataclass(frozen=True)
class World:
    """A namespace. Everything here is done as a user, with a client of its own, past the operator's caches."""

    client: KubeClient
    namespace: str
    kubeconfig: Path

    # Any object

    async def get(self, resource: Resource, name: str) -> Object | None:
        """The object as it is now, or None."""
        try:
            return await self.client.get(resource, self.namespace, name)
        except NotFound:
            return None

    async def list(self, resource: Resource, selector: str = "") -> list[Object]:
        """The objects of the namespace, complete with the kind that a list leaves out."""
        found = await self.client.list(resource, self.namespace, label_selector=selector)
        return [{"apiVersion": resource.api_version, "kind": resource.kind} | each for each in found]

    async def create(self, resource: Resource, name: str, **fields: Any) -> Object:
        """Make an object as `kubectl create` would."""
        body = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": name}, **fields}
        body["metadata"]["namespace"] = self.namespace
        return await self.client.create(resource, body, manager="kubectl-create")

    async def patch(self, resource: Resource, name: str, patch: Object | list[Any], **options: Any) -> Object:
        """A merge patch (dict) or JSON patch (list), as `kubectl edit` would."""
        return await self.client.patch(resource, (self.namespace, name), patch, manager="kubectl-edit", **options)

    async def delete(self, resource: Resource, name: str) -> None:
        """Delete, in the background."""
        await self.client.delete(resource, (self.namespace, name))

    async def until(
        self, resource: Resource, name: str, holds: Callable[[Object], Any], *, timeout: float = 30.0
    ) -> Object:
        """The object, once it exists and `holds` of it."""

        async def ask() -> Object | None:
            return await self.get(resource, name)

        found = await until(
            ask, lambda seen: seen is not None and holds(seen), timeout=timeout, what=f"{resource.kind} {name}"
        )
        assert found is not None
        return found

    async def gone(self, resource: Resource, name: str, *, timeout: float = 30.0) -> None:
        """Wait until there is no such object."""

        async def look() -> bool:
            return await self.get(resource, name) is None

        await eventually(look, timeout=timeout, what=f"{resource.kind} {name} gone")

    # Workloads

    async def workload(self, name: str, *, annotations: dict[str, str] | None = None, **spec: Any) -> Object:
        """Apply a ContainerWorkload as `kubectl apply --server-side` would: what is left out is removed."""
        metadata: Object = {"name": name, "namespace": self.namespace}
        if annotations:
            metadata["annotations"] = annotations
        body = {"apiVersion": API_VERSION, "kind": "ContainerWorkload", "metadata": metadata, "spec": spec}
        return await self.client.apply(CONTAINER_WORKLOAD, body, manager="kubectl")

    async def ready(self, name: str, *, timeout: float = 30.0) -> Object:
        """The workload, once Ready is True for its newest generation."""
        return await self.until(CONTAINER_WORKLOAD, name, is_true("Ready"), timeout=timeout)

    async def stalled(self, name: str, *, reason: str | None = None, timeout: float = 30.0) -> Object:
        """The workload, once Stalled is True, for that reason if one is given."""
        return await self.until(CONTAINER_WORKLOAD, name, is_true("Stalled", reason=reason), timeout=timeout)

    async def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl prints. AssertionError with its standard error where it fails."""
        command = ("kubectl", "--kubeconfig", str(self.kubeconfig), "-n", self.namespace, *arguments)
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
        data = stdin.encode() if stdin is not None else None
        out, err = await asyncio.wait_for(process.communicate(data), _KUBECTL_TIMEOUT)
        assert process.returncode == 0, f"kubectl {' '.join(arguments)}: {err.decode()}{out.decode()}"
        return out.decode()
