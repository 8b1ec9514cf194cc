"""Labels and annotations: what marks an object as ours, and which of the user's own travel to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wharfinger.api.containerworkload import Workload
from wharfinger.api.labels import INSTANCE_LABEL, MANAGED_BY, MANAGED_BY_LABEL, NAME_LABEL, WORKLOAD_LABEL
from wharfinger.api.resource import Object, Resource

_NOT_PASSED_ON = (
    "wharfinger.dev/",
    "argocd.argoproj.io/",
    "kustomize.toolkit.fluxcd.io/",
    "helm.toolkit.fluxcd.io/",
    "applyset.kubernetes.io/",
    "kapp.k14s.io/",
)
"""Prefixes of labels by which a tool tells its own objects: on ours they would make it prune what it never applied."""


def selector(workload: Workload) -> dict[str, str]:
    """The labels that select the workload's pods: `spec.selector`, else ours.

    Immutable in Deployments and StatefulSets, so no other is there.
    """
    return dict(workload.spec.selector or {NAME_LABEL: workload.name, INSTANCE_LABEL: workload.name})


def pods_of(name: str) -> tuple[dict[str, str], ...]:
    """The labels that select the pods of another workload, known by name only: with a `spec.selector`, or without."""
    return {INSTANCE_LABEL: name, MANAGED_BY_LABEL: MANAGED_BY}, {WORKLOAD_LABEL: name, MANAGED_BY_LABEL: MANAGED_BY}


def found_labels(workload: Workload) -> dict[str, str]:
    """The labels of pods that were there before us: what the spec says, and nothing of ours."""
    return dict(workload.spec.pod_labels) | dict(workload.spec.selector or {})


def pod_labels(workload: Workload) -> dict[str, str]:
    """The labels of the pods: ours win over `spec.podLabels`, since we find pods by them.

    With a `spec.selector` theirs win: whatever selected the pods before us goes on selecting them. It may need
    ``app.kubernetes.io/instance`` for another name than the workload's (Helm's charts have the release's there), so a
    further label says which workload they are of.
    """
    if not workload.spec.selector:
        return dict(workload.spec.pod_labels) | own_labels(workload)
    by_us = {WORKLOAD_LABEL: workload.name, MANAGED_BY_LABEL: MANAGED_BY}
    return own_labels(workload) | found_labels(workload) | by_us


def own_labels(workload: Workload) -> dict[str, str]:
    """The labels that we put on everything, pods included."""
    return {NAME_LABEL: workload.name, INSTANCE_LABEL: workload.name, MANAGED_BY_LABEL: MANAGED_BY}


def labels(workload: Workload) -> dict[str, str]:
    """Labels of an object of the workload: the workload's own, less those of GitOps tools, then ours.

    They do not reach the pod template: a label such as ``helm.sh/chart`` changes with every release, and would roll the
    pods. For those there is `spec.podLabels`.
    """
    return passed_on(workload.labels) | own_labels(workload)


def passed_on(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels less those by which GitOps tools tell their own objects."""
    return {key: value for key, value in labels.items() if not key.startswith(_NOT_PASSED_ON)}


def metadata(workload: Workload, name: str, *, annotations: Mapping[str, str] | None = None) -> Object:
    """``metadata`` of an object of the workload."""
    made: Object = {"name": name, "namespace": workload.namespace, "labels": labels(workload)}
    if annotations:
        made["annotations"] = dict(annotations)
    return made


def new(resource: Resource, meta: Object, **fields: Any) -> Object:
    """An object of `resource`, complete as the body of an apply."""
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": meta, **fields}
