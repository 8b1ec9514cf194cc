"""Which subjects there are, what may be asked of each, and in what form (developer guide, as above)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from wharfinger.placement.query.pattern import PatternError, pattern
from wharfinger.placement.query.tree import ATTRIBUTE, Leaf, Operator

AGENT_CONNECTED: Final = "agentConnected"
AGENT_VERSION: Final = "agentVersion"
INSTANCE_ID: Final = "ec2InstanceId"
REGISTERED_AT: Final = "registeredAt"
RUNNING_TASKS: Final = "runningTasksCount"
TASK_GROUP: Final = "task:group"

_TEXT: Final[frozenset[Operator]] = frozenset({"==", "!=", "in", "!in", "=~", "!~"})
_ORDER: Final[frozenset[Operator]] = frozenset({"==", "!=", ">", ">=", "<", "<="})

OPERATORS: Final[Mapping[str, frozenset[Operator]]] = {
    AGENT_CONNECTED: _TEXT,
    AGENT_VERSION: _ORDER,
    INSTANCE_ID: _TEXT,
    REGISTERED_AT: _ORDER,
    RUNNING_TASKS: _ORDER,
    TASK_GROUP: _TEXT,
}
"""Of an attribute all may be asked."""

_MATCHES: Final = ("=~", "!~")


def wrong(leaf: Leaf) -> str:
    """What is wrong with a leaf, in one line; empty where it is sound."""
    if leaf.attribute:
        return _wrong_arguments(leaf)
    allowed = OPERATORS.get(leaf.subject)
    if allowed is None:
        return f"`{leaf.subject}` is no subject; subjects are {', '.join(OPERATORS)}, {ATTRIBUTE}NAME"
    if leaf.operator not in allowed:
        return f"`{leaf.subject}` takes {' '.join(sorted(allowed))}, not {leaf.operator}"
    return _wrong_arguments(leaf)


def _wrong_arguments(leaf: Leaf) -> str:
    if leaf.operator in _MATCHES:
        return _wrong_pattern(leaf.arguments[0])
    form = _FORMS.get(leaf.subject)
    if form and any(form[0](each) is None for each in leaf.arguments):
        return f"`{leaf.subject}` is compared with {form[1]}, not `{leaf.arguments[0]}`"
    return ""


def _wrong_pattern(text: str) -> str:
    try:
        pattern(text)
    except PatternError as error:
        return f"`{text}` is no regular expression that can be used here: {error}"
    return ""


def moment(text: str) -> datetime | None:
    """A date as the guide allows it: ``2018-06-18``, ``…T22:28:28``, ``…Z``, ``…+00:00``; UTC where it says no zone."""
    try:
        parsed = datetime.fromisoformat(text)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def number(text: str) -> int | None:
    """A count."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def truth(text: str) -> bool | None:
    """true or false."""
    return {"true": True, "false": False}.get(text)


_FORMS: Final[Mapping[str, tuple[Callable[[str], object], str]]] = {
    AGENT_CONNECTED: (truth, "true or false"),
    REGISTERED_AT: (moment, "a date such as 2018-06-18 or 2018-06-18T22:28:28Z"),
    RUNNING_TASKS: (number, "a number"),
}
