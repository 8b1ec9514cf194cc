"""Which containers of a pod have a log that can be read now. Pure: pods as the API server has them go in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wharfinger.api.labels import INSTANCE_LABEL
from wharfinger.cli.status.detail import pod_state

Object = dict[str, Any]

_SPECS = ("initContainers", "containers")
_STATUSES = ("initContainerStatuses", "containerStatuses")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which containers are asked for: the main one, the one named, or every one."""

    container: str | None = None
    every: bool = False
    previous: bool = False
    """Of each the run before its last restart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One run of one container: after a restart it is another source."""

    namespace: str
    pod: str
    uid: str
    container: str
    run: int
    """How often it was restarted before."""
    label: str
    """What its lines begin with."""


def sources(pod: Object, choice: Choice) -> list[Source]:
    """The containers that are asked for and have written, or are about to."""
    metadata = pod["metadata"]
    asked = set(chosen(pod, choice))
    several = len(asked) > 1
    return [
        Source(
            namespace=metadata["namespace"],
            pod=metadata["name"],
            uid=metadata["uid"],
            container=status["name"],
            run=status.get("restartCount", 0),
            label=f"{metadata['name']}/{status['name']}" if several or choice.container else metadata["name"],
        )
        for status in _statuses(pod)
        if status["name"] in asked and _has_log(status, previous=choice.previous)
    ]


def chosen(pod: Object, choice: Choice) -> list[str]:
    """Names of the containers that are asked for; none where the pod does not have the one that is named."""
    names = containers(pod)
    if choice.every:
        return names
    main = pod["metadata"].get("labels", {}).get(INSTANCE_LABEL, "")
    wanted = choice.container or (main if main in names else names[-1])
    return [wanted] if wanted in names else []


def containers(pod: Object) -> list[str]:
    """Names of all containers, in the order in which they start."""
    return [each["name"] for field in _SPECS for each in pod["spec"].get(field) or ()]


def silence(pod: Object, choice: Choice) -> str:
    """Why nothing can be read of a pod, for a person."""
    if not chosen(pod, choice):
        return f"has no container {choice.container}; it has {', '.join(containers(pod))}"
    if choice.previous:
        return "was not restarted, so that there is no log before this one"
    state, message = pod_state(pod)
    return f"has not started yet: {state}{f': {message}' if message else ''}"


def ended(pod: Object | None) -> str:
    """How a pod ended, in a few words; empty while it runs."""
    if pod is None:
        return "is gone"
    phase = pod.get("status", {}).get("phase")
    if phase not in ("Succeeded", "Failed"):
        return ""
    state, message = pod_state(pod)
    return f"ended: {state}{f', {message}' if message else ''}"


def _statuses(pod: Object) -> Iterator[Object]:
    for field in _STATUSES:
        yield from pod.get("status", {}).get(field) or ()


def _has_log(status: Object, *, previous: bool) -> bool:
    """The kubelet's rule: it runs or has run; while it waits to be started again, its last run counts."""
    state, last = status.get("state") or {}, status.get("lastState") or {}
    if previous:
        return "terminated" in last
    return "running" in state or "terminated" in state or "terminated" in last
