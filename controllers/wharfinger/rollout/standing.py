"""Standing: how a workload is that others wait for, read off its own status and spec as the API server has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wharfinger.api.resource import Object

_MOST: Final = 300
"""Characters that are quoted of another workload's message: along a chain each quotes the one before."""

_UNREMARKABLE: Final = frozenset({"Progressing", "ReplicasNotReady", "Scaling", "Applying", "JobRunning"})
"""Reasons that say no more than that it is on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One workload at one moment."""

    mode: str = "service"
    completes: bool = False
    """Whether its mode is one that can come to an end."""
    bounded: bool = False
    """Whether it is a job: its pods do not all run at once."""
    wanted: bool = True
    """False: it shall have no pod (``replicas: 0``)."""
    checked: bool = False
    """Whether anything checks its health."""
    current: bool = False
    """Whether its status is about its spec as it is now."""
    waits: bool = False
    """Whether it waits itself for what it depends on."""
    ready: bool = False
    complete: bool = False
    stalled: str = ""
    """Why it will not get there by itself; empty while it may."""
    started: int = 0
    """Pods whose containers have started."""
    ready_pods: int = 0
    desired: int = 0
    """Pods that there should be."""
    reason: str = ""
    """Why it is not ready, where that is worth a word."""
    running: str = ""
    """What runs: another text for each revision, and for another workload of its name; empty where nothing does."""


def standing(obj: Object | None) -> Standing | None:
    """The standing of a ContainerWorkload; None of one that is not there, or is being deleted."""
    if obj is None or "deletionTimestamp" in obj["metadata"]:
        return None
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    said = {each["type"]: each for each in status.get("conditions") or () if each["status"] == "True"}
    rollout = status.get("rollout") or {}
    mode = spec.get("mode", "service")
    bounded = mode == "job" or (spec.get("tasks") or {}).get("scheduling", "").endswith("-job")
    return Standing(
        mode=mode,
        completes=bounded or mode == "pod",
        bounded=bounded,
        wanted=bool(spec.get("replicas", 1) or spec.get("autoscale")),
        checked=_checked(spec),
        current=status.get("observedGeneration") == obj["metadata"].get("generation"),
        waits="waitingRevision" in rollout,
        ready="Ready" in said,
        complete="Complete" in said,
        stalled=_told(said.get("Stalled")),
        started=status.get("startedReplicas", 0),
        ready_pods=status.get("readyReplicas", 0),
        desired=status.get("desiredReplicas", 0),
        reason=_reason(status),
        running=_running(obj, rollout),
    )


def _told(condition: Object | None) -> str:
    return f"{condition['reason']}: {condition.get('message', '')}"[:_MOST] if condition else ""


def _reason(status: Object) -> str:
    """Of Ready, where that is not True."""
    for each in status.get("conditions") or ():
        if each["type"] == "Ready" and each["status"] != "True" and each["reason"] not in _UNREMARKABLE:
            reason: str = each["reason"]
            return reason
    return ""


def _checked(spec: Object) -> bool:
    """Whether `spec.healthCheck` or a readiness probe of `spec.pod` says when it is ready."""
    containers = (spec.get("pod") or {}).get("containers") or ()
    return bool(spec.get("healthCheck")) or any("readinessProbe" in each for each in containers)


def _running(obj: Object, rollout: Object) -> str:
    """The uid makes a workload another one that was deleted and made again, whose numbers begin anew."""
    number = rollout.get("runningRevision")
    return f"{obj['metadata'].get('uid', '')[:8]}/{number}" if number is not None else ""
