"""Nodes, policies and pods as data, and what a merge patch makes of a node."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from wharfinger.api import API_VERSION
from wharfinger.api.resource import Object
from wharfinger.reconcilers.nodepolicy.policy import Policy, read


def node(name: str = "n1", *, cordoned: bool = False, labels: dict[str, str] | None = None) -> Object:
    spec = {"unschedulable": True} if cordoned else {}
    metadata = {"name": name, "uid": f"uid-{name}", "resourceVersion": "1", "labels": labels or {}, "annotations": {}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec}


def stored(name: str = "old-pool", *, created: str = "2026-01-01T00:00:00Z", **spec: Any) -> Object:
    metadata = {"name": name, "uid": f"uid-{name}", "generation": 1, "creationTimestamp": created}
    return {"apiVersion": API_VERSION, "kind": "NodePolicy", "metadata": metadata, "spec": spec}


def policy(name: str = "old-pool", *, created: str = "2026-01-01T00:00:00Z", **spec: Any) -> Policy:
    return read(stored(name, created=created, **spec))


def pod(name: str = "web-1", *, owner: str | None = "ReplicaSet", **parts: Any) -> Object:
    metadata: Object = {"name": name, "namespace": "shop", "uid": f"uid-{name}", **parts.pop("metadata", {})}
    if owner:
        metadata["ownerReferences"] = [{"kind": owner, "name": "web", "uid": "o", "controller": True}]
    return {
        "metadata": metadata,
        "spec": {"nodeName": "n1", **parts.pop("spec", {})},
        "status": {"phase": "Running"},
    } | parts


def patched(obj: Object, patch: Object | None) -> Object:
    """The node after a merge patch (RFC 7386); a version later."""
    merged: Object = _merged(deepcopy(obj), patch or {})
    merged["metadata"]["resourceVersion"] = str(int(obj["metadata"]["resourceVersion"]) + 1)
    return merged


def _merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    target = target if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        else:
            target[key] = _merged(target.get(key), value)
    return target
