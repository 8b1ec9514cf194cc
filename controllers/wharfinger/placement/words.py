"""What a placement asks for, read: its parts parsed, and whether it wants the control plane."""

from __future__ import annotations

from collections.abc import Iterator

from wharfinger.api.tasks import Placement
from wharfinger.placement import constraint, query
from wharfinger.placement.constraint import Constraint, ConstraintError
from wharfinger.placement.query import Expression, QueryError


def constraints(placement: Placement) -> Iterator[tuple[str, Constraint | ConstraintError]]:
    """Each of Swarm's constraints with its path, or what is wrong with it."""
    for index, text in enumerate(placement.constraints):
        path = f"constraints[{index}]"
        try:
            yield path, constraint.parse(text)
        except ConstraintError as error:
            yield path, error


def expressions(placement: Placement) -> Iterator[tuple[str, Expression | QueryError]]:
    """Each of ECS's expressions with its path, or what is wrong with it."""
    for index, text in enumerate(placement.member_of):
        path = f"memberOf[{index}]"
        try:
            yield path, query.parse(text)
        except QueryError as error:
            yield path, error


def on_control_plane(placement: Placement) -> bool:
    """Whether nodes of the control plane are asked for: by `controlPlane`, or by a constraint that wants managers."""
    return placement.control_plane or any(
        isinstance(each, Constraint)
        and each.subject == "node.role"
        and each.value.lower() == ("manager" if each.equal else "worker")
        for _, each in constraints(placement)
    )
