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
from wharfinger.api.model import AbsolutePath, DnsLabel, Duration, Int, Labels, LocalRef, Model, Rule
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
    "Workload",
]

Mode = Literal["service", "stateful", "daemon", "job", "cron", "pod"]

_SCALED = ("service", "stateful")
_BOUNDED = ("job", "cron")
_SELECTING = ("service", "stateful", "daemon")

SPEC_RULES = (
    Rule(
        "self.mode != 'cron' || has(self.cron)",
        "mode cron needs the block cron (with a schedule)",
        lambda spec: spec.mode != "cron" or spec.cron is not None,
    ),
    Rule(
        "self.mode == 'cron' || !has(self.cron)",
        "the block cron belongs to mode cron",
        lambda spec: spec.mode == "cron" or spec.cron is None,
    ),
    Rule(
        "self.mode in ['job', 'cron'] || !has(self.job)",
        "the block job belongs to the modes job and cron",
        lambda spec: spec.mode in _BOUNDED or spec.job is None,
    ),
    Rule(
        "self.mode in ['service', 'stateful'] || !has(self.autoscale)",
        "autoscale works with the modes service and stateful",
        lambda spec: spec.mode in _SCALED or spec.autoscale is None,
    ),
    Rule(
        "self.mode in ['service', 'stateful'] || self.replicas == 1",
        "replicas counts in the modes service and stateful only (job has completions and parallelism)",
        lambda spec: spec.mode in _SCALED or spec.replicas == 1,
    ),
    Rule(
        "self.mode == 'stateful' || !has(self.stateful)",
        "the block stateful belongs to mode stateful",
        lambda spec: spec.mode == "stateful" or spec.stateful is None,
    ),
    Rule(
        "self.mode in ['service', 'stateful', 'daemon'] || !has(self.selector)",
        "selector counts in the modes service, stateful and daemon only",
        lambda spec: spec.mode in _SELECTING or not spec.selector,
    ),
    Rule(
        "!has(self.selector) || self.selector.size() > 0",
        "selector needs a label: what selects every pod selects those of others",
        lambda spec: spec.selector is None or len(spec.selector) > 0,
    ),
    Rule(
        "!has(self.selector) || !('app.kubernetes.io/managed-by' in self.selector)",
        "selector cannot have the label app.kubernetes.io/managed-by: it says that the pods are Wharfinger's",
        lambda spec: "app.kubernetes.io/managed-by" not in (spec.selector or {}),
    ),
    Rule(
        "!has(self.route) || !self.route.enabled || has(self.ports) && self.ports.size() > 0",
        "route needs a port",
        lambda spec: spec.route is None or not spec.route.enabled or bool(spec.ports),
    ),
    Rule(
        "(has(self.service) && !self.service.enabled) || (has(oldSelf.service) && !oldSelf.service.enabled) || "
        "!has(self.ports) || !has(oldSelf.ports) || self.mode in ['job', 'cron'] || "
        "(has(self.service) && self.service.type == 'Headless') == "
        "(has(oldSelf.service) && oldSelf.service.type == 'Headless')",
        "a Service cannot become headless or cease to be: set service.enabled to false first, then turn it on with the "
        "new type",
    ),
    Rule("self.mode == oldSelf.mode", "mode cannot be changed: delete the workload and make it again"),
    Rule(
        "has(self.selector) == has(oldSelf.selector) && (!has(self.selector) || self.selector == oldSelf.selector)",
        "selector cannot be changed: Kubernetes fixes the selector of what runs the pods",
    ),
    Rule(
        "self.mode != 'stateful' || has(self.stateful) == has(oldSelf.stateful) && "
        "(!has(self.stateful) || self.stateful == oldSelf.stateful)",
        "the block stateful cannot be changed: Kubernetes fixes serviceName, podManagementPolicy and "
        "volumeClaimTemplates",
    ),
    Rule(
        "self.mode != 'stateful' || "
        "(has(self.storage) ? self.storage.size() : 0) == (has(oldSelf.storage) ? oldSelf.storage.size() : 0) && "
        "(!has(self.storage) || self.storage.all(s, has(oldSelf.storage) && oldSelf.storage.exists(o, "
        "o.name == s.name && o.size == s.size && o.accessModes == s.accessModes && "
        "has(o.storageClassName) == has(s.storageClassName) && "
        "(!has(s.storageClassName) || o.storageClassName == s.storageClassName))))",
        "the name, size, class and access modes of a stateful workload's volumes cannot be changed, nor volumes added "
        "or removed: Kubernetes fixes volumeClaimTemplates",
    ),
)


class ContainerWorkloadSpec(Model):
    """What should run."""

    cel_rules: ClassVar[tuple[Rule, ...]] = SPEC_RULES

    mode: Mode = "service"
    """service (Deployment), stateful (StatefulSet), daemon (DaemonSet), job, cron, or pod (one bare Pod)."""
    image: Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=r"^\S+$")]
    """The image of the main container."""
    container_name: DnsLabel | None = None
    """Name of the main container; the workload's if absent."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """Kubernetes' own default if absent: Always for :latest or no tag, else IfNotPresent."""
    image_pull_secrets: Annotated[list[LocalRef], Field(max_length=16), ListMap("name")] = []
    """Credentials for the registry."""
    replicas: Annotated[Int, Field(ge=0, le=MAX_REPLICAS)] = 1
    """Pods wanted (service, stateful)."""
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
