"""The page of labels and annotations: the constants of one module, each with its docstring, under its comments."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from scripts.reference.markdown import code, page, prose, table
from scripts.reference.source import PACKAGE

_MODULE = PACKAGE / "api/labels.py"
_SECTION = re.compile(r"^# (.+)$")


class Key(NamedTuple):
    """A label's or annotation's key, what it is of, and what is said of it."""

    section: str
    key: str
    meaning: str


def labels_page() -> str:
    """Every key."""
    sections = groupby(keys(), key=lambda each: each.section)
    return page(
        "Labels and annotations",
        "Those that Wharfinger reads or writes. To steer a rollout by them, see [rollouts](../rollouts.md#by-hand).",
        *(f"## {prose(section)}\n\n{_table(list(found))}" for section, found in sections),
    )


def _table(found: list[Key]) -> str:
    return table(("key", "meaning"), [(code(each.key), prose(each.meaning)) for each in found])


def keys() -> Iterator[Key]:
    """Each key, in the order of the module. Raises LookupError for one that says nothing of itself."""
    text = _MODULE.read_text(encoding="utf-8")
    lines = text.splitlines()
    body = ast.parse(text).body
    for statement, after in zip(body, [*body[1:], None], strict=True):
        match statement:
            case ast.Assign(value=ast.Constant(value=str(key))) if "/" in key:
                meaning = _docstring(after)
                if not meaning:
                    raise LookupError(f"api/labels.py: {key} has no docstring")
                yield Key(_section(lines[: statement.lineno]), key, meaning)


def _section(above: list[str]) -> str:
    """The last comment on a line of its own; empty if there is none."""
    return next((found[1] for line in reversed(above) if (found := _SECTION.match(line))), "")


def _docstring(statement: ast.stmt | None) -> str:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
    return ""
