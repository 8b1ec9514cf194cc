"""Hold an expression against a node."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from wharfinger.placement.attributes import attribute, instance_id
from wharfinger.placement.load import Load
from wharfinger.placement.node import Node
from wharfinger.placement.query import pattern, subjects
from wharfinger.placement.query.tree import And, Expression, Leaf, Not, Or

_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def holds(expression: Expression, node: Node, load: Load) -> bool:
    """Whether a node, on which `load` runs, is one that the expression selects."""
    match expression:
        case Leaf():
            return leaf_holds(expression, node, load)
        case Not(part):
            return not holds(part, node, load)
        case And(parts):
            return all(holds(part, node, load) for part in parts)
        case Or(parts):
            return any(holds(part, node, load) for part in parts)


def leaf_holds(leaf: Leaf, node: Node, load: Load) -> bool:
    """Likewise for one leaf. What is absent meets no positive operator, and each that denies one."""
    positive = leaf.positive
    if leaf.subject == subjects.TASK_GROUP:
        found = any(text_holds(positive, group) for group in load.groups)
    else:
        found = _holds(positive, _answer(leaf, node, load))
    return found != leaf.negative


def text_holds(leaf: Leaf, value: str) -> bool:
    """Whether a text meets a positive operator."""
    if leaf.operator == "=~":
        return pattern.matches(leaf.arguments[0], value)
    if leaf.operator in _COMPARISONS:
        return _compares(leaf, _number(value), _number(leaf.arguments[0])) or _as_text(leaf, value)
    return leaf.operator == "exists" or value in leaf.arguments


def _as_text(leaf: Leaf, value: str) -> bool:
    """Texts that are not both numbers compare letter by letter."""
    both_numbers = _number(value) is not None and _number(leaf.arguments[0]) is not None
    return not both_numbers and _COMPARISONS[leaf.operator](value, leaf.arguments[0])


def _holds(leaf: Leaf, answer: str | int | datetime | None) -> bool:
    if answer is None or leaf.subject == subjects.AGENT_VERSION:
        return False
    if isinstance(answer, str):
        return text_holds(leaf, answer)
    argument = leaf.arguments[0]
    return _compares(leaf, answer, subjects.number(argument) if isinstance(answer, int) else subjects.moment(argument))


def _answer(leaf: Leaf, node: Node, load: Load) -> str | int | datetime | None:
    """What a node says to a subject; None where it says nothing. There is no ECS agent, so none has a version."""
    match leaf.subject:
        case subjects.AGENT_CONNECTED:
            return "true" if node.ready == "True" else "false"
        case subjects.INSTANCE_ID:
            return instance_id(node) or None
        case subjects.REGISTERED_AT:
            return subjects.moment(node.created_at)
        case subjects.RUNNING_TASKS:
            return load.tasks
        case _:
            return attribute(leaf.attribute, node)


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _compares(leaf: Leaf, one: Any, other: Any) -> bool:
    if one is None or other is None:
        return False
    return (one == other) if leaf.operator == "==" else _COMPARISONS[leaf.operator](one, other)


_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
}
