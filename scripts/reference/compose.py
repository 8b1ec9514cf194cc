"""The page of Compose's attributes: what becomes of each, by where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from scripts.reference.markdown import code, page, prose, table

from wharfinger.compose.groups import ROWS
from wharfinger.compose.groups.swarm import IGNORED, REFUSED
from wharfinger.compose.rows import ANY, Row, steps

_TITLES = {
    "": "The project",
    "services": "Services",
    "deploy": "Deploy",
    "networks": "Networks",
    "volumes": "Volumes",
    "configs": "Configs",
    "secrets": "Secrets",
}
"""Sections, in their order."""


def compose_page() -> str:
    """All rows, a section for each part of a document."""
    rows = sorted(ROWS, key=lambda row: list(_TITLES).index(_section(row)))
    sections = groupby(rows, key=_section)
    return page(
        "Compose files",
        "What becomes of each attribute of the Compose specification, and of the formats 2.x and 3.x. [How to convert "
        "a file](../convert.md) says how it is used.",
        "**honoured**: as the specification means it. **partly**: where it is not, there is a finding. **reported**: "
        "it has no effect, and a finding says what to write instead. **refused**: an error, and nothing is written. "
        "Extensions (`x-…`) are left alone.",
        *(part for section, found in sections for part in _part(section, found)),
        "## Stacks\n",
        "What `docker stack deploy` refuses is an error with `--dialect stack`, and a warning where a document is a "
        "stack by what it asks for; then it counts, as above.",
        table(("refused", "for Swarm"), _refused()),
        "What Swarm passes over counts here, with a finding: " + ", ".join(code(name) for name in IGNORED) + ".",
    )


def _refused() -> list[tuple[str, str]]:
    """What Swarm refuses, by what to write instead."""
    return [
        (
            ", ".join(code(path.removeprefix("services.*.")) for path, told in REFUSED.items() if told == instead),
            prose(instead),
        )
        for instead in dict.fromkeys(REFUSED.values())
    ]


def _part(section: str, rows: Iterable[Row]) -> tuple[str, str]:
    body = [(code(_short(row, section)), row.verdict, prose(row.becomes)) for row in rows]
    return f"## {_TITLES[section]}\n", table(("attribute", "", "what it becomes"), body)


def _section(row: Row) -> str:
    found = steps(row.path)
    if found[:3] == ("services", ANY, "deploy"):
        return "deploy"
    return found[0] if len(found) > 1 else ""


def _short(row: Row, section: str) -> str:
    """The path below what the section is about."""
    prefix = {"": "", "deploy": f"services.{ANY}."}.get(section, f"{section}.{ANY}.")
    return row.path.removeprefix(prefix)
