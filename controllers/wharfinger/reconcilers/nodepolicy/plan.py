"""What a policy does about the nodes: which it claims, which it gives back, whom it leaves others to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wharfinger.api.resource import Object
from wharfinger.reconcilers.nodepolicy.marks import claim, record_of, release, wanted
from wharfinger.reconcilers.nodepolicy.policy import Policy, holder, selects


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A node, and the merge patch that it needs."""

    node: Object
    patch: Object


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do, and what there is to tell."""

    edits: tuple[Edit, ...] = ()
    held: tuple[str, ...] = ()
    """Nodes that are this policy's to set."""
    conflicts: tuple[tuple[str, str], ...] = ()
    """Nodes that it is about, and the earlier policy that holds them."""
    missing: tuple[str, ...] = ()
    """Nodes that it names, and that do not exist."""
    heirs: tuple[str, ...] = ()
    """Policies that are to take over nodes which bear this one's name."""


def plan(policy: Policy, policies: Sequence[Policy], nodes: Sequence[Object]) -> Plan:
    """What a policy in force does. `policies` are those in force, itself included, the earliest first."""
    edits: list[Edit] = []
    held: list[str] = []
    conflicts: list[tuple[str, str]] = []
    marks = wanted(policy.spec)
    for node in nodes:
        name = node["metadata"]["name"]
        who = holder(policies, node)
        if who is not None and who.uid == policy.uid:
            held.append(name)
            _note(edits, node, claim(node, marks, policy=policy.name, uid=policy.uid))
        elif who is not None and selects(policy, node):
            conflicts.append((name, who.name))
    back = give_back(policy.uid, policies, nodes)
    exist = {node["metadata"]["name"] for node in nodes}
    return Plan(
        edits=(*edits, *back.edits),
        held=tuple(held),
        conflicts=tuple(conflicts),
        missing=tuple(name for name in policy.spec.nodes or () if name not in exist),
        heirs=back.heirs,
    )


def give_back(uid: str, policies: Sequence[Policy], nodes: Sequence[Object]) -> Plan:
    """How a policy lets go of the nodes that bear its name and are not its to set: all of them, once it is deleted.

    What another policy is about is not restored in between: that one takes it over as it is.
    """
    edits: list[Edit] = []
    heirs: dict[str, None] = {}
    for node in nodes:
        if record_of(node).uid != uid:
            continue
        who = holder(policies, node)
        if who is None:
            _note(edits, node, release(node))
        elif who.uid != uid:
            heirs[who.name] = None
    return Plan(edits=tuple(edits), heirs=tuple(heirs))


def _note(edits: list[Edit], node: Object, patch: Object | None) -> None:
    if patch is not None:
        edits.append(Edit(node=node, patch=patch))
