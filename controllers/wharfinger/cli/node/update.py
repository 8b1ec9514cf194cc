"""``wharfinger node update``: a node's availability and labels, as ``docker node update`` changes them.

What is asked for is kept in a NodePolicy that is named after the node, so that it holds whatever becomes of the node,
and is undone when that policy is deleted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wharfinger.cli.errors import BadInputError, CommandError
from wharfinger.cli.node.names import Node, found
from wharfinger.cli.options import Force
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from wharfinger.cli.kube import Kube

Object = dict[str, Any]


class Availability(StrEnum):
    """Swarm's words."""

    active = "active"
    pause = "pause"
    drain = "drain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the command line asks for."""

    availability: str | None = None
    add: Mapping[str, str] = field(default_factory=dict)
    remove: Sequence[str] = ()


@verb()
async def update(
    call: Call,
    *,
    node: Node,
    availability: Annotated[
        Availability | None,
        typer.Option("--availability", help="active takes pods, pause takes no more, drain has its pods go too."),
    ] = None,
    label_add: Annotated[
        list[str] | None, typer.Option("--label-add", metavar="KEY[=VALUE]", help="A label to add or to change.")
    ] = None,
    label_rm: Annotated[
        list[str] | None, typer.Option("--label-rm", metavar="KEY", help="A label to take back that was added so.")
    ] = None,
    force_conflicts: Force = False,
) -> None:
    """Change a node, as `docker node update` does: availability and labels, until its NodePolicy is deleted."""
    added = dict(_label(text) for text in label_add or ())
    change = Change(availability=availability and availability.value, add=added, remove=tuple(label_rm or ()))
    if change == Change():
        raise BadInputError("nothing to change: give --availability, --label-add or --label-rm")
    async with call.connected() as kube:
        (live,) = await found(kube.client, [node])
        await _update(call, kube, live, change, force=force_conflicts)


async def _update(call: Call, kube: "Kube", node: Object, change: Change, *, force: bool) -> None:
    from wharfinger.api.kinds import NODE_POLICY
    from wharfinger.engine.errors import NotFound

    name = node["metadata"]["name"]
    try:
        policy = await kube.client.get(NODE_POLICY, "", name)
    except NotFound as error:
        if not error.reason:
            raise CommandError(
                "this cluster does not know NodePolicy: `kubectl apply --server-side -f crds/`"
            ) from error
        policy = None
    if reason := obstacle(node, policy):
        raise CommandError(reason)
    spec = changed(node, policy["spec"] if policy else {}, change)
    if spec is None:
        assert policy is not None  # there was something to remove
        await kube.client.delete(NODE_POLICY, ("", name), uid=policy["metadata"]["uid"])
        call.report(policy, "deleted")
        return
    applied = await _applied(kube, name, spec, force=force)
    call.report(applied, _outcome(policy, applied))
    _check_removed(applied, change)


def obstacle(node: Object, policy: Object | None) -> str:
    """Why this command cannot change a node; empty where it can. ``policy`` is the NodePolicy of the node's name."""
    from wharfinger.reconcilers.nodepolicy.marks import record_of

    name, holder = node["metadata"]["name"], record_of(node).policy
    if holder not in ("", name):
        return f"NodePolicy {holder} holds node {name}: change that one, or delete it first"
    if policy is None:
        return ""
    if policy["metadata"].get("deletionTimestamp"):
        return f"NodePolicy {name} is being deleted: try again when it is gone"
    spec = policy["spec"]
    if spec.get("nodes") != [name] or "nodeSelector" in spec:
        return f"NodePolicy {name} is about other nodes than {name} alone: change it by kubectl edit nodepolicy {name}"
    return ""


def changed(node: Object, spec: Mapping[str, Any], change: Change) -> Object | None:
    """The fields of the node's policy after a change of ``spec``; None where nothing is left of it.

    Raises CommandError for a label to remove that the policy did not add.
    """
    name, before = node["metadata"]["name"], dict(spec.get("labels") or {})
    for key in change.remove:
        if key not in before:
            raise CommandError(_not_ours(node, key))
    labels = {key: value for key, value in before.items() if key not in change.remove} | dict(change.add)
    availability = change.availability or spec.get("availability")
    if not labels and availability is None:
        return None
    made: Object = {"nodes": [name]}
    return made | ({"availability": availability} if availability else {}) | ({"labels": labels} if labels else {})


def _not_ours(node: Object, key: str) -> str:
    name = node["metadata"]["name"]
    if key in (node["metadata"].get("labels") or {}):
        return f"the label {key} of node {name} is no NodePolicy's: remove it by kubectl label node {name} {key}-"
    return f"node {name} has no label {key}"


def _label(text: str) -> tuple[str, str]:
    """``KEY=VALUE``, or ``KEY`` with no value, as Docker takes it."""
    key, _, value = text.partition("=")
    if not key:
        raise BadInputError(f"--label-add {text}: write KEY or KEY=VALUE")
    return key, value


async def _applied(kube: "Kube", name: str, spec: Object, *, force: bool) -> Object:
    """Raises BadInputError for a label that Kubernetes does not take, CommandError for a field that others keep."""
    from wharfinger.api import API_VERSION
    from wharfinger.api.kinds import NODE_POLICY
    from wharfinger.cli.kube import MANAGER
    from wharfinger.cli.proposals import conflicts, refusal
    from wharfinger.engine.errors import Conflict, Invalid

    body = {"apiVersion": API_VERSION, "kind": NODE_POLICY.kind, "metadata": {"name": name}, "spec": spec}
    try:
        return await kube.client.apply(NODE_POLICY, body, manager=MANAGER, force=force)
    except Conflict as error:
        raise CommandError(f"NodePolicy {name}: {conflicts(error)}") from error
    except Invalid as error:
        raise BadInputError(f"NodePolicy {name}: {refusal(error)}") from error


def _outcome(before: Object | None, after: Object) -> str:
    """In kubectl's words."""
    if before is None:
        return "created"
    return "unchanged" if before["spec"] == after["spec"] else "configured"


def _check_removed(policy: Object, change: Change) -> None:
    """A field that another manager has set too stays, when we let go of it."""
    left = [key for key in change.remove if key in (policy["spec"].get("labels") or {}) and key not in change.add]
    if left:
        name = policy["metadata"]["name"]
        told = ", ".join(left)
        raise CommandError(f"another field manager keeps {told} in NodePolicy {name}: kubectl edit nodepolicy {name}")
