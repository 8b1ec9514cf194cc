"""Ports: of containers as they are, or as a Service has them, in `spec.ports`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.render.values import present

_NAME: Final = re.compile(r"(?=.{1,15}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_ON_NODES: Final = frozenset({"NodePort", "LoadBalancer"})


def container_ports(pod: Object) -> list[Object]:
    """The main container's ports, if each has a name to go by; else they are said in `pod`."""
    ports = pod["containers"][0].get("ports") or []
    names = [port.get("name") for port in ports]
    if None in names or any("hostIP" in port for port in ports):
        return []
    return [
        present(
            name=port["name"],
            containerPort=port["containerPort"],
            protocol=_unless(port.get("protocol"), "TCP"),
            hostPort=port.get("hostPort"),
        )
        for port in ports
    ]


def service_ports(service: Object, pod: Object) -> list[Object]:
    """The ports of a Service, each with the container port that it leads to."""
    live = service["spec"].get("ports") or []
    on_nodes = service["spec"].get("type") in _ON_NODES
    made: list[Object] = []
    for port in live:
        target = _target(port, pod)
        made.append(
            present(
                name=_name(port, target, pod, {each["name"] for each in made}),
                containerPort=target,
                servicePort=_unless(port["port"], target),
                protocol=_unless(port.get("protocol"), "TCP"),
                appProtocol=port.get("appProtocol"),
                nodePort=port.get("nodePort") if on_nodes else None,
            )
        )
    return made


def _target(port: Object, pod: Object) -> int:
    """The number that a Service's port leads to; its own where no container has a port of that name."""
    target: int | str = port.get("targetPort") or port["port"]
    if isinstance(target, int):
        return target
    return next((each["containerPort"] for each in _ports(pod) if each.get("name") == target), int(port["port"]))


def _name(port: Object, target: int, pod: Object, taken: set[str]) -> str:
    """The Service's name for it, else the container's, else its number; unique, and short enough for a container."""
    of_container = (each.get("name") for each in _ports(pod) if each["containerPort"] == target)
    candidates = (port.get("name"), *of_container, f"port-{port['port']}")
    good = (name for name in candidates if name and _NAME.fullmatch(name) and name not in taken)
    return next(good, f"port-{port['port']}-{port.get('protocol', 'TCP').lower()}")


def _ports(pod: Object) -> Iterator[Object]:
    for container in pod["containers"]:
        yield from container.get("ports") or ()


def _unless(value: object, default: object) -> object:
    return None if value == default else value
