"""What becomes of an object that the operator has created and not written since. Pure.

It owns what it created by Update, and takes that over before its first apply (see `engine.desired.upgrade`). A dry run
cannot do one after the other: its apply would leave everything that is no longer wanted.
"""

from __future__ import annotations

from typing import Any, Final

from wharfinger.api.builtin import PERSISTENT_VOLUME_CLAIM, SERVICE
from wharfinger.engine.client import MANAGER
from wharfinger.engine.desired import Desired

Object = dict[str, Any]

_ALLOCATED: Final = (SERVICE, PERSISTENT_VOLUME_CLAIM)
"""Kinds in whose spec the cluster writes what it has given them: addresses, a volume."""


def replacement(live: Object, child: Desired) -> Object:
    """The object with the child's fields in the place of its own. What others have set in its metadata stays."""
    body = {key: value for key, value in child.body.items() if key != "metadata"}
    kept = {key: value for key, value in live.items() if key in ("apiVersion", "kind", "status")}
    metadata = {key: value for key, value in live["metadata"].items() if key != "managedFields"}
    for field in ("labels", "annotations"):
        metadata[field] = _others(live, field) | (child.body["metadata"].get(field) or {})
    return kept | body | _spec(live, child) | {"metadata": metadata}


def _others(live: Object, field: str) -> Object:
    """The labels or annotations that are not the operator's."""
    entries = (each for each in live["metadata"].get("managedFields") or () if each["manager"] == MANAGER)
    ours = {key for each in entries for key in _owned(each, field)}
    return {key: value for key, value in (live["metadata"].get(field) or {}).items() if f"f:{key}" not in ours}


def _owned(entry: Object, field: str) -> Object:
    owned: Object = ((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get(f"f:{field}") or {}
    return owned


def _spec(live: Object, child: Desired) -> Object:
    """With what only the cluster, or an autoscaler, knows."""
    spec, there = child.body.get("spec"), live.get("spec") or {}
    if spec is None:
        return {}
    if child.resource in _ALLOCATED:
        return {"spec": {**there, **spec}}
    return {"spec": ({"replicas": there["replicas"]} if "replicas" in there else {}) | spec}
