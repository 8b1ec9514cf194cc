"""Lines of logs on standard output: with a prefix for people, or as data."""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wharfinger.cli import console
from wharfinger.cli.console import Format
from wharfinger.cli.podlogs.lines import Palette
from wharfinger.cli.podlogs.sources import Source

Line = tuple[str, str]
"""Time and text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a line is printed. Data has all that there is, whatever the other two say."""

    prefix: bool = True
    timestamps: bool = False
    output: Format = Format.table


class Printer:
    """Prints lines on standard output, each pod's in its colour."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._palette = Palette()
        self._prefixes: dict[str, str] = {}

    def print(self, source: Source, lines: Iterable[Line]) -> None:
        """Control codes that a container writes reach the terminal, as with kubectl."""
        sys.stdout.write("".join(self._printed(source, lines)))
        sys.stdout.flush()

    def _printed(self, source: Source, lines: Iterable[Line]) -> Iterator[str]:
        if self._style.output in (Format.json, Format.yaml):
            return as_data(source, lines, as_json=self._style.output is Format.json)
        wide = self._style.output is Format.wide
        prefix = self._prefix(f"{source.pod}/{source.container}" if wide else source.label, source.pod)
        return as_text(prefix if self._style.prefix else "", lines, timestamps=self._style.timestamps or wide)

    def _prefix(self, label: str, pod: str) -> str:
        """Rendered once a source: rich decides whether there is colour."""
        found = self._prefixes.get(label)
        if found is None:
            to = console.out()
            with to.capture() as captured:
                to.print(label, style=self._palette.of(pod), end="  ", markup=False, soft_wrap=True)
            found = self._prefixes[label] = captured.get()
        return found


def as_text(prefix: str, lines: Iterable[Line], *, timestamps: bool) -> Iterator[str]:
    """The lines for people."""
    return (f"{prefix}{f'{time} ' if timestamps else ''}{text}\n" for time, text in lines)


def as_data(source: Source, lines: Iterable[Line], *, as_json: bool) -> Iterator[str]:
    """An object a line of the log: a line of JSON each, or a YAML document each."""
    for time, text in lines:
        data = {"pod": source.pod, "container": source.container, "timestamp": time, "message": text}
        yield f"{json.dumps(data, ensure_ascii=False)}\n" if as_json else f"---\n{console.yaml_text(data)}"
