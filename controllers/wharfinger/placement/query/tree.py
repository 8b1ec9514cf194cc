"""An expression, parsed. As text it is canonical: it parses to the same again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Operator = Literal["==", "!=", ">", ">=", "<", "<=", "exists", "!exists", "in", "!in", "=~", "!~"]

NEGATIVE: Final[dict[Operator, Operator]] = {"!=": "==", "!exists": "exists", "!in": "in", "!~": "=~"}
"""Operators that hold wherever another does not, also of what is absent."""

ATTRIBUTE: Final = "attribute:"
"""How the subject of an attribute begins."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """``subject operator argument``."""

    subject: str
    """agentConnected, ec2InstanceId, registeredAt, runningTasksCount, task:group, attribute:NAME."""
    operator: Operator
    arguments: tuple[str, ...] = ()
    """One; any number with in and !in; none with exists and !exists."""

    @property
    def attribute(self) -> str:
        """The attribute that it is about; empty if it is about none."""
        return self.subject.removeprefix(ATTRIBUTE) if self.subject.startswith(ATTRIBUTE) else ""

    @property
    def negative(self) -> bool:
        """Whether it says what is not."""
        return self.operator in NEGATIVE

    @property
    def positive(self) -> Leaf:
        """What it denies, if it is negative; else itself."""
        return Leaf(self.subject, NEGATIVE.get(self.operator, self.operator), self.arguments)

    def __str__(self) -> str:
        if self.operator in ("in", "!in"):
            return f"{self.subject} {self.operator} [{', '.join(self.arguments)}]"
        return " ".join((self.subject, self.operator, *self.arguments))


@dataclass(frozen=True, slots=True)
class Not:
    """What does not hold."""

    part: Expression

    def __str__(self) -> str:
        return f"not {_within(self.part, And, Or)}"


@dataclass(frozen=True, slots=True)
class And:
    """All hold."""

    parts: tuple[Expression, ...]

    def __str__(self) -> str:
        return " and ".join(_within(part, And, Or) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """One holds."""

    parts: tuple[Expression, ...]

    def __str__(self) -> str:
        return " or ".join(_within(part, Or) for part in self.parts)


Expression = Leaf | Not | And | Or


def _within(part: Expression, *looser: type[And | Or]) -> str:
    """A part of something that binds tighter than these: with parentheses around it, if it is one."""
    return f"({part})" if isinstance(part, looser) else str(part)


def leaves(expression: Expression) -> tuple[Leaf, ...]:
    """All that it asks, from left to right."""
    match expression:
        case Leaf():
            return (expression,)
        case Not(part):
            return leaves(part)
        case And(parts) | Or(parts):
            return tuple(leaf for part in parts for leaf in leaves(part))
