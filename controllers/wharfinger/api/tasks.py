"""Mode ``tasks``: pods that are never restarted in place. Each runs once; when it ends, another takes its place.

Two systems work so, and their words are kept: Swarm's (`restart`, `update`, `rollback`, docker service create) and
ECS's (`deployment`, ECS CreateService). Which of `update` and `deployment` is there says whose rules count.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictFloat, StringConstraints

from wharfinger.api.lists import ListMap
from wharfinger.api.model import Bool, DnsLabel, Duration, Int, Labels, Model, Rule

MAX_COUNT = 100_000
"""As many tasks as a workload may have."""

Scheduling = Literal["replicated", "global", "replicated-job", "global-job"]
"""Swarm's service modes."""


class RestartPolicy(Model):
    """Swarm's restart_policy: whether another task follows one that ended, when, and how often."""

    condition: Literal["none", "on-failure", "any"] = "any"
    """on-failure: not after exit code 0. Jobs treat any as on-failure."""
    delay: Duration = "5s"
    """From the end of a task to the start of the next. Always the same: no back-off."""
    max_attempts: Annotated[Int, Field(ge=0, le=MAX_COUNT)] = 0
    """Restarts of one slot (a node, with global) until the spec changes; 0: no limit."""
    window: Duration = "0s"
    """`maxAttempts` counts the restarts within so long before a failure; 0s: all of them."""


class UpdatePolicy(Model):
    """Swarm's update_config and rollback_config: how new tasks take the place of old ones."""

    parallelism: Annotated[Int, Field(ge=0, le=MAX_COUNT)] = 1
    """Slots updated at a time; 0: all."""
    delay: Duration = "0s"
    """Each of the parallel workers waits so long between its slots."""
    failure_action: Literal["pause", "continue", "rollback"] = "pause"
    """What happens once more than `maxFailureRatio` of the slots failed. During a rollback, rollback means pause."""
    monitor: Duration = "5s"
    """A new task that ends so soon after it ran has failed. 0s counts as 5s, as Docker has it."""
    max_failure_ratio: Annotated[StrictFloat, Field(ge=0, le=1)] = 0
    """Failed slots, as a share of those to update, that are borne."""
    order: Literal["stop-first", "start-first"] = "stop-first"
    """start-first: the old task goes when the new one runs."""


class Threshold(Model):
    """ECS's thresholdConfiguration: how many failed tasks make a failed deployment."""

    type: Literal["BOUNDED_PERCENT", "UNBOUNDED_PERCENT", "COUNT"] = "BOUNDED_PERCENT"
    """Percent of the tasks wanted, rounded up (BOUNDED: at least 3 and at most 200), or a number of tasks."""
    value: Annotated[Int, Field(ge=1, le=MAX_COUNT)] = 50
    """Percent, or tasks."""


class CircuitBreaker(Model):
    """ECS's deploymentCircuitBreaker: gives up a deployment whose tasks fail."""

    enable: Bool = False
    """Whether it counts."""
    rollback: Bool = False
    """Go back to the last deployment that completed."""
    threshold_configuration: Threshold = Threshold()
    """When it trips."""
    reset_on_healthy_task: Bool = True
    """A task that becomes healthy sets the count back to 0."""


class AlarmQuery(Model):
    """A Prometheus query in the place of a CloudWatch alarm: it is in ALARM while it returns anything."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    """The alarm's name."""
    query: Annotated[str, Field(min_length=1, max_length=8192)]
    """PromQL, with its threshold: ``rate(errors_total[1m]) > 5``."""


class Alarms(Model):
    """ECS's alarms: they fail a deployment while it runs and for the bake time after."""

    enable: Bool = False
    """Whether they count."""
    rollback: Bool = False
    """Go back to the last deployment that completed."""
    queries: Annotated[list[AlarmQuery], Field(max_length=10), ListMap("name")] = []
    """The alarms."""


class Deployment(Model):
    """ECS's deploymentConfiguration, for rolling updates."""

    minimum_healthy_percent: Annotated[Int, Field(ge=0, le=100)] | None = None
    """Healthy tasks that stay, in percent of those wanted, rounded up; 100 if absent (0 with global)."""
    maximum_percent: Annotated[Int, Field(ge=100, le=1000)] | None = None
    """Tasks that there may be, in percent of those wanted, rounded down; 200 if absent (100 with global)."""
    deployment_circuit_breaker: CircuitBreaker = CircuitBreaker()
    """Gives up a deployment whose tasks fail."""
    alarms: Alarms = Alarms()
    """Give it up by what Prometheus says."""
    bake_time: Duration = "0s"
    """How long alarms are watched after the steady state, before a deployment has COMPLETED."""
    health_check_grace_period: Duration = "0s"
    """How long health checks of a task do not count after it started (healthCheckGracePeriodSeconds)."""


class SpreadPreference(Model):
    """Swarm's placement preference."""

    spread: Annotated[str, Field(min_length=1, max_length=317)]
    """node.labels.NAME or engine.labels.NAME: tasks spread evenly over its values."""


class PlacementStrategy(Model):
    """ECS's placement strategy."""

    type: Literal["spread", "binpack", "random"]
    """How to choose among nodes that fit."""
    field: Annotated[str, Field(max_length=317)] = ""
    """spread: instanceId, host, or attribute:NAME; binpack: cpu or memory."""


class GenericResource(Model):
    """Swarm's generic resource: a number of something that nodes have."""

    kind: Annotated[str, Field(min_length=1, max_length=253)]
    """Its name; as an extended resource of the nodes: ``generic.wharfinger.dev/KIND`` unless it has a domain."""
    value: Annotated[Int, Field(ge=1, le=MAX_COUNT)]
    """How many a task claims."""


