"""ContainerWorkload: an image, kept running on Kubernetes as one resource says.

The spec reads as a person would tell it: what runs (`container`), how it is reached (`exposure`), how it is run
(`operation`), and `pod`, a partial PodSpec for everything else. Field names and shapes are Kubernetes' own where
Kubernetes has the thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from wharfinger.api import core
from wharfinger.api.container import FileMount, FileSource, HealthCheck, Port, Storage
from wharfinger.api.dependencies import WorkloadDependency
from wharfinger.api.exposure import (
    EgressRule,
    IngressRule,
    IpBlock,
    Network,
    NetworkPort,
    ParentRef,
    Route,
    RoutePath,
    RouteTls,
    ServiceBlock,
)
from wharfinger.api.lists import ListMap
from wharfinger.api.model import AbsolutePath, DnsLabel, Duration, Int, Labels, LocalRef, Model
from wharfinger.api.operation import (
    MAX_REPLICAS,
    Autoscale,
    AutoscaleMetric,
    ClaimTemplate,
    CronBlock,
    Disruption,
    JobBlock,
    Rollout,
    Security,
    ServiceAccountBlock,
    Spread,
    StatefulBlock,
)
from wharfinger.api.spec_rules import SPEC_RULES
from wharfinger.api.tasks import TasksBlock

__all__ = [
    "Autoscale",
    "AutoscaleMetric",
    "ClaimTemplate",
    "ContainerWorkloadSpec",
    "CronBlock",
    "Disruption",
    "EgressRule",
    "FileMount",
    "FileSource",
    "HealthCheck",
    "IngressRule",
    "IpBlock",
    "JobBlock",
    "Labels",
    "Mode",
    "Network",
    "NetworkPort",
    "ParentRef",
    "Port",
    "Rollout",
    "Route",
    "RoutePath",
    "RouteTls",
    "Security",
    "ServiceAccountBlock",
    "ServiceBlock",
    "Spread",
    "StatefulBlock",
    "Storage",
    "TasksBlock",
    "Workload",
    "WorkloadDependency",
]

Mode = Literal["service", "stateful", "daemon", "job", "cron", "pod", "tasks"]


class ContainerWorkloadSpec(Model):
    """What should run."""

    cel_rules: ClassVar = SPEC_RULES

    mode: Mode = "service"
    """service (Deployment), stateful (StatefulSet), daemon (DaemonSet), job, cron, pod (one bare Pod), or tasks (pods
    that are never restarted in place, as in Swarm and ECS)."""
    image: Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=r"^\S+$")]
    """The image of the main container."""
    container_name: DnsLabel | None = None
    """Name of the main container; the workload's if absent."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """Kubernetes' own default if absent: Always for :latest or no tag, else IfNotPresent."""
    image_pull_secrets: Annotated[list[LocalRef], Field(max_length=16), ListMap("name")] = []
    """Credentials for the registry."""
    replicas: Annotated[Int, Field(ge=0, le=MAX_REPLICAS)] = 1
    """Pods wanted (service, stateful); tasks, with scheduling replicated, and to be completed, with replicated-job."""
    command: Annotated[list[str], Field(max_length=256)] = []
    """The image's ENTRYPOINT, replaced."""
    args: Annotated[list[str], Field(max_length=1024)] = []
    """The image's CMD, replaced."""
    working_dir: AbsolutePath | None = None
    """The image's WORKDIR, replaced."""
    env: Annotated[list[core.EnvVar], Field(max_length=1024), ListMap("name")] = []
    """Environment variables: core/v1 EnvVar."""
    env_from: Annotated[list[core.EnvFromSource], Field(max_length=64)] = []
    """Environment variables from whole ConfigMaps and Secrets: core/v1 EnvFromSource."""
    ports: Annotated[list[Port], Field(max_length=64), ListMap("name")] = []
    """Ports of the main container."""
    resources: core.ResourceRequirements | None = None
    """core/v1 ResourceRequirements."""
    health_check: HealthCheck | None = None
    """When a pod counts as ready."""
    files: Annotated[list[FileMount], Field(max_length=64), ListMap("path")] = []
    """Files in the main container."""
    storage: Annotated[list[Storage], Field(max_length=32), ListMap("name")] = []
    """Persistent volumes."""
    service: ServiceBlock | None = None
    """The Service; made by default when there are ports."""
    route: Route | None = None
    """HTTP from outside."""
    autoscale: Autoscale | None = None
    """Horizontal autoscaling."""
    disruption: Disruption | None = None
    """The disruption budget; made by default for service and stateful with two or more replicas."""
    network: Network | None = None
    """Who may talk to whom."""
    service_account: ServiceAccountBlock | None = None
    """The pods' identity; the namespace's default account, token not mounted, if absent."""
    depends_on: Annotated[list[WorkloadDependency], Field(max_length=64), ListMap("name")] = []
    """Workloads that come first. Until they are as far as this says, no pod is started and no change reaches the pods;
    what runs goes on running, whatever becomes of them."""
    rollout: Rollout = Rollout()
    """How a change reaches the pods."""
    security: Security = Security()
    """Production defaults for the security context."""
    spread: Spread = Spread()
    """Production defaults for placement."""
    job: JobBlock | None = None
    """Modes job and cron."""
    stateful: StatefulBlock | None = None
    """Mode stateful."""
    cron: CronBlock | None = None
    """Mode cron."""
    tasks: TasksBlock | None = None
    """Mode tasks."""
    termination_grace_period: Duration | None = None
    """Between SIGTERM and SIGKILL; 30s if absent."""
    selector: Labels | None = None
    """Labels that select the pods, in place of our own: those of a Deployment, StatefulSet or DaemonSet that was there
    before the workload, since Kubernetes fixes them. The pods carry them."""
    pod_labels: Labels = {}
    """Labels on the pods, beside our own."""
    pod_annotations: Labels = {}
    """Annotations on the pods."""
    pod: Annotated[dict[str, Any], Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True})] | None = (
        None
    )
    """A partial core/v1 PodSpec, merged over all of the above by Kubernetes' strategic-merge keys. The main container
    is called as `containerName` says, else as the workload; a container of that name here adds to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A ContainerWorkload, read: the part of its metadata that matters, and its spec."""

    name: str
    namespace: str
    spec: ContainerWorkloadSpec
    uid: str = ""
    generation: int = 0
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
