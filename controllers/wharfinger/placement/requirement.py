"""Node selector requirements: core/v1 NodeSelectorRequirement, as data that can also be held against a `Node`.

What placement compiles to are alternatives (any must hold) of requirements (all must hold), as ``nodeSelectorTerms``
have it. No alternative at all means any node here, which is not what an empty list means to the scheduler.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

from wharfinger.api.resource import Object
from wharfinger.placement.node import HOSTNAME, Node

Operator = Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]

NAME_FIELD: Final = "metadata.name"
"""The one field that ``matchFields`` knows."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement on a node's labels, or on its name."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()
    field: bool = False
    """It is about a field (`NAME_FIELD`), not a label."""

    def to_json(self) -> Object:
        """As it stands in a pod."""
        made: Object = {"key": self.key, "operator": self.operator}
        return {**made, "values": list(self.values)} if self.values else made

    def holds(self, node: Node) -> bool:
        """Whether a node meets it, as the scheduler looks at it."""
        value = node.name if self.field else node.labels.get(self.key)
        match self.operator:
            case "Exists":
                return value is not None
            case "DoesNotExist":
                return value is None
            case "In":
                return value in self.values
            case "NotIn":
                return value not in self.values
            case _:
                return value is not None and _compares(self.operator, value, self.values)


Term = tuple[Requirement, ...]
"""All must hold."""
Terms = tuple[Term, ...]
"""Any must hold."""

ANYWHERE: Final[Terms] = ((),)
"""Every node."""
NOWHERE: Final[Terms] = ((Requirement("kubernetes.io/os", "Exists"), Requirement("kubernetes.io/os", "DoesNotExist")),)
"""No node, in a form that may be combined with others: it contradicts itself."""


def both(one: Terms, other: Terms) -> Terms:
    """What meets both."""
    if NOWHERE in (one, other):
        return NOWHERE
    return tuple(dict.fromkeys(tuple(dict.fromkeys(left + right)) for left, right in product(one, other)))


def either(one: Terms, other: Terms) -> Terms:
    """What meets one of them."""
    if ANYWHERE in (one, other):
        return ANYWHERE
    if NOWHERE in (one, other):
        return other if one == NOWHERE else one
    return tuple(dict.fromkeys(one + other))


def only(*requirements: Requirement) -> Terms:
    """What meets these."""
    return (requirements,)


def named(name: str, *, is_it: bool = True) -> Terms:
    """The node of that name, or every other. The scheduler looks it up, and at no other node."""
    return only(Requirement(NAME_FIELD, "In" if is_it else "NotIn", (name,), field=True))


def among(nodes: Iterable[Node], *, inside: bool = True) -> Terms:
    """These nodes, by their hostname label, or all others. By name only one can be asked for (core/v1 validation)."""
    hosts = tuple(sorted({node.labels[HOSTNAME] for node in nodes if HOSTNAME in node.labels}))
    if not hosts:
        return NOWHERE if inside else ANYWHERE
    return only(Requirement(HOSTNAME, "In" if inside else "NotIn", hosts))


def to_json(terms: Terms) -> list[Object]:
    """``nodeSelectorTerms``; empty for `ANYWHERE`."""
    return [] if terms == ANYWHERE else [_term(term) for term in terms]


def _term(term: Term) -> Object:
    made = {
        "matchExpressions": [each.to_json() for each in term if not each.field],
        "matchFields": [each.to_json() for each in term if each.field],
    }
    return {name: each for name, each in made.items() if each}


def from_json(terms: Iterable[Object]) -> Terms:
    """``nodeSelectorTerms`` of a pod; one without requirements selects no node, as the scheduler has it."""
    return tuple(_read(term) for term in terms if term.get("matchExpressions") or term.get("matchFields")) or NOWHERE


def _read(term: Object) -> Term:
    return tuple(
        Requirement(each["key"], each["operator"], tuple(each.get("values") or ()), field=where == "matchFields")
        for where in ("matchExpressions", "matchFields")
        for each in term.get(where) or ()
    )


def met(terms: Terms, node: Node) -> bool:
    """Whether a node meets one of the alternatives."""
    return any(all(requirement.holds(node) for requirement in term) for term in terms)


def _compares(operator: Operator, value: str, values: tuple[str, ...]) -> bool:
    """Gt and Lt, which compare integers and hold of nothing else."""
    try:
        have, bound = int(value), int(values[0])
    except (ValueError, IndexError):
        return False
    return have > bound if operator == "Gt" else have < bound
