"""What the containers of a task's Pod say: whether they start, run, are ready, have ended."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.rollout import pods as pod_
from wharfinger.rollout import times

CANNOT_START: Final = {
    "ErrImagePull": "CannotPullContainerError",
    "ImagePullBackOff": "CannotPullContainerError",
    "InvalidImageName": "CannotPullContainerError",
    "ErrImageNeverPull": "CannotPullContainerError",
    "RegistryUnavailable": "CannotPullContainerError",
    "CreateContainerConfigError": "ResourceInitializationError",
    "CreateContainerError": "CannotCreateContainerError",
    "RunContainerError": "CannotStartContainerError",
    "StartError": "CannotStartContainerError",
    "ContainerCannotRun": "CannotStartContainerError",
}
"""Reasons of a container that does not start, and ECS's error for each. A kubelet would go on trying; Swarm's and ECS's
agents give the task up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a container ended."""

    container: str
    code: int
    reason: str
    """OOMKilled, Error, Completed, …"""
    at: datetime | None

    @property
    def message(self) -> str:
        """For a person; empty for one that ended well."""
        if self.code == 0:
            return ""
        return f"{self.reason}, exit code {self.code}" if self.reason == "OOMKilled" else f"exit code {self.code}"


def essential_statuses(pod: Object, spare: Collection[str]) -> list[Object]:
    """ContainerStatuses of the containers whose end is the task's: all but `spare`, and no init containers."""
    return [each for each in pod.get("status", {}).get("containerStatuses") or () if each["name"] not in spare]


def hindrance(pod: Object) -> tuple[str, str] | None:
    """Reason and message of the first container that cannot be started; None where all can."""
    for status in pod_.container_statuses(pod):
        wait = pod_.waiting(status)
        if wait.get("reason") in CANNOT_START:
            return wait["reason"], wait.get("message", "")
        end = (status.get("state") or {}).get("terminated") or {}
        if end.get("reason") in CANNOT_START:
            return end["reason"], end.get("message", "")
    return None


def first_end(statuses: list[Object]) -> End | None:
    """The end of the one that ended first; None while all are up."""
    ends = sorted(_ends(statuses), key=lambda end: (end.at is None, end.at))
    return ends[0] if ends else None


def _ends(statuses: list[Object]) -> Iterator[End]:
    for status in statuses:
        end = (status.get("state") or {}).get("terminated")
        if end:
            finished = end.get("finishedAt")
            yield End(
                container=status["name"],
                code=end.get("exitCode", 0),
                reason=end.get("reason", ""),
                at=times.parse(finished) if finished else None,
            )


def started_at(pod: Object) -> datetime | None:
    """When the last of its containers started (ECS: a task runs when all do); None before that."""
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    if len(statuses) < len(pod.get("spec", {}).get("containers") or ()):
        return None
    starts = [_started(each) for each in statuses]
    known = [each for each in starts if each is not None]
    return max(known) if known and len(known) == len(starts) else None


def _started(status: Object) -> datetime | None:
    state = status.get("state") or {}
    at = (state.get("running") or state.get("terminated") or {}).get("startedAt")
    return times.parse(at) if at else None


def are_ready(statuses: list[Object]) -> bool:
    """Whether all of them are ready; that is so as soon as they run, where nothing checks."""
    return bool(statuses) and all(each.get("ready") for each in statuses)


def any_started(pod: Object) -> bool:
    """Whether one of them runs or ran, init containers included."""
    return any((each.get("state") or {}).keys() & {"running", "terminated"} for each in pod_.container_statuses(pod))
