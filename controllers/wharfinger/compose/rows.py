"""What becomes of each attribute: the rows of docs/compose.md, and what every document is held against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

Verdict = Literal["honoured", "partly", "reported", "refused"]
"""partly: where it is not, there is a finding. reported: a finding says what to write instead. refused: an error."""


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute of the Compose specification, or of the 2.x and 3.x formats."""

    path: str
    """As ``services.*.deploy.replicas``; ``*`` is any name. Items of a list have the list's."""
    verdict: Verdict
    becomes: str
    """What it becomes, for a person: in Markdown, one line."""
    whole: bool = False
    """It speaks for all that is below it too, as one that is reported or refused does anyway."""


ANY: Final = "*"


def steps(path: str) -> tuple[str, ...]:
    """``services.web.ports[0].target`` and ``services.*.ports[].target`` alike, as steps without indexes."""
    return tuple(part.split("[", 1)[0] for part in path.split("."))


class Index:
    """Rows by their steps, for many look-ups: a tree of steps, with the row of a path in its node."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._top = _Node()
        for row in rows:
            node = self._top
            for step in steps(row.path):
                node = node.below.setdefault(step, _Node())
            node.row = row

    def row_of(self, path: Iterable[str]) -> Row | None:
        """The row that says most about a path, given as steps with real names; None where none does."""
        found: Row | None = None
        nodes = [self._top]
        for step in path:
            nodes = [node.below[key] for node in nodes for key in (step, ANY) if key in node.below]
            found = next((node.row for node in nodes if node.row), found)
        return found


@dataclass(slots=True)
class _Node:
    row: Row | None = None
    below: dict[str, _Node] = field(default_factory=dict)


def leaves(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all that a document says, as steps; items of a list have the list's."""
    if isinstance(value, dict) and value:
        for name, below in value.items():
            yield from leaves(below, (*path, name))
    elif isinstance(value, list) and value:
        for below in value:
            yield from leaves(below, path)
    elif value is not None:
        yield path
