"""How a workload is run: scaling, disruption, roll-out, identity, production defaults, bounded work."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from wharfinger.api import core
from wharfinger.api.model import (
    CRON_SCHEDULE,
    Bool,
    DnsLabel,
    DnsSubdomain,
    Duration,
    Int,
    IntOrPercent,
    Labels,
    Model,
    Quantity,
    Rule,
)

MAX_REPLICAS = 100_000
_MAX_INT32 = 2**31 - 1


class AutoscaleMetric(Model):
    """One thing to scale on: `resource` with a target, in short, or `metric`, an autoscaling/v2 MetricSpec."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.resource) != has(self.metric)",
            "exactly one of resource, metric",
            lambda scale: (scale.resource is None) != (scale.metric is None),
        ),
        Rule(
            "!has(self.resource) || has(self.averageUtilization) != has(self.averageValue)",
            "resource needs exactly one of averageUtilization, averageValue",
            lambda scale: (
                scale.resource is None or (scale.average_utilization is None) != (scale.average_value is None)
            ),
        ),
        Rule(
            "!has(self.metric) || !has(self.averageUtilization) && !has(self.averageValue)",
            "averageUtilization and averageValue belong to resource; metric has its own target",
            lambda scale: scale.metric is None or (scale.average_utilization is None and scale.average_value is None),
        ),
    )

    resource: Literal["cpu", "memory"] | None = None
    """A resource of the pods."""
    average_utilization: Annotated[Int, Field(ge=1, le=10000)] | None = None
    """Percent of the requests."""
    average_value: Quantity | None = None
    """Absolute average a pod."""
    metric: core.MetricSpec | None = None
    """Any autoscaling/v2 MetricSpec: Pods, Object, External, ContainerResource."""


class Autoscale(Model):
    """A HorizontalPodAutoscaler v2 on the workload's pods."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.minReplicas <= self.maxReplicas",
            "minReplicas must not exceed maxReplicas",
            lambda autoscale: autoscale.min_replicas <= autoscale.max_replicas,
        ),
    )

    enabled: Bool = True
    """False: no HPA is made, `replicas` counts."""
    min_replicas: Annotated[Int, Field(ge=0, le=MAX_REPLICAS)] = 1
    """Lower bound."""
    max_replicas: Annotated[Int, Field(ge=1, le=MAX_REPLICAS)]
    """Upper bound."""
    metrics: Annotated[list[AutoscaleMetric], Field(max_length=16)] = [
        AutoscaleMetric(resource="cpu", average_utilization=80)
    ]
    """What to scale on; CPU at 80 % of the requests if absent."""
    behavior: core.AutoscaleBehavior | None = None
    """autoscaling/v2 HorizontalPodAutoscalerBehavior."""


class Disruption(Model):
    """A PodDisruptionBudget. By default one pod at a time where there are two or more."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!(has(self.minAvailable) && has(self.maxUnavailable))",
            "only one of minAvailable, maxUnavailable",
            lambda disruption: disruption.min_available is None or disruption.max_unavailable is None,
        ),
    )

    enabled: Bool = True
    """False: no PDB is made."""
    min_available: IntOrPercent | None = None
    """Pods that must stay."""
    max_unavailable: IntOrPercent | None = None
    """Pods that may be away; 1 if neither is given."""


class ServiceAccountBlock(Model):
    """The pods' ServiceAccount: one of its own, or one that exists."""

    name: DnsSubdomain | None = None
    """An account that exists. One named like the workload is made if absent and `create` is true."""
    create: Bool = False
    """Make one, without any rights."""
    annotations: Labels = {}
    """Annotations on the account that is made (workload identity of clouds)."""
    automount_token: Bool = False
    """Mount the API token into the pods."""


class Rollout(Model):
    """How a change reaches the pods, and what happens when it fails."""

    min_ready: Duration = "0s"
    """How long a new pod must be ready to count as available."""
    progress_deadline: Duration = "5m"
    """A rollout that gets no closer for so long has failed."""
    on_failure: Literal["rollback", "pause", "continue"] = "rollback"
    """rollback: the last good revision runs again. pause: stop where it is. continue: keep trying."""
    history_limit: Annotated[Int, Field(ge=1, le=100)] = 10
    """Revisions kept."""
    strategy: Literal["RollingUpdate", "Recreate"] | None = None
    """Mode ``service``. Recreate: all old pods end before new ones start; so it is too, if absent, where the pods share
    a volume that one node only can mount."""
    max_surge: IntOrPercent | None = None
    """Extra pods during an update; 25 % if absent. Modes ``service`` and ``daemon`` (there: 0 if absent)."""
    max_unavailable: IntOrPercent | None = None
    """Pods that may be missing during an update; 0 if absent (1 for ``stateful`` and ``daemon``)."""
    restart_limit: Annotated[Int, Field(ge=1, le=100)] = 3
    """A new container that crashed this often has failed the rollout, without waiting for the deadline."""


