"""What becomes of each attribute: the rows of docs/compose.md, and what every document is held against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
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


@lru_cache(maxsize=4096)
def steps(path: str) -> tuple[str, ...]:
    """``services.web.ports[0].target`` and ``services.*.ports[].target`` alike, as steps without indexes."""
    return tuple(part.split("[", 1)[0] for part in path.split("."))


def row_of(rows: Iterable[Row], path: tuple[str, ...]) -> Row | None:
    """The row that says most about a path, given as steps with real names; None where none does."""
    fitting = [row for row in rows if _fits(steps(row.path), path)]
    return max(fitting, key=lambda row: len(steps(row.path)), default=None)


def _fits(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    return len(pattern) <= len(path) and all(want in (ANY, have) for want, have in zip(pattern, path, strict=False))


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
