"""What Kubernetes says about merging PodSpecs, as data.

Source: Kubernetes' OpenAPI document, read from PodSpec downwards: ``x-kubernetes-list-map-keys`` for lists whose items
have identity, the ``retainKeys`` of ``x-kubernetes-patch-strategy``, and the types of which one member at most may be
set (probe and lifecycle handlers, the value of an EnvVar). Within a PodSpec each field name means one thing, so the
name is the key of the tables. A test compares them with what a real API server publishes.

In two lists strategic merge looks at less than server-side apply does (``ports`` by containerPort alone,
``topologySpreadConstraints`` by topologyKey alone), and so takes two items for one. The finer key is used here.
"""

from __future__ import annotations

from collections.abc import Mapping

from wharfinger.api.resource import Object

MERGE_KEYS: Mapping[str, tuple[str, ...]] = {
    "claims": ("name",),
    "containers": ("name",),
    "env": ("name",),
    "ephemeralContainers": ("name",),
    "hostAliases": ("ip",),
    "imagePullSecrets": ("name",),
    "initContainers": ("name",),
    "ownerReferences": ("uid",),
    "ports": ("containerPort", "protocol"),
    "resourceClaims": ("name",),
    "schedulingGates": ("name",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "volumeDevices": ("devicePath",),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
}
"""Lists that merge item by item, and the fields that tell their items apart. Every other list is replaced."""

KEY_DEFAULTS: Mapping[str, str] = {"protocol": "TCP"}
"""What a key field means where an item leaves it out."""

RETAINS_KEYS = frozenset({"resourceClaims", "volumes"})
"""Lists whose items are unions (a volume has one source): of an item that an overlay names, only the fields that the
overlay names too are kept, as ``kubectl apply`` says by ``$retainKeys``."""

_PROBE = frozenset({"exec", "grpc", "httpGet", "tcpSocket"})
_HANDLER = frozenset({"exec", "httpGet", "sleep", "tcpSocket"})
UNIONS: Mapping[str, frozenset[str]] = {
    "env": frozenset({"value", "valueFrom"}),
    "livenessProbe": _PROBE,
    "postStart": _HANDLER,
    "preStop": _HANDLER,
    "readinessProbe": _PROBE,
    "startupProbe": _PROBE,
}
"""Fields (of list items, for lists) that exclude each other: an overlay with one of them removes the others."""


def merge_keys(field: str) -> tuple[str, ...]:
    """The fields that tell apart the items of a PodSpec's list `field`; empty where the list is atomic."""
    return MERGE_KEYS.get(field, ())


def key_value(item: Object, key: str) -> object:
    """What `item` says for a key field; None where it says nothing and nothing is meant."""
    return item.get(key, KEY_DEFAULTS.get(key))
