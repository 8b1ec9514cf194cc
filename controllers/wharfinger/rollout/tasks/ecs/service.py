"""The service as ECS would describe it: the situation, with the questions that every rule asks of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from wharfinger.api.duration import seconds
from wharfinger.api.status import RolloutStatus
from wharfinger.api.task_status import DeploymentStatus, TasksStatus
from wharfinger.api.tasks import Deployment
from wharfinger.rollout import times
from wharfinger.rollout.revisions import RevisionRef
from wharfinger.rollout.tasks.ecs.bounds import Bounds, bounds
from wharfinger.rollout.tasks.ecs.health import Health, assess, pending, running
from wharfinger.rollout.tasks.ecs.throttle import Throttle
from wharfinger.rollout.tasks.ecs.words import number_of
from wharfinger.rollout.tasks.machine import Situation
from wharfinger.rollout.tasks.task import Cause, Task


@dataclass(frozen=True, kw_only=True)
class Service:
    """What there is and what is asked for."""

    situation: Situation

    @property
    def now(self) -> datetime:
        """The clock."""
        return self.situation.now

    @property
    def time(self) -> str:
        """Now, as the status writes it."""
        return times.text(self.now)

    @property
    def name(self) -> str:
        """What Events call it."""
        return self.situation.block.service_name or self.situation.name

    @property
    def policy(self) -> Deployment:
        """The deploymentConfiguration."""
        return self.situation.block.deployment or Deployment()

    @cached_property
    def grace(self) -> timedelta:
        """healthCheckGracePeriodSeconds."""
        return timedelta(seconds=seconds(self.policy.health_check_grace_period))

    @property
    def memory(self) -> TasksStatus:
        """What was remembered."""
        return self.situation.status or TasksStatus()

    @property
    def rollout(self) -> RolloutStatus | None:
        """What was remembered, in the words of all modes; only as far as it is about what the spec asks for."""
        kept = self.situation.rollout
        return kept if kept and kept.revision == self.situation.target.number else None

    @property
    def retried(self) -> bool:
        """Whether a person asks for a deployment that failed to be tried again (ECS: force a new deployment)."""
        if self.situation.status is None or self.situation.paused or not self.situation.resumed:
            return False
        return self.situation.resumed != self.memory.resumed

    @cached_property
    def desired(self) -> int:
        """desiredCount: `replicas`, or with DAEMON the nodes that take a task or keep one."""
        if not self.situation.block.per_node:
            return self.situation.replicas
        holding = {task.place.node for task in self.present if task.wanted}
        return sum(node.takes_new or node.name in holding for node in self.situation.nodes)

    @cached_property
    def bounds(self) -> Bounds:
        """The bounds for it."""
        return bounds(self.situation.block, self.desired)

    @cached_property
    def present(self) -> tuple[Task, ...]:
        """Tasks that may still run. Nobody waits for those whose node is gone, nor counts them."""
        return tuple(task for task in self.situation.tasks if task.alive and not self.lost(task))

    @cached_property
    def well(self) -> frozenset[str]:
        """Ids of the tasks that are healthy, and where they may be."""
        return frozenset(task.id for task in self.assess(self.present).well)

    def lost(self, task: Task) -> bool:
        """Whether its node is gone."""
        return (task.node or task.place.node) in self.situation.gone

    def knows(self, deployment: DeploymentStatus) -> bool:
        """Whether the status tells of it; not in the step in which it begins."""
        return any(each.id == deployment.id for each in self.memory.deployments)

    def own(self, deployment: DeploymentStatus) -> tuple[Task, ...]:
        """Tasks that the deployment itself started, alive and remembered."""
        number = number_of(deployment.id)
        return tuple(task for task in self.situation.tasks if task.iteration == number)

    def throttle(self, deployment: DeploymentStatus) -> Throttle:
        """How the starts of a deployment are held back."""
        until = deployment.throttled_until
        return Throttle(seconds=deployment.throttle, until=times.parse(until) if until else None)

    def strays(self, groups: tuple[Group, ...]) -> Group:
        """Tasks of no deployment that is known: their revision is not kept, or too many deployments are live."""
        known = {task.id for group in groups for task in group.tasks}
        tasks = tuple(task for task in self.present if task.id not in known)
        nobody = DeploymentStatus(id="", status="INACTIVE", revision=0, rollout_state="FAILED")
        return Group(deployment=nobody, ref=None, tasks=tasks, health=self.assess(tasks))

    def assess(self, tasks: tuple[Task, ...]) -> Health:
        """How `tasks` are."""
        return assess(tasks, now=self.now, grace=self.grace, drained=self.situation.drained)

    def group(self, deployment: DeploymentStatus) -> Group:
        """A deployment with its tasks."""
        ref = self.situation.history.with_(self.situation.target).by_number(deployment.revision)
        tasks = tuple(task for task in self.present if ref and task.revision == ref.hash)
        return Group(deployment=deployment, ref=ref, tasks=tasks, health=self.assess(tasks))


@dataclass(frozen=True, kw_only=True)
class Group:
    """A deployment and the tasks that run its revision, whoever started them.

    ECS tells tasks apart by the service revision; so do we. That is why a rollback keeps the tasks that still run what
    it goes back to.
    """

    deployment: DeploymentStatus
    ref: RevisionRef | None
    """Its revision; None if that is not kept, so that nothing can be started from it."""
    tasks: tuple[Task, ...]
    """Those that may still run."""
    health: Health

    @property
    def pending(self) -> int:
        """Its PENDING tasks."""
        return sum(pending(task) for task in self.tasks)

    @property
    def running(self) -> int:
        """Its RUNNING tasks."""
        return sum(running(task) for task in self.tasks)

    @property
    def number(self) -> int:
        """The deployment's number: the iteration of the tasks that it starts."""
        return number_of(self.deployment.id)

    @property
    def cause(self) -> Cause:
        """Why it starts tasks while it is PRIMARY."""
        if self.deployment.rollout_state == "COMPLETED":
            return "replace"
        if self.deployment.rolls_back:
            return "rollback"
        return "update" if self.number > 1 else "create"

    @property
    def failed(self) -> bool:
        """Whether it launches nothing any more."""
        return self.deployment.rollout_state == "FAILED"
