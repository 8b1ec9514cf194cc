"""Pods on a drained node: which of them go, which stay, and what holds the others. Pure.

The rules are kubectl drain's (k8s.io/kubectl, pkg/drain/filters.go), with two differences: data in an emptyDir is no
reason to stay unless the policy says so, and the tasks of our own workloads are moved by those, in their order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from wharfinger.api.labels import TASK_LABEL
from wharfinger.api.nodepolicy import Drain, RemainingPod
from wharfinger.api.resource import Object, controller_of

Fate = Literal["ended", "stays", "waits", "goes"]
"""ended: it runs no more; stays: it belongs to the node; waits: something holds it; goes: it can be evicted."""

MIRROR: Final = "kubernetes.io/config.mirror"
"""On the API's copy of a static pod: its kubelet makes it again, whatever the API server is told."""

_NO_CONTROLLER = "no controller would make it again; delete it, or set drain.force"
_EMPTY_DIR = "it has data in an emptyDir, and drain.deleteEmptyDirData is false"
_TASK = "a task: its workload starts another one elsewhere and stops it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of one pod."""

    pod: Object
    fate: Fate
    reason: str = ""
    message: str = ""

    @property
    def remaining(self) -> RemainingPod:
        """As the status tells it."""
        return RemainingPod(pod=name_of(self.pod), reason=self.reason, message=self.message)


def judge(pods: Iterable[Object], drain: Drain) -> tuple[Verdict, ...]:
    """What becomes of each pod of a node, in the order of their names."""
    return tuple(_verdict(pod, drain) for pod in sorted(pods, key=name_of))


def name_of(pod: Object) -> str:
    """``namespace/name``."""
    return f"{pod['metadata'].get('namespace', '')}/{pod['metadata']['name']}"


def _verdict(pod: Object, drain: Drain) -> Verdict:
    metadata = pod["metadata"]
    owner = controller_of(pod)
    if pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        return Verdict(pod=pod, fate="ended")
    if MIRROR in (metadata.get("annotations") or {}):
        return Verdict(pod=pod, fate="stays", reason="Static")
    if owner is not None and owner["kind"] == "DaemonSet":
        return Verdict(pod=pod, fate="stays", reason="DaemonSet", message=f"of DaemonSet {owner['name']}")
    if "deletionTimestamp" in metadata:
        return _waits(pod, "Terminating", f"has until {metadata['deletionTimestamp']} to end")
    if owner is not None and TASK_LABEL in (metadata.get("labels") or {}):
        return _waits(pod, "Task", _TASK)
    if owner is None and not drain.force:
        return _waits(pod, "NoController", _NO_CONTROLLER)
    if _has_data(pod) and not drain.delete_empty_dir_data:
        return _waits(pod, "EmptyDirData", _EMPTY_DIR)
    return Verdict(pod=pod, fate="goes")


def _waits(pod: Object, reason: str, message: str) -> Verdict:
    return Verdict(pod=pod, fate="waits", reason=reason, message=message)


def _has_data(pod: Object) -> bool:
    return any("emptyDir" in volume for volume in pod.get("spec", {}).get("volumes") or ())