class Placement(Model):
    """Where tasks may run, in Swarm's and ECS's own terms. It is no part of a revision: a change moves misfits only."""

    constraints: Annotated[list[Annotated[str, Field(min_length=1, max_length=1024)]], Field(max_length=64)] = []
    """Swarm: ``node.labels.zone == a``, ``node.role != manager``; all must hold."""
    preferences: Annotated[list[SpreadPreference], Field(max_length=8)] = []
    """Swarm: spread over these, the first one first."""
    max_replicas_per_node: Annotated[Int, Field(ge=0, le=MAX_COUNT)] = 0
    """Swarm: 0 is no limit."""
    generic_resources: Annotated[list[GenericResource], Field(max_length=16), ListMap("kind")] = []
    """Swarm: reserved for each task."""
    member_of: Annotated[list[Annotated[str, Field(min_length=1, max_length=2000)]], Field(max_length=10)] = []
    """ECS: expressions of the cluster query language; all must hold."""
    distinct_instance: Bool = False
    """ECS: each task on a node of its own."""
    strategies: Annotated[list[PlacementStrategy], Field(max_length=5)] = []
    """ECS: the first one first."""
    control_plane: Bool = False
    """Whether nodes of the control plane take tasks too, as Swarm's managers do."""


class Dependency(Model):
    """ECS's ContainerDependency."""

    container_name: DnsLabel
    """The container that must come first."""
    condition: Literal["START", "HEALTHY", "COMPLETE", "SUCCESS"]
    """How far it must be."""


class ContainerRestartPolicy(Model):
    """ECS's ContainerRestartPolicy: restart this container in place."""

    enabled: Bool = True
    """Whether it is restarted at all."""
    ignored_exit_codes: Annotated[list[Int], Field(max_length=50)] = []
    """Exit codes after which it is not."""
    restart_attempt_period: Duration = "300s"
    """It must have run for so long to be restarted."""


class Ulimit(Model):
    """A resource limit of the container's processes, in setrlimit's names and Docker's."""

    name: Literal[
        "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
        "rttime", "sigpending", "stack",
    ]  # fmt: skip
    """Which limit."""
    soft_limit: Annotated[Int, Field(ge=-1)]
    """What counts; -1 is unlimited."""
    hard_limit: Annotated[Int, Field(ge=-1)]
    """How far the process itself may raise it; -1 is unlimited."""


class TaskContainer(Model):
    """What a container of the task means to the others. The container itself is the main one, or in `spec.pod`."""

    name: DnsLabel
    """Name of the container."""
    essential: Bool = True
    """When it ends, the task ends."""
    depends_on: Annotated[list[Dependency], Field(max_length=16)] = []
    """What must come before it; stopping goes the other way round."""
    start_timeout: Duration | None = None
    """How long what depends on it waits for it to be healthy or complete; for ever if absent."""
    stop_timeout: Duration | None = None
    """From SIGTERM to SIGKILL; the task's grace period if absent."""
    restart_policy: ContainerRestartPolicy | None = None
    """Restart it in place."""
    ulimits: Annotated[list[Ulimit], Field(max_length=16), ListMap("name")] = []
    """Limits of its processes."""


class TasksBlock(Model):
    """Mode ``tasks``."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!(has(self.update) && has(self.deployment))",
            "only one of update (Swarm's rules) and deployment (ECS's rules)",
            lambda block: block.update is None or block.deployment is None,
        ),
        Rule(
            "!(has(self.rollback) && has(self.deployment))",
            "rollback belongs to Swarm's rules, not to deployment (ECS's rules)",
            lambda block: block.rollback is None or block.deployment is None,
        ),
        Rule(
            "!(self.scheduling in ['replicated-job', 'global-job']) || "
            "!has(self.update) && !has(self.rollback) && !has(self.deployment)",
            "jobs have no update, rollback or deployment: each change runs them anew",
            lambda block: not block.job or (block.update or block.rollback or block.deployment) is None,
        ),
        Rule(
            "self.scheduling == 'replicated-job' || !has(self.maxConcurrent)",
            "maxConcurrent belongs to replicated-job",
            lambda block: block.scheduling == "replicated-job" or block.max_concurrent is None,
        ),
    )

    scheduling: Scheduling = "replicated"
    """replicated: `replicas` tasks. global: one on each node that fits. The jobs: likewise, each to its end once."""
    restart: RestartPolicy = RestartPolicy()
    """Swarm's rules and jobs; with `deployment` tasks are always replaced, as ECS does."""
    update: UpdatePolicy | None = None
    """Swarm's rules for an update; they count with their defaults if neither this nor `deployment` is there."""
    rollback: UpdatePolicy | None = None
    """Swarm's rules for a rollback."""
    deployment: Deployment | None = None
    """ECS's rules for an update."""
    max_concurrent: Annotated[Int, Field(ge=0, le=MAX_COUNT)] | None = None
    """Tasks of a replicated-job at the same time; `replicas` if absent. 0 is no limit."""
    placement: Placement = Placement()
    """Where tasks may run."""
    containers: Annotated[list[TaskContainer], Field(max_length=32), ListMap("name")] = []
    """How the containers of a task depend on one another."""
    service_name: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    """{{.Service.Name}}; the workload's name if absent."""
    service_labels: Labels = {}
    """{{.Service.Labels}}."""
    history: Annotated[Int, Field(ge=0, le=100)] = 5
    """Ended tasks kept for each slot (node, with global)."""

    @property
    def job(self) -> bool:
        """Whether tasks run to their end once."""
        return self.scheduling in ("replicated-job", "global-job")

    @property
    def per_node(self) -> bool:
        """Whether there is a task for each node."""
        return self.scheduling in ("global", "global-job")
