"""``task:group`` where an expression as a whole demands it: the scheduler's own pod affinity, exact at any moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wharfinger.api.resource import Object
from wharfinger.placement.labels import legal_value
from wharfinger.placement.load import group_labels
from wharfinger.placement.node import HOSTNAME
from wharfinger.placement.query import subjects
from wharfinger.placement.query.tree import And, Expression, Leaf, Not, Or


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """An expression, taken apart: all of it must hold."""

    rest: tuple[Expression, ...]
    """What is asked of the nodes themselves."""
    near: tuple[Object, ...]
    """podAffinityTerms."""
    apart: tuple[Object, ...]
    """The same, of pod anti-affinity."""


def split(expression: Expression) -> Split:
    """Take out of an expression what pod affinity can say."""
    rest: list[Expression] = []
    near: list[Object] = []
    apart: list[Object] = []
    for part, denied in _conjuncts(expression, denied=False):
        wanted = isinstance(part, Leaf) and part.negative == denied
        found = _pod_terms(part.positive, wanted=wanted) if isinstance(part, Leaf) else None
        if found is None:
            rest.append(Not(part) if denied else part)
        else:
            (near if wanted else apart).extend(found)
    return Split(rest=tuple(rest), near=tuple(near), apart=tuple(apart))


def _conjuncts(expression: Expression, *, denied: bool) -> Iterator[tuple[Expression, bool]]:
    """The parts that must all hold, or all must not where `denied`."""
    match expression:
        case Not(part):
            yield from _conjuncts(part, denied=not denied)
        case And(parts) if not denied:
            for part in parts:
                yield from _conjuncts(part, denied=denied)
        case Or(parts) if denied:
            for part in parts:
                yield from _conjuncts(part, denied=denied)
        case _:
            yield expression, denied


def _pod_terms(leaf: Leaf, *, wanted: bool) -> list[Object] | None:
    """Terms for a positive leaf: near any of its groups, or apart from all. None where there are none for it."""
    if leaf.subject != subjects.TASK_GROUP or leaf.operator not in ("==", "in"):
        return None
    made = [_on_a_node(key, values) for key, values in _by_label(leaf.arguments).items()]
    return made if len(made) == 1 or not wanted else None


def _by_label(groups: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for group in groups:
        for key, value in group_labels(group).items():
            if legal_value(value):
                found[key].append(value)
    return found


def _on_a_node(key: str, values: list[str]) -> Object:
    selector = {"matchExpressions": [{"key": key, "operator": "In", "values": values}]}
    return {"labelSelector": selector, "topologyKey": HOSTNAME}
