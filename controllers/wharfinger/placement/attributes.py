"""A node as ECS's container instance: its attributes, from the labels that Kubernetes has for them.

An attribute that is not among `BUILT_IN` is the label of that name, so ``attribute:stack`` is the label ``stack``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from wharfinger.placement.node import ARCH, HOSTNAME, INSTANCE_TYPE, OS, ZONE, Node, architecture


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The label that an attribute comes from."""

    label: str
    read: Callable[[str], str | None] = str
    """From the label's value to the attribute's; None where that says nothing."""
    write: Callable[[str], str] = str
    """Back: the label's value that would give this one, if any does."""


def _ecs_architecture(arch: str) -> str:
    return "x86_64" if arch == "amd64" else arch


def _os_family(os: str) -> str | None:
    """LINUX. Windows' family is a version, which no label names as ECS does."""
    return "LINUX" if os == "linux" else None


BUILT_IN: Final[Mapping[str, Source]] = {
    "ecs.availability-zone": Source(label=ZONE),
    "ecs.instance-type": Source(label=INSTANCE_TYPE),
    "ecs.os-type": Source(label=OS),
    "ecs.os-family": Source(label=OS, read=_os_family, write=str.lower),
    "ecs.cpu-architecture": Source(label=ARCH, read=_ecs_architecture, write=architecture),
}
"""Attributes that ECS sets itself, as far as Kubernetes knows them (developer guide, task-placement-constraints)."""


def source(attribute: str) -> Source:
    """The label that an attribute comes from."""
    return BUILT_IN.get(attribute) or Source(label=attribute)


def attribute(name: str, node: Node) -> str | None:
    """An attribute of a node; None where it has none of that name."""
    origin = source(name)
    value = node.labels.get(origin.label)
    return origin.read(value) if value is not None else None


def instance_id(node: Node) -> str:
    """ec2InstanceId: the last part of the provider's ID, ``i-0123456789`` of ``aws:///eu-west-1a/i-0123456789``."""
    return node.provider_id.rpartition("/")[2]


def topology_key(field: str) -> str:
    """The label by which ECS's strategy ``spread`` tells places apart; empty for a field that ECS has not."""
    if field in ("instanceId", "host"):
        return HOSTNAME
    name = field.removeprefix("attribute:")
    return source(name).label if field.startswith("attribute:") and name else ""
