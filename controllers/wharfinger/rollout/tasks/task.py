"""A task: one Pod that runs once, or what is remembered of one. What all task machines look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from wharfinger.rollout.pods import PodRef

State = Literal[
    "new", "pending", "assigned", "accepted", "preparing", "ready", "starting", "running",
    "complete", "shutdown", "failed", "rejected", "remove", "orphaned",
]  # fmt: skip
"""Swarm's task states (moby, api/types/swarm/task.go), in their order."""

EcsStatus = Literal[
    "PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"
]
"""ECS's task lastStatus."""

StopCode = Literal[
    "TaskFailedToStart", "EssentialContainerExited", "UserInitiated", "ServiceSchedulerInitiated",
    "SpotInterruption", "TerminationNotice",
]  # fmt: skip
"""ECS's TaskStopCode."""

Cause = Literal["create", "update", "rollback", "restart", "scale", "node", "job", "replace"]
"""Why a task was started: an update's own tasks are watched by it, those of the restart supervisor are not."""

StopReason = Literal[
    "update", "rollback", "scale-in", "constraint", "node-drained", "node-gone", "unhealthy", "removed"
]
"""Why we stop a task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a task is for: a slot (replicated: numbered from 1; replicated-job: from 0), or a node (global)."""

    slot: int | None = None
    node: str | None = None

    @property
    def label(self) -> str:
        """As it stands in names and labels."""
        return str(self.slot) if self.node is None else self.node


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task, alive or remembered. Times are UTC."""

    id: str
    """Unique in its workload; part of the Pod's name."""
    place: Place
    revision: str
    """Hash of the revision that it runs."""
    iteration: int
    """The deployment (update, job iteration) that started it: `TasksStatus.iteration` of then."""
    cause: Cause
    state: State
    """Observed."""
    created_at: datetime
    """When its Pod was made."""
    started_at: datetime | None = None
    """When all its containers had started."""
    running_at: datetime | None = None
    """When it reached ``running`` (which waits for health where there is a check). Kept after it ended."""
    finished_at: datetime | None = None
    """When it ended."""
    checked: bool = False
    """Whether a health check is defined on an essential container."""
    healthy: bool | None = None
    """What the checks of its essential containers say: False once one failed as often as it may; None until they have
    decided, and where nothing checks."""
    stopping_at: datetime | None = None
    """When it was told to stop (by whomever); such a task counts as one that goes, though it may still run."""
    stop_reason: StopReason | None = None
    """Why, if it was us."""
    node: str | None = None
    """Where it runs."""
    misfit: bool = False
    """Its node does not fit the placement any more."""
    exit_code: int | None = None
    """Of the essential container that ended first; None while none did, or none ever started."""
    stop_code: StopCode | None = None
    """ECS's word for why it ended."""
    message: str = ""
    """What went wrong, for a person."""
    pod: PodRef | None = None
    """Its Pod; None where only the memory is left."""

    @property
    def ended(self) -> bool:
        """Whether it will never run again."""
        return self.finished_at is not None

    @property
    def alive(self) -> bool:
        """Whether it may still run, also while it is being stopped."""
        return self.finished_at is None

    @property
    def wanted(self) -> bool:
        """Whether it is alive and nobody told it to stop: Swarm's desired state ``running``.

        Asked several times of each task at each look, so that it asks no other property.
        """
        return self.finished_at is None and self.stopping_at is None

    @property
    def runs(self) -> bool:
        """Whether it is in state ``running`` and stays."""
        return self.state == "running" and self.finished_at is None and self.stopping_at is None
