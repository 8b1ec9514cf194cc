"""Services that join another's pod: what shares a network, processes or memory in Docker is one pod here.

The *host* is the service whose pod it is, a *guest* one that joins it. A guest has no ContainerWorkload of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wharfinger.api.resource import Object

NAMESPACES: Final = ("network_mode", "pid", "ipc")
"""Attributes by which a service joins another: ``service:NAME``, ``container:NAME``."""


def hosts(services: Object) -> dict[str, str]:
    """Guest to host, however many steps away. Whoever joins what is not there, or itself, is no guest."""
    found = {name: _end(services, name) for name in services}
    return {name: host for name, host in found.items() if host != name}


def _end(services: Object, name: str) -> str:
    seen, end = {name}, name
    while joined := next((other for _, other in joins(services, end)), ""):
        if joined in seen:
            return name  # a circle, which the parser refuses
        seen.add(joined)
        end = joined
    return end


def joins(services: Object, name: str) -> Iterator[tuple[str, str]]:
    """Attribute, and the service of the project that it joins; itself is none."""
    for attribute in NAMESPACES:
        other = target(services, str(services[name].get(attribute) or ""))
        if other and other != name:
            yield attribute, other


def target(services: Object, value: str) -> str:
    """The service that ``service:NAME`` names, or whose container ``container:NAME`` does; empty where none is here."""
    kind, _, named = value.partition(":")
    if kind == "service":
        return named if named in services else ""
    if kind == "container" and named:
        return next((name for name, data in services.items() if data.get("container_name") == named), "")
    return ""
