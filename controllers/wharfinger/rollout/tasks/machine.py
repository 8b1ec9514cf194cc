"""What goes into a task machine and what comes out: tasks, policy and clock in; starts and stops out.

A machine is a pure function ``decide(Situation) -> Decision``. It is level-triggered: asked again before anything was
done it answers the same, and asked in the middle of it, it asks for the rest. All that it remembers is `TasksStatus`
(and `RolloutStatus`, which every mode has); everything else it reads off the tasks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from wharfinger.api.status import Finding, RolloutStatus
from wharfinger.api.task_status import TasksStatus
from wharfinger.api.tasks import TasksBlock, UpdatePolicy
from wharfinger.rollout.announcements import Announcement
from wharfinger.rollout.revisions import History, RevisionRef
from wharfinger.rollout.tasks.task import Cause, Place, StopReason, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A node that fits the placement. Only for scheduling by node."""

    name: str
    takes_new: bool = True
    """False: cordoned (Swarm: paused). What runs there stays, nothing new or changed starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a decision looks at."""

    name: str = ""
    """The workload's name: what its Events call it, unless `TasksBlock.service_name` says otherwise."""
    block: TasksBlock
    replicas: int
    """Tasks wanted, where they are counted (autoscaling included)."""
    generation: int
    """metadata.generation."""
    target: RevisionRef
    """The revision that the spec asks for."""
    history: History
    """All revisions that are kept, that one included."""
    pin: RevisionRef | None = None
    """The revision that the rollback annotation names: it is to run in place of `target`."""
    paused: bool = False
    """The pause annotation is there: nothing is started or stopped for an update; dead tasks are still replaced."""
    resumed: str = ""
    """Value of the annotation by which a person resumes a paused update (Swarm: any service update)."""
    tasks: tuple[Task, ...] = ()
    """Alive and remembered, in any order."""
    nodes: tuple[Fit, ...] = ()
    """Scheduling by node: those that fit, drained and lost ones not among them."""
    drained: frozenset[str] = frozenset()
    """Nodes that are drained: what runs there is to go elsewhere, and can still be stopped."""
    gone: frozenset[str] = frozenset()
    """Nodes that are deleted or not ready (Swarm: down): nobody waits for what ran there."""
    rollback_policies: dict[int, UpdatePolicy] = field(default_factory=dict)
    """By number of a revision: the rollback policy that its spec had."""
    firing: frozenset[str] | None = None
    """Names of the alarms that are on; None where it cannot be told."""
    status: TasksStatus | None = None
    """What was remembered."""
    rollout: RolloutStatus | None = None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A task to start."""

    place: Place
    revision: RevisionRef
    iteration: int
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A task to stop, as gently as it asks for."""

    task: str
    """Its id."""
    reason: StopReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What shall be."""

    status: TasksStatus
    rollout: RolloutStatus
    """The same in the words that all modes share."""
    run: RevisionRef
    """The revision that tasks are brought to."""
    start: tuple[Start, ...] = ()
    stop: tuple[Stop, ...] = ()
    """In their order: the first one first."""
    announce: tuple[Announcement, ...] = ()
    """What is new, to be told as Events."""
    findings: tuple[Finding, ...] = ()
    persist_first: bool = False
    """The status must be written before anything is started or stopped."""
    rolled_back: bool = False
    """An automatic rollback begins."""
    keep: frozenset[str] = frozenset()
    """Ids of ended tasks that must stay remembered whatever `TasksBlock.history` says: something is counted by them."""
    dead: frozenset[Place] = frozenset()
    """Places that stay without a task: their last one ended, and the restart policy asks for no other."""
    complete: bool = False
    """All is as the spec asks for: nothing more will be started or stopped unless something happens."""
    waiting_for: str = ""
    """What it waits for, for a person; never empty while not `complete`."""
    wake_at: datetime | None = None
    """When to ask again, if nothing happens before."""
