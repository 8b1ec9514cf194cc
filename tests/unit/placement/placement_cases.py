"""Nodes and placements, short to write."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from wharfinger.api.resource import Object
from wharfinger.api.tasks import TasksBlock
from wharfinger.placement import Node, read_node

SELECTOR = {"app.kubernetes.io/name": "web", "app.kubernetes.io/instance": "web"}
MANAGER = "node-role.kubernetes.io/control-plane"
ZONE = "topology.kubernetes.io/zone"


def node_object(
    name: str = "n1",
    *,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    ips: tuple[str, ...] = ("10.0.0.1",),
    ready: str | None = "True",
    os: str = "linux",
    arch: str = "amd64",
    manager: bool = False,
    created: str = "2024-03-01T12:00:00Z",
    **spec: Any,
) -> Object:
    """A core/v1 Node as a kubelet registers it."""
    own = {"kubernetes.io/hostname": name, "kubernetes.io/os": os, "kubernetes.io/arch": arch}
    own |= {MANAGER: ""} if manager else {}
    addresses = [*({"type": "InternalIP", "address": ip} for ip in ips), {"type": "Hostname", "address": name}]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "uid": f"00000000-0000-4000-8000-{crc32(name.encode()):012d}",
            "resourceVersion": "1",
            "labels": own | (labels or {}),
            "annotations": annotations or {},
            "creationTimestamp": created,
        },
        "spec": spec,
        "status": {
            "addresses": addresses,
            "allocatable": {"cpu": "4", "memory": "8Gi"},
            "conditions": [{"type": "Ready", "status": ready, "lastHeartbeatTime": created}] if ready else [],
        },
    }


def node(name: str = "n1", **fields: Any) -> Node:
    """The same, read."""
    return read_node(node_object(name, **fields))


def block(**placement: Any) -> TasksBlock:
    """Swarm's rules, with this placement."""
    return TasksBlock.model_validate({"placement": placement})


def ecs(**placement: Any) -> TasksBlock:
    """ECS's rules, with this placement."""
    return TasksBlock.model_validate({"placement": placement, "deployment": {}})


def per_node(*, ecs: bool = False, **placement: Any) -> TasksBlock:
    """A task on each node, with this placement."""
    rules = {"deployment": {}} if ecs else {}
    return TasksBlock.model_validate({"placement": placement, "scheduling": "global", **rules})
