"""A request to the API server, read as Kubernetes reads it: verb, resource, namespace, name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

_WRITES = {"POST": "create", "PUT": "update", "DELETE": "delete", "PATCH": "patch"}
_APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]
    content_type: str = ""
    body: bytes = b""

    @property
    def verb(self) -> str:
        """Kubernetes' verb: get, list, watch, create, apply, patch, update, delete."""
        if self.method != "GET":
            return "apply" if self.content_type == _APPLY else _WRITES[self.method]
        if self.query.get("watch"):
            return "watch"
        return "get" if self.name else "list"

    @property
    def write(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET" and "dryRun" not in self.query

    @property
    def resource(self) -> str:
        """The plural name of the resource, such as ``deployments``; empty for what is none."""
        return self._named[0]

    @property
    def name(self) -> str:
        """The object's name; empty for lists, watches and creations."""
        return self._named[1]

    @property
    def subresource(self) -> str:
        """``status``, ``scale``, …; empty for the object itself."""
        return self._named[2]

    @property
    def namespace(self) -> str:
        """The namespace in the path, if any."""
        parts = self._parts
        return parts[1] if parts[:1] == ("namespaces",) and len(parts) > 2 else ""

    @property
    def _parts(self) -> tuple[str, ...]:
        """The path without ``/api/v1`` or ``/apis/GROUP/VERSION``."""
        parts = tuple(self.path.strip("/").split("/"))
        return parts[3:] if parts[0] == "apis" else parts[2:]

    @property
    def _named(self) -> tuple[str, str, str]:
        parts = self._parts
        if parts[:1] == ("namespaces",) and len(parts) > 2:
            parts = parts[2:]
        resource, name, subresource = (*parts, "", "", "")[:3]
        return resource, name, subresource


Matches = Callable[[Call], bool]
"""Whether a fault is meant for a request."""


def writes(call: Call) -> bool:
    """Every write that decides about the cluster: not Events, which tell about it, and not the Lease."""
    return call.write and call.resource not in {"events", "leases"}


def watches(resource: str) -> Matches:
    """Watches of that resource."""
    return lambda call: call.verb == "watch" and call.resource == resource


def lists(resource: str) -> Matches:
    """Lists of that resource, each page counted."""
    return lambda call: call.verb == "list" and call.resource == resource


def continues(resource: str) -> Matches:
    """Pages of a list after the first."""
    return lambda call: call.verb == "list" and call.resource == resource and "continue" in call.query
