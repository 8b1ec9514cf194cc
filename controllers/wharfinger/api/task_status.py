"""What mode ``tasks`` reports, and what the operator must remember of it to go on after a restart."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wharfinger.api.lists import ListMap
from wharfinger.api.model import Int, Model, Time

UpdateState = Literal["updating", "paused", "completed", "rollback_started", "rollback_paused", "rollback_completed"]
"""Swarm's UpdateStatus, in the words of its API (moby, api/types/swarm)."""

DeploymentStatusWord = Literal["PRIMARY", "ACTIVE", "INACTIVE"]
DeploymentRolloutState = Literal["IN_PROGRESS", "COMPLETED", "FAILED"]
AlarmMonitoring = Literal["TRIGGERED", "MONITORING", "MONITORING_COMPLETE", "DISABLED"]
"""ECS's ServiceDeploymentRollbackMonitorsStatus."""


class UpdateStatus(Model):
    """Swarm's rules: the update or rollback that runs or ran last."""

    state: UpdateState
    """Where it stands."""
    started_at: Time | None = None
    """When it began."""
    completed_at: Time | None = None
    """When it was over."""
    message: Annotated[str, Field(max_length=4096)] = ""
    """In Swarm's words."""
    revision: Int | None = None
    """The revision that it brings."""
    slots: Int = 0
    """Slots that were to be updated when it began: what the failure ratio is of."""
    failures: Int = 0
    """Slots whose new task failed while it was watched."""
    last_at: Time | None = None
    """When the last slot was done: the last monitor period runs from here."""


class DeploymentStatus(Model):
    """ECS's rules: one deployment, as DescribeServices shows it."""

    id: Annotated[str, Field(max_length=64)]
    """``ecs-svc/NUMBER``."""
    status: DeploymentStatusWord
    """PRIMARY: what the service wants; ACTIVE: one before it that still has tasks."""
    revision: Int
    """The revision that it runs."""
    rollout_state: DeploymentRolloutState
    """Where it stands."""
    rollout_state_reason: Annotated[str, Field(max_length=1024)] = ""
    """In ECS's words."""
    desired_count: Int = 0
    """Tasks that it wants."""
    pending_count: Int = 0
    """Tasks that do not run yet."""
    running_count: Int = 0
    """Tasks that run."""
    failed_tasks: Int = 0
    """What the circuit breaker counted."""
    healthy_at: Time | None = None
    """When a task of it last became healthy: with `resetOnHealthyTask`, what failed before does not count."""
    alarms: AlarmMonitoring | None = None
    """DISABLED: an alarm was on already when it began, so none counts. None until alarms could be read."""
    throttle: Int = 0
    """Seconds of its last throttle; 0: none."""
    throttled_until: Time | None = None
    """No task of it starts before, since its tasks stop before they run."""
    rolls_back: Annotated[str, Field(max_length=64)] | None = None
    """The deployment that failed, if this one came in its place."""
    steady_at: Time | None = None
    """When it reached the steady state: the bake time runs from here."""
    created_at: Time | None = None
    """When it began."""
    updated_at: Time | None = None
    """When it last changed."""


class TaskCounts(Model):
    """Tasks, by how they are."""

    desired: Int = 0
    """Wanted."""
    pending: Int = 0
    """On their way to running."""
    running: Int = 0
    """Running, healthy as far as that is checked."""
    complete: Int = 0
    """Jobs: slots whose task ended well."""
    failed: Int = 0
    """Slots that stay without a task, since the restart policy says so."""


class TasksStatus(Model):
    """Mode ``tasks`` only."""

    iteration: Int = 0
    """Number of the last deployment (Swarm: job iteration, or spec version): counts up with each change."""
    generation: Int | None = None
    """The metadata.generation that was seen last: a job runs anew with each."""
    resumed: Annotated[str, Field(max_length=1024)] = ""
    """Value of the resume annotation that was seen last."""
    counts: TaskCounts = TaskCounts()
    """Tasks, by how they are."""
    update: UpdateStatus | None = None
    """Swarm's rules."""
    deployments: Annotated[list[DeploymentStatus], Field(max_length=16), ListMap("id")] = []
    """ECS's rules: the newest first."""
