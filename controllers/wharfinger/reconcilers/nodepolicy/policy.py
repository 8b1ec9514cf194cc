"""Policies as they are stored, and which of them holds a node. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from wharfinger.api.findings import findings
from wharfinger.api.nodepolicy import NodePolicySpec, NodePolicyStatus
from wharfinger.api.parse import InvalidSpec
from wharfinger.api.resource import Object
from wharfinger.api.schema import structural
from wharfinger.api.selector import matches
from wharfinger.reconcilers.nodepolicy.marks import original_labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A NodePolicy that can be acted on."""

    name: str
    uid: str
    created: str
    """RFC 3339."""
    spec: NodePolicySpec

    @property
    def age(self) -> tuple[str, str]:
        """What policies are ordered by: the earliest first."""
        return self.created, self.name


def read(obj: Object) -> Policy:
    """The policy that a stored resource describes. Raises `InvalidSpec`."""
    metadata, spec = obj["metadata"], obj.get("spec")
    try:
        parsed = NodePolicySpec.model_validate(spec, by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidSpec(findings(error, spec, root="spec", schema=structural(NodePolicySpec))) from error
    return Policy(
        name=metadata["name"], uid=metadata["uid"], created=metadata.get("creationTimestamp") or "", spec=parsed
    )


def in_force(objs: Iterable[Object]) -> tuple[Policy, ...]:
    """The policies that hold nodes: those that can be read and are not being deleted, the earliest first."""
    return tuple(sorted((policy for obj in objs if (policy := _readable(obj))), key=lambda policy: policy.age))


def status_of(obj: Object) -> NodePolicyStatus:
    """What was told last. A status that cannot be read (another version's) is as good as none."""
    try:
        return NodePolicyStatus.model_validate(obj.get("status", {}))
    except ValueError:
        return NodePolicyStatus()


def selects(policy: Policy, node: Object) -> bool:
    """Whether the policy is about the node.

    Labels that policies set do not count: a policy that selects by a label which it changes would let go of the node,
    so that the label comes back, and so on for ever.
    """
    if node["metadata"]["name"] in (policy.spec.nodes or ()):
        return True
    selector = policy.spec.node_selector
    return selector is not None and matches(selector, original_labels(node))


def holder(policies: Iterable[Policy], node: Object) -> Policy | None:
    """The policy whose word counts: the earliest that is about the node."""
    return next((policy for policy in policies if selects(policy, node)), None)


def _readable(obj: Object) -> Policy | None:
    if "deletionTimestamp" in obj["metadata"]:
        return None
    try:
        return read(obj)
    except InvalidSpec:
        return None
