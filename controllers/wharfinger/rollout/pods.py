"""What one Pod says about itself. Every function here takes a Pod as the API server has it, trimmed or whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from wharfinger.api.labels import REVISION_LABEL
from wharfinger.api.resource import Object
from wharfinger.rollout import times

_NODES_DOING = ("Evicted", "NodeLost", "NodeShutdown", "Shutdown", "Terminated", "Preempting", "NodeAffinity", "OutOf")
"""How the reasons of a Failed Pod begin that the node gave, not the containers: eviction, shutdown, admission."""

_OWN_DEADLINE = "DeadlineExceeded"
"""Reason of a Failed Pod whose activeDeadlineSeconds are over: it ended as it was asked to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodRef:
    """One Pod and no other that comes to bear its name."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """A container that went down and is not well now."""

    pod: str
    container: str
    restarts: int
    """How often it was started again."""
    finished_at: str | None
    """When it last went down."""
    made_at: str | None = None
    """When its pod was made."""
    message: str
    """Reason, exit code, last words."""


def name_of(pod: Object) -> str:
    """The Pod's name."""
    name: str = pod["metadata"]["name"]
    return name


def ref(pod: Object) -> PodRef:
    """The Pod by name and uid."""
    metadata = pod["metadata"]
    return PodRef(namespace=metadata.get("namespace", ""), name=metadata["name"], uid=metadata.get("uid", ""))


def revision(pod: Object) -> str | None:
    """Hash of the revision that the Pod runs."""
    return (pod["metadata"].get("labels") or {}).get(REVISION_LABEL)


def phase(pod: Object) -> str:
    """Pending, Running, Succeeded, Failed or Unknown; empty before the API server has set one."""
    value: str = pod.get("status", {}).get("phase", "")
    return value


def terminating(pod: Object) -> bool:
    """Whether it was told to go."""
    return "deletionTimestamp" in pod["metadata"]


def active(pod: Object) -> bool:
    """Whether it counts as a replica: neither going nor at its end, as the Deployment controller counts."""
    return not terminating(pod) and phase(pod) not in ("Succeeded", "Failed")


def condition(pod: Object, kind: str) -> Object:
    """The Pod's condition of that type; empty where it has none."""
    for found in pod.get("status", {}).get("conditions") or ():
        if found.get("type") == kind:
            kept: Object = found
            return kept
    return {}


def ready(pod: Object) -> bool:
    """Whether it may get traffic: the Ready condition, of a Pod that stays."""
    return not terminating(pod) and condition(pod, "Ready").get("status") == "True"


def started(pod: Object) -> bool:
    """Whether all its containers have started, ready or not, and whatever became of them since."""
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    if phase(pod) not in ("Running", "Succeeded") and not (statuses and phase(pod) == "Failed"):
        return False
    return all("running" in (each.get("state") or {}) or terminated(each) for each in statuses)


def available(pod: Object, *, min_ready: float, now: datetime) -> bool:
    """Whether it has been ready for `min_ready` seconds, as minReadySeconds counts."""
    since = condition(pod, "Ready").get("lastTransitionTime")
    return ready(pod) and (min_ready <= 0 or times.seconds_since(since, now) >= min_ready)


def age(pod: Object, now: datetime) -> float:
    """Seconds since it was made."""
    return times.seconds_since(pod["metadata"].get("creationTimestamp"), now)


def container_statuses(pod: Object) -> Iterator[Object]:
    """How its containers are: init containers (and sidecars) first, as they start."""
    status = pod.get("status", {})
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()


def init_containers(pod: Object) -> frozenset[str]:
    """Names of the containers that must end well before the others start."""
    return frozenset(each["name"] for each in pod.get("status", {}).get("initContainerStatuses") or ())


def waiting(status: Object) -> Object:
    """Why a container does not run: ``{reason, message}``; empty if it does."""
    found: Object = (status.get("state") or {}).get("waiting") or {}
    return found


def terminated(status: Object) -> Object:
    """How a container ended last, in this life or the one before; empty if it never did."""
    state, last = status.get("state") or {}, status.get("lastState") or {}
    found: Object = state.get("terminated") or last.get("terminated") or {}
    return found


def last_words(end: Object) -> str:
    """``OOMKilled, exit code 137: <last line>`` of a container's end. `end` is a ContainerStateTerminated."""
    if not end:
        return ""
    code = f"exit code {end.get('exitCode', 0)}"
    reason = end.get("reason", "")
    told = f"{reason}, {code}" if reason not in ("", "Error", "Completed") else code
    lines = (end.get("message") or "").strip().splitlines()
    return f"{told}: {lines[-1][:300]}" if lines else told


def crashes(pod: Object) -> Iterator[Crash]:
    """The containers that went down at least once, were started again, and are not well now.

    An init container that went down and then did its work is well; so is one that runs and is ready again.
    """
    for status in container_statuses(pod):
        end = terminated(status)
        if status.get("restartCount", 0) < 1 or status.get("ready") or not end:
            continue
        if end.get("exitCode") == 0 and not waiting(status):
            continue
        yield Crash(
            pod=name_of(pod),
            container=status["name"],
            restarts=status["restartCount"],
            finished_at=end.get("finishedAt"),
            made_at=pod["metadata"].get("creationTimestamp"),
            message=last_words(end),
        )


def lost(pod: Object) -> bool:
    """Whether a Pod that nobody else owns will never run again, through no doing of its containers.

    With restartPolicy Always a Failed Pod is the node's doing (eviction, shutdown, refusal: see Pod lifecycle), unless
    its own deadline ended it.
    """
    policy, reason = pod.get("spec", {}).get("restartPolicy", "Always"), pod.get("status", {}).get("reason", "")
    if terminating(pod) or phase(pod) != "Failed" or reason == _OWN_DEADLINE:
        return False
    return policy == "Always" or reason.startswith(_NODES_DOING) or bool(condition(pod, "DisruptionTarget"))
