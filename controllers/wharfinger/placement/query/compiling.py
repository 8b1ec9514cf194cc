"""An expression as requirements on nodes: alternatives of conjunctions, negation pushed down to the leaves.

What a label says, the scheduler asks itself. What none says (instance ids, dates, counts), and values that match a
pattern or compare, are looked up in the nodes as they are, and asked for by hostname or by value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from wharfinger.placement.attributes import Source, source
from wharfinger.placement.labels import legal_key, legal_value
from wharfinger.placement.load import IDLE, Loads
from wharfinger.placement.node import Node
from wharfinger.placement.query import subjects
from wharfinger.placement.query.holding import holds, leaf_holds, text_holds
from wharfinger.placement.query.tree import And, Expression, Leaf, Not, Or
from wharfinger.placement.requirement import ANYWHERE, NOWHERE, Requirement, Terms, among, both, either, only

Nodes = Sequence[Node] | None
"""All nodes of the cluster; None where they are not watched."""

_MOST: Final = 64
"""Alternatives in one pod. An expression that has more (they multiply) is looked up as a whole."""

_DYNAMIC: Final = frozenset({subjects.RUNNING_TASKS, subjects.TASK_GROUP})
"""Subjects whose answer depends on what runs."""


class _TooManyError(Exception):
    """More alternatives than `_MOST`."""


def terms(expression: Expression, nodes: Nodes, load: Loads | None) -> Terms | None:
    """What an expression asks of a node; None where that cannot be said without nodes, or without what runs there."""
    try:
        return _terms(expression, nodes, load, denied=False)
    except _TooManyError:
        return _as_a_whole(expression, nodes, load)


def _as_a_whole(expression: Expression, nodes: Nodes, load: Loads | None) -> Terms | None:
    if nodes is None or (load is None and dynamic(expression)):
        return None
    return among(node for node in nodes if holds(expression, node, (load or {}).get(node.name, IDLE)))


def dynamic(expression: Expression) -> bool:
    """Whether the answer depends on what runs."""
    match expression:
        case Leaf():
            return expression.subject in _DYNAMIC
        case Not(part):
            return dynamic(part)
        case And(parts) | Or(parts):
            return any(dynamic(part) for part in parts)


def _terms(expression: Expression, nodes: Nodes, load: Loads | None, *, denied: bool) -> Terms | None:
    match expression:
        case Leaf():
            return _leaf(expression, nodes, load, denied=denied)
        case Not(part):
            return _terms(part, nodes, load, denied=not denied)
        case And(parts) | Or(parts):
            joined = both if isinstance(expression, And) != denied else either
            return _join(joined, (_terms(part, nodes, load, denied=denied) for part in parts))


def _join(joined: Callable[[Terms, Terms], Terms], parts: Iterable[Terms | None]) -> Terms | None:
    made: Terms | None = None
    for part in parts:
        if part is None:
            return None
        made = part if made is None else joined(made, part)
        if len(made) > _MOST:
            raise _TooManyError
    return made


def _leaf(leaf: Leaf, nodes: Nodes, load: Loads | None, *, denied: bool) -> Terms | None:
    wanted = leaf.negative == denied
    if leaf.attribute:
        return _attribute(leaf.positive, source(leaf.attribute), nodes, wanted=wanted)
    if leaf.subject == subjects.AGENT_CONNECTED:
        # A task starts on a node that is ready, or not at all.
        return _always(text_holds(leaf.positive, "true") == wanted)
    if leaf.subject == subjects.AGENT_VERSION:
        return _always(not wanted)
    if nodes is None or (load is None and leaf.subject in _DYNAMIC):
        return None
    held = [node for node in nodes if leaf_holds(leaf.positive, node, (load or {}).get(node.name, IDLE))]
    return among(held, inside=wanted)


def _attribute(leaf: Leaf, origin: Source, nodes: Nodes, *, wanted: bool) -> Terms | None:
    """A positive leaf about a label."""
    if not legal_key(origin.label):
        return _always(not wanted)
    if leaf.operator == "exists":
        return only(Requirement(origin.label, "Exists" if wanted else "DoesNotExist"))
    literal = leaf.operator in ("==", "in")
    if not literal and nodes is None:
        return None
    candidates = {node.labels[origin.label] for node in nodes or () if origin.label in node.labels}
    if literal:
        candidates |= {written for each in leaf.arguments if legal_value(written := origin.write(each))}
    values = tuple(sorted(each for each in candidates if _holds(leaf, origin.read(each))))
    if not values:
        return _always(not wanted)
    return only(Requirement(origin.label, "In" if wanted else "NotIn", values))


def _holds(leaf: Leaf, value: str | None) -> bool:
    return value is not None and text_holds(leaf, value)


def _always(true: bool) -> Terms:
    return ANYWHERE if true else NOWHERE
