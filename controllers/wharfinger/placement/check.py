"""What is wrong with a placement whatever the nodes are, and what of it is approximated: a chain of rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from wharfinger.api.status import Finding
from wharfinger.api.tasks import PlacementStrategy, TasksBlock
from wharfinger.placement import words
from wharfinger.placement.attributes import source, topology_key
from wharfinger.placement.constraint import ENGINE_LABELS, KEYS, Constraint, ConstraintError
from wharfinger.placement.findings import error, info, warning
from wharfinger.placement.labels import legal_key, legal_value
from wharfinger.placement.node import ENGINE_LABEL_PREFIX
from wharfinger.placement.query import QueryError, subjects
from wharfinger.placement.query.tree import leaves
from wharfinger.placement.resources import legal_kind
from wharfinger.placement.spreading import preference_key

Rule = Callable[[TasksBlock], Iterator[Finding]]


def check(block: TasksBlock) -> tuple[Finding, ...]:
    """Findings, with their paths below ``spec.tasks.placement``: errors of grammar, and what means something else."""
    return tuple(finding for rule in _RULES for finding in rule(block))


def constraints(block: TasksBlock) -> Iterator[Finding]:
    """A constraint that Swarm refuses is an error; one that can never hold is taken, as Swarm takes it."""
    for path, each in words.constraints(block.placement):
        if isinstance(each, ConstraintError):
            yield error(path, "InvalidConstraint", str(each))
        elif why := _never(each):
            yield warning(path, "NoNodeFits", f"`{each}` fits no node: {why}")


def _never(constraint: Constraint) -> str:
    """Why no node will ever meet a constraint; empty where one may."""
    match constraint.subject:
        case "":
            return (
                f"Swarm knows no key `{constraint.key}`, only {', '.join(KEYS)}, node.labels.NAME, engine.labels.NAME"
            )
        case "node.ip" if constraint.network is None:
            return f"`{constraint.value}` is neither an address nor a network such as 10.0.0.0/8"
        case "node.role" if constraint.equal and constraint.value.lower() not in ("manager", "worker"):
            return "roles are manager and worker"
        case "node.labels." | "engine.labels." if constraint.equal:
            return _illegal_label(constraint)
        case _:
            return ""


def _illegal_label(constraint: Constraint) -> str:
    prefix = ENGINE_LABEL_PREFIX if constraint.subject == ENGINE_LABELS else ""
    if not legal_key(prefix + constraint.label):
        return f"a Kubernetes node can have no label `{prefix}{constraint.label}`"
    return "" if legal_value(constraint.value) else f"a Kubernetes label can have no value `{constraint.value}`"


def preferences(block: TasksBlock) -> Iterator[Finding]:
    """Swarm skips a preference that is not about a label; here they are weighed at once, not within one another."""
    chosen = block.placement.preferences
    if chosen and block.per_node:
        yield info("preferences", "NoEffect", "each node has a task of its own: there is nothing to spread")
        return
    for index, each in enumerate(chosen):
        if not preference_key(each.spread):
            message = f"`{each.spread}` is skipped: it must be node.labels.NAME or engine.labels.NAME"
            yield warning(f"preferences[{index}].spread", "Ignored", message)
    if len(chosen) > 1:
        yield info("preferences", "Approximated", "all are weighed at once, not each within the one before it")


def expressions(block: TasksBlock) -> Iterator[Finding]:
    """An expression that ECS refuses is an error, and so is one that asks for an ECS agent."""
    for path, each in words.expressions(block.placement):
        if isinstance(each, QueryError):
            yield error(path, "InvalidExpression", str(each))
            continue
        asked = leaves(each)
        if any(leaf.subject == subjects.AGENT_VERSION for leaf in asked):
            yield error(path, "Unsupported", "agentVersion has no meaning here: no node has an ECS agent")
        for leaf in asked:
            if leaf.attribute and not legal_key(source(leaf.attribute).label):
                message = f"a Kubernetes node can have no label `{leaf.attribute}`"
                yield warning(path, "NoNodeFits", message)


def strategies(block: TasksBlock) -> Iterator[Finding]:
    """ECS: fields by type of the strategy; none for DAEMON (developer guide, task-placement-strategies)."""
    chosen = block.placement.strategies
    if chosen and block.per_node:
        yield error("strategies", "Unsupported", "each node has a task of its own: ECS takes no strategy for DAEMON")
        return
    for index, each in enumerate(chosen):
        yield from _strategy(f"strategies[{index}]", each)
    if len(chosen) > 1:
        yield info("strategies", "Approximated", "all are weighed at once, not the first one first")


def _strategy(path: str, strategy: PlacementStrategy) -> Iterator[Finding]:
    if strategy.type == "spread" and not legal_key(topology_key(strategy.field)):
        message = f"must be instanceId, host or attribute:NAME, not `{strategy.field}`"
        yield error(f"{path}.field", "InvalidValue", message)
    if strategy.type == "binpack":
        if strategy.field not in ("cpu", "memory"):
            yield error(f"{path}.field", "InvalidValue", f"must be cpu or memory, not `{strategy.field}`")
        message = "approximated: nodes with the most tasks come first, not those with the least left"
        yield info(path, "Approximated", message)


def resources(block: TasksBlock) -> Iterator[Finding]:
    """A generic resource becomes an extended resource, whose name must be one."""
    for index, each in enumerate(block.placement.generic_resources):
        if not legal_kind(each.kind):
            message = f"`{each.kind}` cannot be an extended resource: letters, digits, - _ . and a domain of one's own"
            yield error(f"genericResources[{index}].kind", "InvalidValue", message)


def lanes(block: TasksBlock) -> Iterator[Finding]:
    """Above one, a limit a node is kept by lanes, which leave a task waiting where slots are not dealt evenly."""
    many = block.placement.max_replicas_per_node
    if many > 1 and not block.per_node and not block.placement.distinct_instance:
        message = f"slots are dealt to {many} lanes, and no node takes two of a lane: a gap in the slots may leave room"
        yield info("maxReplicasPerNode", "Approximated", message)


_RULES: Final[tuple[Rule, ...]] = (constraints, preferences, expressions, strategies, resources, lanes)
