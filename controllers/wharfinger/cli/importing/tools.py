"""Tools that keep objects as they have them, told by what they leave on an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from wharfinger.api.labels import MANAGED_BY_LABEL
from wharfinger.api.resource import Object

_LABELS: Final[Mapping[str, str]] = {
    "argocd.argoproj.io/instance": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
    "kapp.k14s.io/app": "kapp",
    "applyset.kubernetes.io/part-of": "kubectl apply --prune",
    "olm.owner": "Operator Lifecycle Manager",
}
_ANNOTATIONS: Final[Mapping[str, str]] = {
    "meta.helm.sh/release-name": "Helm",
    "argocd.argoproj.io/tracking-id": "Argo CD",
}
_NOTES: Final = ("kubectl.kubernetes.io/", "meta.helm.sh/", "argocd.argoproj.io/", "deployment.kubernetes.io/")
"""Prefixes of annotations in which tools keep notes on an object: no part of what it should be."""


def tool_of(obj: Object) -> str | None:
    """The tool that would put the object back to what it has of it; None where none is known."""
    metadata = obj["metadata"]
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    if labels.get(MANAGED_BY_LABEL) == "Helm":
        return "Helm"
    by_label = (tool for label, tool in _LABELS.items() if label in labels)
    by_annotation = (tool for annotation, tool in _ANNOTATIONS.items() if annotation in annotations)
    return next(iter((*by_annotation, *by_label)), None)


def without_notes(annotations: Mapping[str, str]) -> dict[str, str]:
    """The annotations that say what an object should be."""
    return {name: value for name, value in annotations.items() if not name.startswith(_NOTES)}
