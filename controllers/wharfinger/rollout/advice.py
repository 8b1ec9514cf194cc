"""How bad each trouble of a pod is, and what a person can do about it."""

from __future__ import annotations

from typing import Final

WORST_FIRST: Final = (
    "FailedCreate",
    "InvalidImageName",
    "ImagePullBackOff",
    "ErrImagePull",
    "ErrImageNeverPull",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "OOMKilled",
    "CrashLoopBackOff",
    "Error",
    "PodFailed",
    "Evicted",
    "NodeLost",
    "FailedMount",
    "FailedAttachVolume",
    "FailedCreatePodSandBox",
    "Unschedulable",
    "SchedulingGated",
    "Terminating",
    "NotReady",
)
"""Reasons in the order in which they deserve attention: what never ends by itself before what may."""

_RANK: Final = {reason: rank for rank, reason in enumerate(WORST_FIRST)}

_IMAGE = "check the image's name and tag, and imagePullSecrets"

_ADVICE: Final = {
    "InvalidImageName": "correct spec.image",
    "ImagePullBackOff": _IMAGE,
    "ErrImagePull": _IMAGE,
    "ErrImageNeverPull": "imagePullPolicy is Never and the node does not have the image",
    "OOMKilled": "raise resources.limits.memory",
    "Unschedulable": "lower what the pod asks for, or add nodes that fit",
    "Evicted": "the node ran short; set resources.requests to what the pod needs",
    "NodeLost": "its node does not answer; if it is gone for good, delete the Node object",
    "Terminating": "its node may not answer; if it is gone for good, delete the Node object",
    "SchedulingGated": "something must remove its scheduling gates",
}


def rank(reason: str) -> int:
    """Place of `reason` in `WORST_FIRST`; an unknown one stands before the last, which says least."""
    return _RANK.get(reason, len(WORST_FIRST) - 2)


def advice(reason: str, message: str, *, pod: str, container: str | None) -> str:
    """What to do, where that is knowable; else empty. `message` is Kubernetes' own."""
    if reason in ("CrashLoopBackOff", "Error") and container:
        return f"see `kubectl logs {pod} -c {container} --previous`"
    if "runAsNonRoot" in message:
        return "run the image as a user other than 0, or set security.runAsNonRoot to false"
    if "not found" in message and reason in ("CreateContainerConfigError", "FailedMount"):
        return "make the object that is missing"
    if "exceeded quota" in message:
        return "ask for less, or raise the namespace's ResourceQuota"
    if "violates PodSecurity" in message:
        return "meet the namespace's Pod Security level"
    return _ADVICE.get(reason, "")
