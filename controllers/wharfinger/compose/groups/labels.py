"""Labels of Docker's that become annotations: their values are any text, which labels of Kubernetes cannot have."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.groups.identity import pod_annotations
from wharfinger.compose.kompose import PREFIX
from wharfinger.compose.part import Context, located

_INSTEAD: Final = {
    "kompose.volume.type": "a claim is made; for a hostPath or emptyDir write spec.pod.volumes in the workload",
    "kompose.volume.selector": "make the PersistentVolumeClaim yourself, and write `external: true`",
    "kompose.volume.subpath": "write `volume: {subpath: …}` at the mount, in the long form",
}
"""Labels of kompose's that are not honoured, and what to write instead."""


def as_annotations(labels: Object | None) -> dict[str, str]:
    """Those whose keys Kubernetes takes, without those that speak to a converter."""
    return pod_annotations({"labels": labels or {}})


def label_findings(
    context: Context, path: str, labels: Object | None, *, read: Collection[str] = ()
) -> Iterator[Finding]:
    """For each key that is left out; `path` is that of the labels. `read` are those that speak to a converter, and are
    understood."""
    kept = as_annotations(labels)
    for key in labels or {}:
        if key.startswith(PREFIX) and key not in read:
            message = f"`{key}` has no effect here; {_INSTEAD.get(key, 'leave it out')}"
            yield located(context.document, f"{path}.{key}", "warning", "KomposeLabel", message)
        if key not in kept and not key.startswith(PREFIX):
            message = f"`{key}` is no key of an annotation, and is left out; write name or domain/name"
            yield located(context.document, f"{path}.{key}", "warning", "KeyNotAllowed", message)
