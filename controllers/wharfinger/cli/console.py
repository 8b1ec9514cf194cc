"""Where output goes: tables to standard output, remarks to standard error, colour only where someone looks.

rich leaves colour out by itself where the stream is no terminal or NO_COLOR is set. It also cuts tables to 80 columns
there, which would break ``| grep``; so a stream that is no terminal is as wide as the table needs.
"""

import json
import sys
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

UNBOUNDED = 10_000
"""Columns of a stream that is no terminal."""


class Format(StrEnum):
    """What ``-o`` takes."""

    table = "table"
    wide = "wide"
    name = "name"
    json = "json"
    yaml = "yaml"


def out() -> "Console":
    """Standard output."""
    return _console(sys.stdout)


def err() -> "Console":
    """Standard error."""
    return _console(sys.stderr)


def _console(stream: IO[str]) -> "Console":
    from rich.console import Console

    return Console(file=stream, highlight=False, soft_wrap=False, width=None if stream.isatty() else UNBOUNDED)


def table(*columns: str) -> "Table":
    """A table as kubectl prints them: no lines, two spaces between columns."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for column in columns:
        made.add_column(column.upper(), overflow="fold")
    return made


def write(text: str) -> None:
    """Text on standard output, as it is."""
    sys.stdout.write(text)
    sys.stdout.flush()


def say(text: str) -> None:
    """A line on standard output, as it is."""
    write(f"{text}\n")


def remark(text: str) -> None:
    """A line on standard error, beside what was asked for."""
    from rich.text import Text

    err().print(Text(text, style="dim"), soft_wrap=True)


def print_data(data: Any, *, as_json: bool) -> None:
    """``data`` on standard output, as JSON or YAML."""
    write(json_text(data) if as_json else yaml_text(data))


def json_text(data: Any) -> str:
    """Indented JSON that ends with a new line."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def yaml_text(data: Any) -> str:
    """Block-style YAML, keys in the order they were given."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Without anchors: what is used twice is written twice, as a person would."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    return yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)
