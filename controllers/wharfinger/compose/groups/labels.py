"""Labels of Docker's that become annotations: their values are any text, which labels of Kubernetes cannot have."""

from __future__ import annotations

from collections.abc import Iterator

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.groups.identity import pod_annotations
from wharfinger.compose.kompose import PREFIX
from wharfinger.compose.part import Context, located


def as_annotations(labels: Object | None) -> dict[str, str]:
    """Those whose keys Kubernetes takes, without those that speak to a converter."""
    return pod_annotations({"labels": labels or {}})


def label_findings(context: Context, path: str, labels: Object | None) -> Iterator[Finding]:
    """For each key that is left out; `path` is that of the labels."""
    kept = as_annotations(labels)
    for key in labels or {}:
        if key not in kept and not key.startswith(PREFIX):
            message = f"`{key}` is no key of an annotation, and is left out; write name or domain/name"
            yield located(context.document, f"{path}.{key}", "warning", "KeyNotAllowed", message)
