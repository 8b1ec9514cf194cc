"""What placement looks at of a core/v1 Node, and what the store keeps of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final, Literal

from wharfinger.api.labels import AVAILABILITY_ANNOTATION
from wharfinger.api.nodepolicy import Availability
from wharfinger.api.resource import Object

Role = Literal["manager", "worker"]
"""Swarm's words: a manager is a node of the control plane."""

ENGINE_LABEL_PREFIX: Final = "engine.wharfinger.dev/"
"""Labels of a Node that begin so are what Swarm calls engine labels: ``engine.labels.X`` is this prefix and X."""

HOSTNAME: Final = "kubernetes.io/hostname"
OS: Final = "kubernetes.io/os"
ARCH: Final = "kubernetes.io/arch"
ZONE: Final = "topology.kubernetes.io/zone"
INSTANCE_TYPE: Final = "node.kubernetes.io/instance-type"
CONTROL_PLANE: Final = "node-role.kubernetes.io/control-plane"
"""Label of the control plane's nodes, and key of the taint that most of them have."""

_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
"""Names that the kernel has for what Go (and so Kubernetes) calls otherwise (swarmkit, scheduler/filter.go)."""

_METADATA: Final = ("name", "uid", "resourceVersion", "labels", "annotations", "creationTimestamp", "deletionTimestamp")
_SPEC: Final = ("providerID", "taints", "unschedulable")
_STATUS: Final = ("addresses", "conditions")
_CONDITION: Final = ("type", "status", "reason")
_BULK: Final = (
    "volumes.kubernetes.io/",
    "csi.volume.kubernetes.io/",
    "kubectl.kubernetes.io/",
    "node.alpha.kubernetes.io/",
)
"""Annotations that other controllers keep for themselves, some of them long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taint:
    """A core/v1 Taint."""

    key: str
    value: str = ""
    effect: str = ""
    """NoSchedule, PreferNoSchedule or NoExecute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node, as constraints and expressions see it."""

    name: str
    """Also Swarm's node ID: the only one that a pod can be told (``spec.nodeName``)."""
    uid: str = ""
    hostname: str = ""
    """As the kubelet says it; the name where it does not."""
    ips: tuple[IPv4Address | IPv6Address, ...] = ()
    """Internal addresses."""
    role: Role = "worker"
    os: str = ""
    """As Go has it: linux, windows."""
    arch: str = ""
    """As Go has it: amd64, arm64."""
    labels: Mapping[str, str]
    """All of them."""
    taints: tuple[Taint, ...] = ()
    availability: Availability = "active"
    """A cordoned node is paused at least."""
    ready: Literal["True", "False", "Unknown"] = "True"
    """Its Ready condition. Unknown: its kubelet is silent, Swarm calls such a node down."""
    provider_id: str = ""
    """As the cloud has it: ``aws:///eu-west-1a/i-0123456789``."""
    created_at: str = ""
    """RFC 3339."""

    @property
    def engine_labels(self) -> dict[str, str]:
        """Swarm's engine labels."""
        cut = len(ENGINE_LABEL_PREFIX)
        return {key[cut:]: value for key, value in self.labels.items() if key.startswith(ENGINE_LABEL_PREFIX)}

    @property
    def lost(self) -> bool:
        """Whether nothing is heard of it: what runs there cannot be told."""
        return self.ready == "Unknown"

    @property
    def takes_new(self) -> bool:
        """Whether new pods start there."""
        return self.ready == "True" and self.availability == "active"


def architecture(name: str) -> str:
    """An architecture as Kubernetes calls it: ``x86_64`` is ``amd64``, whatever its case."""
    return _ARCHITECTURES.get(name.lower(), name.lower())


def read_node(node: Object) -> Node:
    """A core/v1 Node, whole or trimmed."""
    metadata, spec, status = node["metadata"], node.get("spec") or {}, node.get("status") or {}
    labels: dict[str, str] = metadata.get("labels") or {}
    addresses: list[Object] = status.get("addresses") or []
    return Node(
        name=metadata["name"],
        uid=metadata.get("uid", ""),
        hostname=labels.get(HOSTNAME) or next(iter(_addresses(addresses, "Hostname")), "") or metadata["name"],
        ips=tuple(_parsed(_addresses(addresses, "InternalIP"))),
        role="manager" if CONTROL_PLANE in labels else "worker",
        os=labels.get(OS, ""),
        arch=labels.get(ARCH, ""),
        labels=labels,
        taints=tuple(_taint(taint) for taint in spec.get("taints") or ()),
        availability=_availability(metadata.get("annotations") or {}, cordoned=bool(spec.get("unschedulable"))),
        ready=_ready(status.get("conditions") or ()),
        provider_id=spec.get("providerID", ""),
        created_at=metadata.get("creationTimestamp") or "",
    )


def trim_node(node: Object) -> Object:
    """A Node's identity, labels, annotations, taints, addresses, conditions and room; not its images or volumes."""
    metadata = _pick(node["metadata"], _METADATA)
    if annotations := metadata.get("annotations"):
        metadata["annotations"] = {key: text for key, text in annotations.items() if not key.startswith(_BULK)}
    status = _pick(node.get("status") or {}, _STATUS)
    if conditions := status.get("conditions"):
        # Not the heartbeat's time: it changes every few minutes on each node, and says nothing.
        status["conditions"] = [_pick(each, _CONDITION) for each in conditions]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata,
        "spec": _pick(node.get("spec") or {}, _SPEC),
        "status": status,
    }


def _availability(annotations: Mapping[str, str], *, cordoned: bool) -> Availability:
    said = annotations.get(AVAILABILITY_ANNOTATION)
    if said == "drain":
        return "drain"
    return "pause" if cordoned or said == "pause" else "active"


def _ready(conditions: Iterable[Object]) -> Literal["True", "False", "Unknown"]:
    """The Ready condition; False of a node that has none yet."""
    for condition in conditions:
        if condition.get("type") == "Ready":
            said = condition.get("status")
            return "True" if said == "True" else "Unknown" if said == "Unknown" else "False"
    return "False"


def _taint(taint: Object) -> Taint:
    return Taint(key=taint.get("key", ""), value=taint.get("value") or "", effect=taint.get("effect", ""))


def _addresses(addresses: Iterable[Object], kind: str) -> Iterable[Any]:
    return (each["address"] for each in addresses if each.get("type") == kind and each.get("address"))


def _parsed(addresses: Iterable[str]) -> Iterable[IPv4Address | IPv6Address]:
    for address in addresses:
        try:
            yield ip_address(address)
        except ValueError:
            continue


def _pick(source: Object, fields: tuple[str, ...]) -> Object:
    return {field: source[field] for field in fields if field in source}
