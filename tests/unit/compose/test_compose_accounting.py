"""Every attribute that the specification knows has a row, and every row is shown by a project in golden/."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from compose_cases import cases
from tests.support.composing import parser, specification

from wharfinger.api.status import Finding
from wharfinger.compose.groups import ROWS
from wharfinger.compose.parser import Source
from wharfinger.compose.rows import ANY, Index, Row, leaves, steps

Node = dict[str, Any]
_ALTERNATIVES = ("oneOf", "anyOf", "allOf")


def _attributes(node: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all that a schema names, with ``*`` for a name that people choose; extensions aside."""
    if len(path) > 8:
        return
    if "$ref" in node:
        yield from _attributes(specification()["$defs"][node["$ref"].rsplit("/", 1)[1]], path)
    for name, below in node.get("properties", {}).items():
        yield (*path, name)
        yield from _attributes(below, (*path, name))
    for pattern, below in node.get("patternProperties", {}).items():
        if not pattern.startswith("^x-") and isinstance(below, dict):
            yield from _attributes(below, (*path, ANY))
    if isinstance(node.get("items"), dict):
        yield from _attributes(node["items"], path)
    for alternative in _ALTERNATIVES:
        for below in node.get(alternative, ()):
            yield from _attributes(below, path)


def _is_told_by(path: tuple[str, ...], row: Row | None) -> bool:
    """A row of its own, or one above it that says that nothing of it, or all of it alike, has an effect."""
    if row is None:
        return False
    return len(steps(row.path)) == len(path) or row.verdict in ("reported", "refused") or row.whole


def _holds_others(path: tuple[str, ...]) -> bool:
    """Nothing by itself: rows speak of what is below it."""
    return any(
        len(steps(row.path)) > len(path) and Index([Row(".".join(path), "honoured", "")]).row_of(steps(row.path))
        for row in ROWS
    )


ATTRIBUTES = sorted(set(_attributes(specification())))


@pytest.mark.parametrize("path", ATTRIBUTES, ids=".".join)
def test_an_attribute_of_the_specification_has_a_row(path: tuple[str, ...]) -> None:
    assert _is_told_by(path, Index(ROWS).row_of(path)) or _holds_others(path)


def test_no_attribute_has_two_rows() -> None:
    paths = [row.path for row in ROWS]
    assert sorted(paths) == sorted(set(paths))


@cache
def _shown() -> list[tuple[str, ...]]:
    """The paths of all documents in golden/, as they are written and as the parser gives them."""
    found: list[tuple[str, ...]] = []
    for case in cases():
        options = case.options()
        source = Source(
            documents=["compose.yaml"],
            files=case.files(),
            name="shop",
            profiles=options.get("profiles", ()),
            environment=options.get("environment", {}),
        )
        document = parser().parse(source)
        found += leaves(document.project)
        found += [steps(path) for paths in document.places.values() for path in paths]
    return found


@cache
def _findings() -> list[Finding]:
    return [finding for case in cases() for finding in case.converted().findings]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.path)
def test_a_row_is_shown(row: Row) -> None:
    """A golden project has the attribute; and where it is not honoured whole, what is said about it."""
    assert any(Index([row]).row_of(path) for path in _shown()), "no project in golden/ has it"
    if row.verdict != "honoured":
        told = [finding for finding in _findings() if Index([row]).row_of(steps(finding.path))]
        assert told, "no finding of a project in golden/ is about it"
        assert row.verdict != "refused" or any(finding.severity == "error" for finding in told)


def test_findings_say_where_and_in_one_line() -> None:
    for finding in _findings():
        assert "\n" not in finding.message
        assert not finding.path or finding.message.startswith(("compose.yaml:", "more/compose.yaml:")), finding