class Security(Model):
    """Defaults fit for production, each of which can be turned off. What `pod` says wins over them."""

    restricted: Bool = True
    """Fill in what Pod Security ``restricted`` demands: no privilege escalation, no capabilities, seccomp, non-root."""
    run_as_non_root: Bool = True
    """Refuse to run the image as root (part of `restricted`; many public images need false)."""
    read_only_root_filesystem: Bool = False
    """Mount the image read-only."""


class Spread(Model):
    """Keep the pods apart. By default over nodes and zones, best effort."""

    enabled: Bool = True
    """False: no topologySpreadConstraints are made."""
    strict: Bool = False
    """True: a pod that would break the balance over nodes waits (DoNotSchedule)."""


class ClaimMetadata(Model):
    """The part of a claim template's metadata that is the user's."""

    name: DnsLabel
    """Name of the volume."""
    labels: Labels = {}
    """Labels on the claims."""
    annotations: Labels = {}
    """Annotations on the claims."""


class ClaimTemplate(Model):
    """core/v1 PersistentVolumeClaim, as a template."""

    metadata: ClaimMetadata
    """Name, labels, annotations."""
    spec: core.PersistentVolumeClaimSpec
    """core/v1 PersistentVolumeClaimSpec."""


class StatefulBlock(Model):
    """Mode ``stateful``: what Kubernetes fixes when a StatefulSet is made, in apps/v1 StatefulSetSpec's own fields."""

    service_name: DnsLabel | None = None
    """A headless Service that exists, to give the pods their names; one called NAME-headless is made if absent."""
    pod_management_policy: Literal["OrderedReady", "Parallel"] = "Parallel"
    """Whether pods start one after the other, each when the one before is ready, or all at once."""
    volume_claim_templates: Annotated[list[ClaimTemplate], Field(max_length=32)] = []
    """Claims beside those of `storage`, word for word; `pod` says where they are mounted."""


class JobBlock(Model):
    """Mode ``job``, and the jobs of mode ``cron``: batch/v1 JobSpec's own fields."""

    completions: Annotated[Int, Field(ge=1, le=_MAX_INT32)] = 1
    """Pods that must end well."""
    parallelism: Annotated[Int, Field(ge=0, le=_MAX_INT32)] = 1
    """Pods at the same time."""
    completion_mode: Literal["NonIndexed", "Indexed"] = "NonIndexed"
    """Indexed: each pod gets JOB_COMPLETION_INDEX."""
    backoff_limit: Annotated[Int, Field(ge=0, le=_MAX_INT32)] = 6
    """Failures until the job has failed."""
    active_deadline: Duration | None = None
    """The job fails when it runs for longer."""
    ttl_after_finished: Duration | None = None
    """The Job object is removed so long after its end; its result stays in the status."""
    suspend: Bool = False
    """Hold the job."""


class CronBlock(Model):
    """Mode ``cron``: batch/v1 CronJobSpec's own fields."""

    schedule: Annotated[str, StringConstraints(pattern=CRON_SCHEDULE, max_length=256)]
    """Five fields, or @hourly and its like. No TZ= in it: that is `timeZone`."""
    time_zone: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    """A name of the tz database; the controller manager's zone if absent."""
    concurrency_policy: Literal["Allow", "Forbid", "Replace"] = "Forbid"
    """When the last job still runs."""
    starting_deadline: Duration | None = None
    """A start missed by more than this is skipped."""
    successful_jobs_history_limit: Annotated[Int, Field(ge=0, le=1000)] = 3
    """Jobs kept that ended well."""
    failed_jobs_history_limit: Annotated[Int, Field(ge=0, le=1000)] = 1
    """Jobs kept that failed."""
    suspend: Bool = False
    """Start no further jobs."""
