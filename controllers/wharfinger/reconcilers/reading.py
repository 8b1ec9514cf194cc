"""Reading resources once: a spec is checked when it changes, and not at every event about its pods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cachetools import LRUCache

from wharfinger.api.containerworkload import Workload
from wharfinger.api.parse import InvalidSpec, parse
from wharfinger.api.resource import Object
from wharfinger.api.status import ContainerWorkloadStatus
from wharfinger.render import checked

_RECENT = 2048
"""Resources whose reading is kept: those in motion. One at rest is not looked at, and needs no place here."""

_specs: LRUCache[tuple[str, int], Workload] = LRUCache(_RECENT)


def read(obj: Object) -> Workload:
    """The workload that a stored resource describes. Raises `InvalidSpec`.

    The API server counts metadata.generation up with every change of the spec, so uid and generation stand for it.
    Labels and annotations change without it.
    """
    metadata = obj["metadata"]
    version = (metadata["uid"], metadata["generation"])
    known = _specs.get(version)
    if known is None:
        known = _specs[version] = checked(parse(obj))
    return replace(known, labels=_texts(metadata, "labels"), annotations=_texts(metadata, "annotations"))


def readable(obj: Object) -> Workload | None:
    """The same, or None for what cannot be read."""
    try:
        return read(obj)
    except InvalidSpec:
        return None


def status_of(obj: Object) -> ContainerWorkloadStatus:
    """The state that outlives the operator. A status that cannot be read (an older operator's) is as good as none."""
    try:
        return ContainerWorkloadStatus.model_validate(obj.get("status", {}))
    except ValueError:
        return ContainerWorkloadStatus()


def _texts(metadata: Object, field: str) -> Mapping[str, str]:
    found: Mapping[str, str] = metadata.get(field) or {}
    return found
