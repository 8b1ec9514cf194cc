"""Rows of a list: as a table, as data, or by their names."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Generic, TypeVar

from wharfinger.cli import console
from wharfinger.cli.console import Format

Object = dict[str, Any]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[Row]):
    """A column, and what a row has in it."""

    name: str
    text: Callable[[Row], str]
    style: Callable[[Row], str] = lambda _: ""
    wide: bool = False
    """Only with ``-o wide``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[Row]):
    """How rows of a kind are printed."""

    called: str
    """Key of the data."""
    name: Callable[[Row], str]
    """What ``-o name`` says."""
    columns: Sequence[Column[Row]]
    nothing: str
    """Said where there are no rows."""


def show(rows: Sequence[Any], listing: Listing[Any], output: Format) -> None:
    """Print them; that there are none goes to standard error."""
    if output in (Format.json, Format.yaml):
        console.print_data({listing.called: [data(row) for row in rows]}, as_json=output is Format.json)
    elif output is Format.name:
        for row in rows:
            console.say(listing.name(row))
    elif rows:
        _table(rows, [each for each in listing.columns if output is Format.wide or not each.wide])
    else:
        console.remark(listing.nothing)


def data(row: Any) -> Object:
    """A row for machines, without what is not known."""
    from pydantic.alias_generators import to_camel

    return {to_camel(name): value for name, value in asdict(row).items() if value not in (None, "", ())}


def _table(rows: Sequence[Any], columns: Sequence[Column[Any]]) -> None:
    from rich.text import Text

    made = console.table(*(each.name for each in columns))
    for row in rows:
        made.add_row(*(Text(each.text(row), style=each.style(row)) for each in columns))
    console.out().print(made)
