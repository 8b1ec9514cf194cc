"""NodePolicy: what becomes of nodes, as ``docker node update`` says it: availability and labels, until it is deleted.

Cluster-scoped, since nodes belong to no namespace.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints

from wharfinger.api import core
from wharfinger.api.lists import ListMap, ListSet
from wharfinger.api.model import Bool, DnsSubdomain, Duration, Int, Model, Rule, Time
from wharfinger.api.status import Condition, Finding

Availability = Literal["active", "pause", "drain"]
"""Swarm's words: active takes pods; pause keeps those that are there and takes no more; drain has them go elsewhere."""

MAX_NODES: Final = 64
"""Nodes that a status tells of; those of which there is something to tell come first."""
MAX_PODS: Final = 10
"""Pods of one node that a status names."""

LabelValue = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$", max_length=63)]
"""What Kubernetes takes as a label's value."""

_OTHERS: Final = (
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
)
"""Labels that a kubelet or a cloud's controller sets again and again: nobody else can keep them."""


def _cel_list(texts: tuple[str, ...]) -> str:
    return "[" + ", ".join(f"'{text}'" for text in texts) + "]"


class Drain(Model):
    """How pods leave a node."""

    grace_period: Duration | None = None
    """Time that a pod has to end; its own terminationGracePeriodSeconds if absent."""
    timeout: Duration | None = None
    """Time after which a drain that is not finished counts as stalled. It goes on all the same. For ever if absent."""
    delete_empty_dir_data: Bool = True
    """False: pods with data in an emptyDir stay, and are reported. That data ends with the pod, wherever it ends; so
    does what a container of Docker wrote into itself, which draining never asked about."""
    force: Bool = False
    """True: pods that no controller would make again are evicted too. Otherwise they stay, and are reported."""


class NodePolicySpec(Model):
    """Which nodes, and what they shall be."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.nodes) || has(self.nodeSelector)",
            "nodes or nodeSelector is required: which nodes this is about; a nodeSelector of {} means all of them",
            lambda spec: spec.nodes is not None or spec.node_selector is not None,
        ),
        Rule(
            "has(self.availability) || has(self.labels)",
            "availability or labels is required: what the nodes shall be",
            lambda spec: spec.availability is not None or spec.labels is not None,
        ),
        Rule(
            f"!has(self.labels) || !self.labels.exists(key, key in {_cel_list(_OTHERS)})",
            f"labels may not name {', '.join(_OTHERS)}: the kubelet or the cloud keeps those",
            lambda spec: not set(spec.labels or ()) & set(_OTHERS),
        ),
    )

    nodes: Annotated[list[DnsSubdomain], Field(max_length=256), ListSet()] | None = None
    """Nodes by name, beside those that nodeSelector finds. One that does not exist is waited for."""
    node_selector: core.LabelSelector | None = None
    """Nodes by the labels that they have without any NodePolicy, those that come later included."""
    availability: Availability | None = None
    """``active`` takes pods, ``pause`` takes no more, ``drain`` has its pods go too. Left as it is if absent."""
    labels: Annotated[dict[str, LabelValue], Field(max_length=64)] | None = None
    """Labels that the nodes shall have, beside the others that they have."""
    drain: Drain = Drain()
    """How pods leave, with availability ``drain``."""


class RemainingPod(Model):
    """A pod that still runs on a node that is drained."""

    pod: str
    """``namespace/name``."""
    reason: str
    """Of those to go: DisruptionBudget, NoController, EmptyDirData, Task, Terminating, Refused. Of those that stay:
    DaemonSet, Static."""
    message: Annotated[str, Field(max_length=512)] = ""
    """What holds it, by name."""


NodeState = Literal["Applied", "Draining", "Drained", "Conflict", "Failed", "Missing"]


class PolicyNode(Model):
    """One node."""

    name: str
    """Its name."""
    availability: Availability | None = None
    """What this policy makes it."""
    state: NodeState
    """Applied; Draining or Drained; Conflict with another policy; Failed to be written; Missing from the cluster."""
    since: Time | None = None
    """When its draining began."""
    evicted: Int = 0
    """Pods that were evicted since then; at least, if the operator was killed in between."""
    waiting: Annotated[list[RemainingPod], Field(max_length=MAX_PODS)] = []
    """Pods that are still to go; the first of them."""
    staying: Annotated[list[RemainingPod], Field(max_length=MAX_PODS)] = []
    """Pods that belong to the node (of DaemonSets, static ones) and do not go; the first of them."""
    message: Annotated[str, Field(max_length=1024)] | None = None
    """For a person."""


class NodePolicyStatus(Model):
    """What is so."""

    observed_generation: Int = -1
    """The metadata.generation that this status is about; -1 until the operator has seen the resource."""
    conditions: Annotated[list[Condition], Field(max_length=16), ListMap("type")] = []
    """Ready, and while it lasts Reconciling or Stalled."""
    selected: Int | None = None
    """Nodes that the policy is about."""
    settled: Int | None = None
    """Those of them that are what it says."""
    nodes: Annotated[list[PolicyNode], Field(max_length=MAX_NODES), ListMap("name")] = []
    """Node by node, those that are not settled first; the first 64."""
    findings: Annotated[list[Finding], Field(max_length=64)] = []
    """What is not honoured as written."""
