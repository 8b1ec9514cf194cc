"""What to tell of a policy: node by node, and as conditions. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from wharfinger.api.nodepolicy import MAX_NODES, MAX_PODS, PolicyNode, RemainingPod
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.reconcilers.nodepolicy.plan import Plan
from wharfinger.reconcilers.nodepolicy.policy import Policy
from wharfinger.reconcilers.report import judged
from wharfinger.rollout import Verdict, stalled, times

_FOR_A_PERSON: Final = frozenset({"NoController", "EmptyDirData"})
"""Reasons to wait that nothing but a person's decision ends."""
_SETTLED: Final = ("Applied", "Drained", "Missing")
_SAMPLE: Final = 3
"""Pods or nodes that a message names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draining:
    """How the drain of one node stands."""

    since: datetime
    evicted: int
    waiting: Sequence[RemainingPod]
    staying: Sequence[RemainingPod]
    late: bool
    """Whether it takes longer than drain.timeout."""


def report(
    obj: Object,
    policy: Policy,
    plan: Plan,
    *,
    drains: Mapping[str, Draining],
    failures: Mapping[str, str],
    now: datetime,
) -> Object:
    """The status."""
    nodes = _nodes(policy, plan, drains, failures)
    settled = sum(node.state in ("Applied", "Drained") for node in nodes)
    return {
        "selected": len(plan.held) + len(plan.conflicts),
        "settled": settled,
        "nodes": [node.to_json() for node in nodes[:MAX_NODES]],
    } | judged(obj, _verdicts(policy, nodes, drains), _findings(plan), now=now)


def _nodes(policy: Policy, plan: Plan, drains: Mapping[str, Draining], failures: Mapping[str, str]) -> list[PolicyNode]:
    """All nodes, those that are not settled first."""
    availability = policy.spec.availability
    told = [
        *(PolicyNode(name=name, state="Failed", message=message[:1024]) for name, message in failures.items()),
        *(
            PolicyNode(name=name, state="Conflict", message=f"held by NodePolicy {other}, which was made earlier")
            for name, other in plan.conflicts
        ),
        *(_drained(name, drain) for name, drain in drains.items() if name not in failures),
        *(
            PolicyNode(name=name, availability=availability, state="Applied")
            for name in plan.held
            if name not in drains and name not in failures
        ),
        *(PolicyNode(name=name, state="Missing", message="there is no such node") for name in plan.missing),
    ]
    return sorted(told, key=lambda node: (node.state in _SETTLED, node.name))


def _drained(name: str, drain: Draining) -> PolicyNode:
    return PolicyNode(
        name=name,
        availability="drain",
        state="Draining" if drain.waiting else "Drained",
        since=times.text(drain.since),
        evicted=drain.evicted,
        waiting=list(drain.waiting[:MAX_PODS]),
        staying=list(drain.staying[:MAX_PODS]),
        message=_remaining(drain),
    )


def _remaining(drain: Draining) -> str | None:
    """What still runs there, in a line."""
    parts = []
    if drain.waiting:
        parts.append(f"{_count(len(drain.waiting), 'pod')} to go: {_named(drain.waiting)}")
    if drain.staying:
        parts.append(f"{_count(len(drain.staying), 'pod')} of the node's own stay")
    return "; ".join(parts)[:1024] or None


def _named(pods: Sequence[RemainingPod]) -> str:
    """The first pods, each with what holds it."""
    named = [f"{each.pod} ({each.reason}{': ' if each.message else ''}{each.message})" for each in pods[:_SAMPLE]]
    return ", ".join(named) + (", …" if len(pods) > _SAMPLE else "")


def _findings(plan: Plan) -> tuple[Finding, ...]:
    """A node that is named does not exist; it is waited for."""
    return tuple(
        Finding(
            path="spec.nodes",
            severity="warning",
            reason="NodeNotFound",
            message=f"{name}: no such node; it is waited for",
        )
        for name in plan.missing
    )


# Conditions


def _verdicts(policy: Policy, nodes: Sequence[PolicyNode], drains: Mapping[str, Draining]) -> tuple[Verdict, ...]:
    """Ready, and why not: what a person must see to comes before what time will bring."""
    if failed := [node for node in nodes if node.state == "Failed"]:
        return stalled("NodeNotWritten", _first(failed))
    if conflicts := [node for node in nodes if node.state == "Conflict"]:
        return stalled("Conflict", _first(conflicts))
    open_drains = {name: drain for name, drain in drains.items() if drain.waiting}
    if not open_drains:
        return (_settled(policy, nodes),)
    message = _first([node for node in nodes if node.state == "Draining"])
    if any(drain.late for drain in open_drains.values()):
        return stalled("DrainTimedOut", f"Longer than {policy.spec.drain.timeout}, and still tried. {message}")
    reasons = {pod.reason for drain in open_drains.values() for pod in drain.waiting}
    if reasons <= _FOR_A_PERSON:
        return stalled("PodsRemain", message)
    return Verdict("Ready", "False", "Draining", message), Verdict("Reconciling", "True", "Draining", message)


def _settled(policy: Policy, nodes: Sequence[PolicyNode]) -> Verdict:
    here = [node for node in nodes if node.state != "Missing"]
    if not here:
        return Verdict("Ready", "True", "NoNodes", "No node is selected")
    what = {"active": "take pods", "pause": "take no more pods", "drain": "are drained", None: "have the labels"}
    message = f"{_count(len(here), 'node')}: {what[policy.spec.availability]}"
    return Verdict("Ready", "True", "Applied", message)


def _first(nodes: Sequence[PolicyNode]) -> str:
    """The first node with what is told of it, and how many more there are."""
    more = f" (and {_count(len(nodes) - 1, 'more node')})" if len(nodes) > 1 else ""
    return f"Node {nodes[0].name}: {nodes[0].message}{more}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
