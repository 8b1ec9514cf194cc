"""The kinds that Wharfinger brings: names, columns, and the rules that need more than the spec to see."""

from __future__ import annotations

import re

from wharfinger.api import GROUP, VERSION
from wharfinger.api.containerworkload import ContainerWorkloadSpec, Workload
from wharfinger.api.customresource import MAX_NAME, Column, CustomResource
from wharfinger.api.model import Rule
from wharfinger.api.nodepolicy import NodePolicySpec, NodePolicyStatus
from wharfinger.api.resource import Resource
from wharfinger.api.stack import StackSpec, StackStatus
from wharfinger.api.status import ContainerWorkloadStatus

CONTAINER_WORKLOAD = Resource(group=GROUP, version=VERSION, kind="ContainerWorkload", plural="containerworkloads")
NODE_POLICY = Resource(group=GROUP, version=VERSION, kind="NodePolicy", plural="nodepolicies", namespaced=False)

STACK = Resource(group=GROUP, version=VERSION, kind="Stack", plural="stacks")

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUFFIXED = ("cron", "stateful")
_MAX_SUFFIXED_NAME = 52


def _has_service(workload: Workload) -> bool:
    spec = workload.spec
    wanted = spec.service is None or spec.service.enabled
    return spec.mode == "stateful" or (spec.mode not in ("job", "cron") and bool(spec.ports) and wanted)


NAME_RULES = (
    Rule(
        "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
        f"the name must be a DNS label (it names containers and Services): at most {MAX_NAME} lower-case letters, "
        "digits and dashes, with a letter or digit at both ends",
        lambda workload: len(workload.name) <= MAX_NAME and _DNS_LABEL.fullmatch(workload.name) is not None,
    ),
    Rule(
        f"!(self.spec.mode in ['cron', 'stateful']) || self.metadata.name.size() <= {_MAX_SUFFIXED_NAME}",
        f"in the modes cron and stateful the name has at most {_MAX_SUFFIXED_NAME} characters: Kubernetes appends 11 "
        "to it, for jobs and for revisions",
        lambda workload: workload.spec.mode not in _SUFFIXED or len(workload.name) <= _MAX_SUFFIXED_NAME,
    ),
    Rule(
        "self.metadata.name.matches('^[a-z]') || !(self.spec.mode == 'stateful' || "
        "!(self.spec.mode in ['job', 'cron']) && has(self.spec.ports) && self.spec.ports.size() > 0 && "
        "(!has(self.spec.service) || self.spec.service.enabled))",
        "the name must start with a letter, since a Service is called by it",
        lambda workload: workload.name[:1].isalpha() or not _has_service(workload),
    ),
)
"""Sources: apimachinery's IsDNS1123Label and IsDNS1035Label; batch/v1 validation's 52 characters for a CronJob; the
label ``controller-revision-hash`` of a StatefulSet's pods, its name, a dash and ten characters (kubernetes #64023)."""

CONTAINER_WORKLOAD_KIND = CustomResource(
    resource=CONTAINER_WORKLOAD,
    short_names=("cw",),
    description="An image, kept running on Kubernetes as this resource says.",
    spec=ContainerWorkloadSpec,
    status=ContainerWorkloadStatus,
    rules=NAME_RULES,
    scalable=True,
    selectable=(".spec.mode", ".spec.image"),
    columns=(
        Column("Mode", ".spec.mode", "How it runs."),
        Column("Ready", '.status.conditions[?(@.type=="Ready")].status', "Whether what runs is what the spec says."),
        Column("Pods", ".status.readyReplicas", "Pods that are ready.", type="integer"),
        Column("Desired", ".status.desiredReplicas", "Pods that there should be.", type="integer"),
        Column("Reason", '.status.conditions[?(@.type=="Ready")].reason', "Why it is ready, or why it is not."),
        Column("Revision", ".status.rollout.runningRevision", "The revision that runs.", type="integer"),
        Column("Age", ".metadata.creationTimestamp", "Time since it was made.", type="date"),
        Column("Image", ".spec.image", "The image that the spec asks for.", priority=1),
        Column("Message", '.status.conditions[?(@.type=="Ready")].message', "What to do about it.", priority=1),
    ),
)

NODE_POLICY_KIND = CustomResource(
    resource=NODE_POLICY,
    short_names=("np",),
    description="Availability and labels of nodes, until it is deleted.",
    spec=NodePolicySpec,
    status=NodePolicyStatus,
    columns=(
        Column("Availability", ".spec.availability", "What the nodes shall be."),
        Column("Nodes", ".status.selected", "Nodes that it is about.", type="integer"),
        Column("Settled", ".status.settled", "Those of them that are what it says.", type="integer"),
        Column("Ready", '.status.conditions[?(@.type=="Ready")].status', "Whether all of them are."),
        Column("Reason", '.status.conditions[?(@.type=="Ready")].reason', "Why, or why not."),
        Column("Age", ".metadata.creationTimestamp", "Time since it was made.", type="date"),
        Column("Message", '.status.conditions[?(@.type=="Ready")].message', "What to do about it.", priority=1),
    ),
)

STACK_KIND = CustomResource(
    resource=STACK,
    short_names=("stk",),
    description="Compose files or a Swarm stack, kept running on Kubernetes as they say.",
    spec=StackSpec,
    status=StackStatus,
    columns=(
        Column("Services", ".status.serviceCount", "Services that there should be.", type="integer"),
        Column("Running", ".status.readyServices", "Services that are well.", type="integer"),
        Column("Ready", '.status.conditions[?(@.type=="Ready")].status', "Whether all of them are."),
        Column("Reason", '.status.conditions[?(@.type=="Ready")].reason', "Why, or why not."),
        Column("Age", ".metadata.creationTimestamp", "Time since it was made.", type="date"),
        Column("Dialect", ".status.dialect", "Whose rules count.", priority=1),
        Column("Message", '.status.conditions[?(@.type=="Ready")].message', "What to do about it.", priority=1),
    ),
)

KINDS: tuple[CustomResource, ...] = (CONTAINER_WORKLOAD_KIND, NODE_POLICY_KIND, STACK_KIND)
"""Every kind of the group: crds/ has one file for each."""
