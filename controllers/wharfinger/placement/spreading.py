"""How tasks are spread, as far as the scheduler can be told: topology spread constraints, all best effort.

Swarm divides tasks evenly over the values of the first preference, within each over those of the second, and within
those takes the node with the fewest tasks of the service. The scheduler weighs all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from wharfinger.api.operation import Spread
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.api.tasks import Placement, TasksBlock
from wharfinger.placement.attributes import topology_key
from wharfinger.placement.constraint import ENGINE_LABELS, NODE_LABELS
from wharfinger.placement.findings import info
from wharfinger.placement.labels import legal_key
from wharfinger.placement.node import ENGINE_LABEL_PREFIX, HOSTNAME, ZONE, Node
from wharfinger.placement.pod_placement import on_a_node

_OURS: Final = {"app.kubernetes.io/managed-by": "wharfinger"}
"""Labels of all pods of ours, whatever their workload."""


def preference_key(spread: str) -> str:
    """The label of a Swarm preference; empty where it is about none, which Swarm skips too."""
    lower = spread.lower()
    if lower.startswith(NODE_LABELS):
        key = spread[len(NODE_LABELS) :]
    elif lower.startswith(ENGINE_LABELS):
        key = ENGINE_LABEL_PREFIX + spread[len(ENGINE_LABELS) :]
    else:
        return ""
    return key if legal_key(key) else ""


def spread_constraints(block: TasksBlock, selector: Mapping[str, str], spread: Spread) -> tuple[Object, ...]:
    """topologySpreadConstraints; each key once, as core/v1 wants it. By node there is nothing to spread.

    Tasks of all revisions count, as they do in Swarm and in ECS.
    """
    if block.per_node:
        return ()
    keys = dict.fromkeys(key for key in (*_asked(block.placement), *_default(block, spread)) if key)
    return tuple(_constraint(key, selector, strict=spread.strict and key == HOSTNAME) for key in keys)


def _asked(placement: Placement) -> Iterator[str]:
    for preference in placement.preferences:
        yield preference_key(preference.spread)
    for strategy in placement.strategies:
        if strategy.type == "spread" and legal_key(key := topology_key(strategy.field)):
            yield key


def _default(block: TasksBlock, spread: Spread) -> Iterator[str]:
    """ECS: over availability zones, unless strategies say otherwise. Swarm: fewest tasks of the service on a node."""
    if spread.enabled and not block.placement.strategies:
        yield ZONE if block.deployment else HOSTNAME


def _constraint(key: str, selector: Mapping[str, str], *, strict: bool) -> Object:
    """Where it is binding, nodes that the task may not use for their taints are no empty places to fill first."""
    binding = {"nodeTaintsPolicy": "Honor"} if strict else {}
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "DoNotSchedule" if strict else "ScheduleAnyway",
        "labelSelector": {"matchLabels": dict(selector)},
        **binding,
    }


def rather_near(block: TasksBlock) -> tuple[Object, ...]:
    """Weighted pod affinity for ECS's binpack: the more pods of ours a node has, the better."""
    if block.per_node or not any(each.type == "binpack" for each in block.placement.strategies):
        return ()
    return ({"weight": 100, "podAffinityTerm": on_a_node(_OURS)},)


def unlabelled(spreads: Iterable[Object], nodes: Sequence[Node] | None) -> Iterator[Finding]:
    """Swarm counts nodes without a label as a place of their own; the scheduler takes them last."""
    for key in (each["topologyKey"] for each in spreads):
        without = sum(key not in node.labels for node in nodes or ())
        if without and key not in (HOSTNAME, ZONE):
            message = f"{without} of {len(nodes or ())} nodes have no label `{key}`: they get tasks last"
            yield info("preferences", "Approximated", message)
