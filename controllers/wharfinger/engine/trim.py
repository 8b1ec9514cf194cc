"""What of an object is worth its memory: functions that run on each object right before it is stored.

A trim may change the freshly decoded object in place, since nobody else has seen it. What the engine itself needs must
stay: name, namespace, uid, resourceVersion, ownerReferences and deletionTimestamp; and for what it writes, annotations
and the slim managedFields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wharfinger.api.depth import DEEPEST, cut, deeper_than
from wharfinger.api.resource import Object

Trim = Callable[[Object], Object]

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""kubectl's copy of the whole object, as an annotation on it."""

_IDENTITY = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "labels",
    "annotations",
    "ownerReferences",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)


def slim(obj: Object) -> Object:
    """The whole object, but for the bulk that nobody reads: managedFields' field sets and kubectl's copy of itself."""
    metadata = obj["metadata"]
    if managed := metadata.get("managedFields"):
        metadata["managedFields"] = [_slim_entry(entry) for entry in managed]
    annotations = metadata.get("annotations")
    if annotations and LAST_APPLIED in annotations:
        del annotations[LAST_APPLIED]
    return obj


def shallow(obj: Object) -> Object:
    """`slim`, for kinds with a part of free form: None for what is nested deeper than anything that makes sense."""
    kept = slim(obj)
    return cut(DEEPEST, kept) if deeper_than(DEEPEST, kept) else kept


def keep(*paths: str) -> Trim:
    """A trim that keeps identity metadata and these dotted paths (``spec.nodeName``, ``status.conditions``).

    A path that leads through a list keeps, of each item, what the rest of the path says:
    ``status.containerStatuses.state``.
    """
    tree: dict[str, Any] = {"metadata": {field: {} for field in _IDENTITY}, "apiVersion": {}, "kind": {}}
    for path in paths:
        node = tree
        for part in path.split("."):
            node = node.setdefault(part, {})

    def trim(obj: Object) -> Object:
        kept: Object = _select(obj, tree)
        if annotations := kept["metadata"].get("annotations"):
            annotations.pop(LAST_APPLIED, None)
        return kept

    return trim


def _select(value: Any, tree: dict[str, Any]) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_select(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _select(value[name], below) for name, below in tree.items() if name in value}


def _slim_entry(entry: Object) -> Object:
    """Who wrote how, through which subresource, and whether ``spec.replicas`` is theirs."""
    kept = {"manager": entry.get("manager", ""), "operation": entry.get("operation", "")}
    if subresource := entry.get("subresource"):
        kept["subresource"] = subresource
    if entry.get("replicas") or "f:replicas" in ((entry.get("fieldsV1") or {}).get("f:spec") or ()):
        kept["replicas"] = True
    return kept
