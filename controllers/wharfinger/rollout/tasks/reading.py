"""A task, read off its Pod: state, times, health, and why it ended.

States are Swarm's. What Kubernetes has no word for:

- A Pod without a node is ``new`` until the scheduler has tried, ``pending`` when it found none.
- A container that cannot be started (its image cannot be pulled, say) makes the task ``rejected``, at once: Swarm's and
  ECS's agents give such a task up, where a kubelet would try for ever. So does a node that refuses the Pod.
- The end of an essential container is the task's, whatever the other containers still do.
- ``running`` waits until the essential containers are ready, which is at once where nothing checks.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, cast, get_args

from wharfinger.api.labels import (
    CAUSE_LABEL,
    ITERATION_LABEL,
    NODE_LABEL,
    REVISION_LABEL,
    SLOT_LABEL,
    TASK_LABEL,
    UNHEALTHY_AFTER_ANNOTATION,
)
from wharfinger.api.resource import Object
from wharfinger.rollout import pods as pod_
from wharfinger.rollout import times
from wharfinger.rollout.tasks import containers
from wharfinger.rollout.tasks.containers import End
from wharfinger.rollout.tasks.task import Cause, Place, State, StopCode, Task

_REFUSED_BY_NODE: Final = (
    "NodeAffinity", "NodePorts", "OutOf", "UnexpectedAdmissionError", "SysctlForbidden", "AppArmor", "InvalidNodeInfo",
    "PodOSNotSupported", "PodOSSelectorNodeLabelDoesNotMatch", "TopologyAffinityError",
)  # fmt: skip
"""How the reasons of a Failed Pod begin that the kubelet did not admit."""

_LONGEST: Final = 300
"""Characters of a message that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A task, and what time alone will change of it."""

    task: Task
    unhealthy_at: datetime | None = None
    """When it becomes unhealthy, since it never was ready; None where nothing checks, or where it was ready."""

    def at(self, now: datetime) -> Task:
        """The task at that time."""
        late = self.unhealthy_at is not None and self.unhealthy_at <= now
        return replace(self.task, healthy=False) if late else self.task


def read(pod: Object, *, spare: Collection[str] = (), before: Task | None = None) -> Reading | None:
    """The task of a Pod; None of a Pod that is no task.

    `spare` are the names of containers that are not essential. `before` is what the same Pod said earlier: whether it
    was ever ready, a Pod that is not so any more does not say exactly.
    """
    identity = _identity(pod)
    if identity is None:
        return None
    statuses = containers.essential_statuses(pod, spare)
    started, finish = containers.started_at(pod), _finish(pod, statuses)
    ready = containers.are_ready(statuses)
    running = (before.running_at if before else None) or _running_at(pod, started, ready=ready)
    task = Task(
        **identity,
        state=finish.state if finish else _state(pod, ever_ready=running is not None),
        started_at=started,
        running_at=running,
        finished_at=finish.at if finish else None,
        checked=_checked(pod),
        healthy=_healthy(pod, ready=ready, ever_ready=running is not None),
        stopping_at=_told_to_stop(pod),
        node=pod.get("spec", {}).get("nodeName"),
        exit_code=finish.code if finish else None,
        stop_code=finish.stop_code if finish else None,
        message=(finish.message if finish else _trouble(pod))[:_LONGEST],
        pod=pod_.ref(pod),
    )
    return Reading(task=task, unhealthy_at=None if finish or running else _verdict(pod, started))


def _identity(pod: Object) -> dict[str, Any] | None:
    """What the labels say; None where they are no task's."""
    labels = pod["metadata"].get("labels") or {}
    place, iteration, cause = _place(pod), labels.get(ITERATION_LABEL, ""), labels.get(CAUSE_LABEL)
    if TASK_LABEL not in labels or place is None or not iteration.isdecimal() or cause not in get_args(Cause):
        return None
    return {
        "id": labels[TASK_LABEL],
        "place": place,
        "revision": labels.get(REVISION_LABEL, ""),
        "iteration": int(iteration),
        "cause": cast("Cause", cause),
        "created_at": times.parse(pod["metadata"]["creationTimestamp"]),
    }


def _place(pod: Object) -> Place | None:
    metadata = pod["metadata"]
    slot, node = (metadata.get("labels") or {}).get(SLOT_LABEL, ""), (metadata.get("annotations") or {}).get(NODE_LABEL)
    if node:
        return Place(node=node)
    return Place(slot=int(slot)) if slot.isdecimal() else None


# Its end


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finish:
    state: State
    at: datetime
    code: int | None = None
    stop_code: StopCode
    message: str = ""


