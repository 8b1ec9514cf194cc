"""``rollout`` in the terms of Deployments, StatefulSets and DaemonSets, which differ in what may be absent or zero."""

from __future__ import annotations

from typing import Any

from wharfinger.api.containerworkload import Rollout, Workload
from wharfinger.api.labels import REVISION_LABEL, REVISION_NUMBER_ANNOTATION
from wharfinger.api.resource import Object, Resource
from wharfinger.render import metadata
from wharfinger.render.options import Options
from wharfinger.render.storage import on_one_node
from wharfinger.render.template import Template
from wharfinger.render.values import is_zero, present, whole_seconds

NATIVE_HISTORY = 2
"""revisionHistoryLimit: our own ControllerRevisions are the history; two old ReplicaSets make a rollback quick."""

FROZEN = 2**31 - 1
"""A StatefulSet partition above every ordinal: no pod is updated, however many there are."""


def workload_object(resource: Resource, workload: Workload, name: str, running: Template, options: Options) -> Object:
    """apiVersion, kind and metadata of the object that runs the pods, with the revision that it runs."""
    number = {REVISION_NUMBER_ANNOTATION: str(options.revision)}
    meta = metadata.metadata(workload, name, annotations=number)
    meta["labels"][REVISION_LABEL] = running.hash
    return metadata.new(resource, meta)


def common_spec(workload: Workload, running: Template, **fields: Any) -> Object:
    """The fields that Deployment, StatefulSet and DaemonSet share."""
    return {
        "selector": {"matchLabels": metadata.selector(workload)},
        "template": running.pod,
        "minReadySeconds": whole_seconds(workload.spec.rollout.min_ready),
        "revisionHistoryLimit": NATIVE_HISTORY,
    } | present(**fields)


def deployment_strategy(workload: Workload) -> Object:
    """Surge by a quarter and never fall short, so that an update leaves no gap.

    Recreate where the pods share a volume that only one node can mount: a surging pod elsewhere would wait for it for
    ever, and two versions would write to it at once. Setting `strategy`, `maxSurge` or `maxUnavailable` says that this
    is wanted.
    """
    rollout = workload.spec.rollout
    if recreates(workload):
        return {"type": "Recreate"}
    surge = _surge(workload) if rollout.max_surge is None else rollout.max_surge
    return _rolling(maxSurge=surge, maxUnavailable=_missing(rollout, default=1 if is_zero(surge) else 0))


def _surge(workload: Workload) -> int | str:
    """No surge where the old pod holds a port of the node: its successor could wait for that node for ever."""
    return 0 if any(port.host_port for port in workload.spec.ports) else "25%"


def recreates(workload: Workload) -> bool:
    """Whether an update stops all pods before it starts new ones."""
    rollout = workload.spec.rollout
    if rollout.strategy is not None:
        return rollout.strategy == "Recreate"
    chosen = rollout.max_surge is not None or rollout.max_unavailable is not None
    return not chosen and any(on_one_node(storage) for storage in workload.spec.storage)


def statefulset_strategy(workload: Workload, *, paused: bool) -> Object:
    """One pod after the other from the highest ordinal down.

    More at once only if asked for: the API server drops `maxUnavailable` unless its feature gate
    MaxUnavailableStatefulSet is on (beta, off by default in 1.36), and what it drops would look like drift.
    """
    missing = _missing(workload.spec.rollout, default=1)
    limits: Object = {} if missing == 1 else {"maxUnavailable": missing}
    return _rolling(partition=FROZEN if paused else 0, **limits)


def daemonset_strategy(workload: Workload, *, paused: bool) -> Object:
    """One node after the other, the old pod going first unless `maxSurge` asks for the new one to come first.

    The API server wants exactly one of the two to be other than zero.
    """
    if paused:
        return {"type": "OnDelete"}
    surge = workload.spec.rollout.max_surge or 0
    return _rolling(maxSurge=surge, maxUnavailable=_missing(workload.spec.rollout, default=1 if is_zero(surge) else 0))


def _missing(rollout: Rollout, *, default: int) -> int | str:
    return default if rollout.max_unavailable is None else rollout.max_unavailable


def _rolling(**limits: int | str) -> Object:
    return {"type": "RollingUpdate", "rollingUpdate": limits}
