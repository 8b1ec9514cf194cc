"""The reference: up to date, and nothing that a person can write, read or see is without a word of explanation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

import pytest
from pydantic import Field
from scripts.reference import meanings
from scripts.reference.__main__ import FOLDER, pages, stale
from scripts.reference.commands import commands
from scripts.reference.findings import reported
from scripts.reference.kinds import kind_page, schema_of
from scripts.reference.markdown import prose, table
from scripts.reference.schema import blocks, bounds, type_of

from wharfinger.api.customresource import CustomResource
from wharfinger.api.kinds import KINDS
from wharfinger.api.model import Model
from wharfinger.api.resource import Object, Resource
from wharfinger.api.schema import structural

ROW = re.compile(r"^\| `([^`]+)` \| (.*) \|$")
HEADING = re.compile(r"^##+ `([^`]+)`$")
EVERY_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.resource.kind)


def explained(page: str) -> dict[str, str]:
    """Each field's path on a page, and its meaning: the last cell of its row, below the heading of its block."""
    block, found = "", {}
    for line in page.splitlines():
        if heading := HEADING.match(line):
            block = heading[1]
        elif block and (row := ROW.match(line)):
            found[f"{block}.{row[1]}"] = row[2].rpartition(" | ")[2]
    return found


def fields(schema: Object, path: str) -> Iterator[tuple[str, Object]]:
    """Every field of a schema at any depth, by a walk of its own."""
    for name, node in schema.get("properties", {}).items():
        place = f"{path}.{name}" if path else name
        yield place, node
        yield from fields(node, place)
    if "items" in schema:
        yield from fields(schema["items"], f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from fields(schema["additionalProperties"], f"{path}.*")


def undescribed(schema: Object) -> list[str]:
    return [path for path, node in fields(schema, "") if not node.get("description")]


def test_pages_are_up_to_date() -> None:
    assert stale(pages()) == [], "run `make reference`"


@EVERY_KIND
def test_every_field_has_a_row_that_says_what_it_means(kind: CustomResource) -> None:
    told = explained((FOLDER / f"{kind.resource.kind.lower()}.md").read_text(encoding="utf-8"))
    wanted = {path: node for path, node in fields(schema_of(kind), "") if path not in ("spec", "status")}
    assert told.keys() == wanted.keys()
    for path, node in wanted.items():
        assert told[path].startswith(prose(node["description"])), path


@EVERY_KIND
def test_every_field_has_a_docstring(kind: CustomResource) -> None:
    assert undescribed(schema_of(kind)) == []


def test_a_field_without_a_docstring_is_found() -> None:
    class Silent(Model):
        """A block."""

        told: str
        """It says so."""
        untold: str

    assert undescribed(structural(Silent)) == ["untold"]


class Widget(Model):
    """A widget."""

    size: Annotated[int, Field(ge=1, le=9)]
    """How big."""
    parts: list[str] = Field([], max_length=1)
    """What it is | made of."""


def test_a_page_says_type_default_bounds_and_what_is_required() -> None:
    kind = CustomResource(
        resource=Resource(group="example.com", version="v1", kind="Widget", plural="widgets"),
        short_names=("wd",),
        description="A widget.",
        spec=Widget,
        status=Widget,
        columns=(),
    )
    page = kind_page(kind)
    assert "| `size` | integer | **required** | How big. 1 to 9. |" in page
    assert "| `parts` | list of string |  | What it is \\| made of. At most 1 item. |" in page


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string", "enum": ["a", "b"]}, "One of `a`, `b`."),
        ({"type": "array", "items": {"type": "string", "enum": ["a"]}}, "Each one of `a`."),
        ({"type": "integer", "minimum": 2}, "At least 2."),
        ({"type": "string", "pattern": "^x|y$"}, "Must be text that matches `^x\\|y$`."),
        ({"type": "array", "items": {}, "x-kubernetes-list-map-keys": ["name"]}, "No two items have the same `name`."),
    ],
)
def test_bounds_are_told_in_words(schema: Object, said: str) -> None:
    assert list(bounds(schema)) == [said]


def test_types_are_told_in_words() -> None:
    assert type_of({"type": "array", "items": {"type": "object", "properties": {}}}) == "list of object"
    assert type_of({"type": "object", "additionalProperties": {"type": "string"}}) == "map of string"
    assert type_of({"x-kubernetes-int-or-string": True}) == "integer or string"
    assert type_of({"type": "string", "format": "date-time"}) == "time"


def test_blocks_come_after_the_one_that_names_them() -> None:
    inner = {"type": "object", "properties": {"b": {"type": "string"}}}
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": inner}, "c": {"type": "string"}}}
    assert [block.path for block in blocks(schema, "spec")] == ["spec", "spec.a[]"]


def test_a_reason_without_words_is_an_error_and_so_are_words_without_a_reason() -> None:
    with pytest.raises(KeyError, match="lacks New"):
        meanings.told({"Old": "…"}, ["Old", "New"], "REASONS")
    with pytest.raises(KeyError, match="has Old"):
        meanings.told({"Old": "…", "New": "…"}, ["New"], "REASONS")


def test_every_finding_of_the_rules_is_listed() -> None:
    """Those that a text search finds beside the one through the syntax tree."""
    found = {finding.reason for finding in reported()}
    assert {"NoRoomForUpdate", "UnknownRevision", "ScaledElsewhere", "TooDeep", "UnknownField"} <= found


def test_every_command_and_option_says_what_it_is() -> None:
    for name, command in commands().items():
        assert command.help, name
        for parameter in command.params:
            assert parameter.help or parameter.hidden or parameter.name == "help", f"{name} {parameter.name}"


def test_prose_reads_as_it_was_written() -> None:
    assert prose("a ``<b>`` and <c> *d* [e]\n  f | g") == "a `<b>` and &lt;c> \\*d\\* \\[e] f \\| g"
    assert table(("a",), []) == ""