def _finish(pod: Object, statuses: list[Object]) -> _Finish | None:
    """How the task ended; None while it has not."""
    if hindered := containers.hindrance(pod):
        reason, message = hindered
        return _Finish(
            state="rejected", at=_seen(pod), stop_code="TaskFailedToStart", message=f"{reason}: {message}".rstrip(": ")
        )
    end = containers.first_end(statuses)
    if pod_.terminating(pod):
        over = pod_.phase(pod) in ("Succeeded", "Failed")
        return _stopped(pod, end) if over else None
    if end:
        return _ended(pod, end)
    return _failed_unsaid(pod) if pod_.phase(pod) in ("Succeeded", "Failed") else None


def _ended(pod: Object, end: End) -> _Finish:
    return _Finish(
        state="complete" if end.code == 0 else "failed",
        at=end.at or _seen(pod),
        code=end.code,
        stop_code="EssentialContainerExited",
        message=end.message,
    )


def _stopped(pod: Object, end: End | None) -> _Finish:
    """It was told to go, and went: by us, which the records know, or by somebody's hand."""
    evicted = pod_.condition(pod, "DisruptionTarget")
    return _Finish(
        state="shutdown",
        at=(end.at if end else None) or _seen(pod),
        code=end.code if end else None,
        stop_code="TerminationNotice" if evicted else "UserInitiated",
        message=evicted.get("message", ""),
    )


def _failed_unsaid(pod: Object) -> _Finish:
    """No container says why: the node refused the Pod, evicted it, or an init container failed."""
    status = pod.get("status", {})
    reason, message = status.get("reason", ""), status.get("message", "")
    told = f"{reason}: {message}".strip(": ")
    if pod_.phase(pod) == "Succeeded":
        return _Finish(state="complete", at=_seen(pod), stop_code="EssentialContainerExited")
    if reason.startswith(_REFUSED_BY_NODE):
        return _Finish(state="rejected", at=_seen(pod), stop_code="TaskFailedToStart", message=told)
    if reason:
        return _Finish(state="failed", at=_seen(pod), stop_code="TerminationNotice", message=told)
    init = containers.first_end([each for each in pod_.container_statuses(pod) if _went_wrong(each)])
    message = f"init container {init.container}: {init.message}" if init else "its Pod failed"
    return _Finish(state="failed", at=_seen(pod), stop_code="TaskFailedToStart", message=message)


def _went_wrong(status: Object) -> bool:
    return bool((status.get("state") or {}).get("terminated", {}).get("exitCode"))


def _seen(pod: Object) -> datetime:
    """When its conditions last changed: the best that a Pod says of the time of what has none of its own."""
    changes = [each.get("lastTransitionTime") for each in pod.get("status", {}).get("conditions") or ()]
    known = [times.parse(each) for each in changes if each]
    return max(known, default=times.parse(pod["metadata"]["creationTimestamp"]))


# Until then


def _state(pod: Object, *, ever_ready: bool) -> State:
    """How far it is, of a task that has not ended."""
    if not pod.get("spec", {}).get("nodeName"):
        return "pending" if pod_.condition(pod, "PodScheduled").get("status") == "False" else "new"
    if ever_ready:
        return "running"
    if containers.any_started(pod):
        return "starting"
    if pod.get("status", {}).get("containerStatuses"):
        return "preparing"
    return "accepted" if pod.get("status", {}).get("startTime") else "assigned"


def _running_at(pod: Object, started: datetime | None, *, ready: bool) -> datetime | None:
    """When it was first ready, as far as the Pod tells; None if it never was.

    The Ready condition of a Pod that is not ready has changed after its start only if it was ready meanwhile.
    """
    if started is None:
        return None
    changed = pod_.condition(pod, "Ready").get("lastTransitionTime")
    moment = times.parse(changed) if changed else started
    if ready:
        return max(started, moment)
    if not _checked(pod):
        return started
    return started if moment > started else None


def _healthy(pod: Object, *, ready: bool, ever_ready: bool) -> bool | None:
    if ready:
        return True if _checked(pod) else None
    return False if ever_ready and _checked(pod) else None


def _checked(pod: Object) -> bool:
    return UNHEALTHY_AFTER_ANNOTATION in (pod["metadata"].get("annotations") or {})


def _verdict(pod: Object, started: datetime | None) -> datetime | None:
    after = (pod["metadata"].get("annotations") or {}).get(UNHEALTHY_AFTER_ANNOTATION, "")
    return started + timedelta(seconds=int(after)) if started and after.isdecimal() else None


def _told_to_stop(pod: Object) -> datetime | None:
    """When it was told to go: deletionTimestamp is when its grace period is over (Kubernetes, Pod lifecycle)."""
    metadata = pod["metadata"]
    until = metadata.get("deletionTimestamp")
    if until is None:
        return None
    return times.parse(until) - timedelta(seconds=metadata.get("deletionGracePeriodSeconds") or 0)


def _trouble(pod: Object) -> str:
    """Why it is not further than it is."""
    scheduled = pod_.condition(pod, "PodScheduled")
    return scheduled.get("message", "") if scheduled.get("status") == "False" else ""
