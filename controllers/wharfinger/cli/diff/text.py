"""What is different about objects: unified diffs of YAML, and fields. Pure, but for the printing."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

from wharfinger.cli import console
from wharfinger.cli.compare import differences
from wharfinger.cli.console import Format
from wharfinger.cli.names import of_object

Object = dict[str, Any]

_STYLES = (("---", "bold"), ("+++", "bold"), ("@@", "cyan"), ("-", "red"), ("+", "green"))


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that may appear (``before`` is None), go (``after`` is None), or change."""

    name: str
    before: Object | None
    after: Object | None

    @property
    def lines(self) -> tuple[str, ...]:
        """The unified diff; no lines where nothing differs. The order of keys says nothing in Kubernetes."""
        return self._unified(context=3)

    @property
    def whole(self) -> tuple[str, ...]:
        """The same with every line of the object."""
        return self._unified(context=sys.maxsize)

    @property
    def change(self) -> str:
        """What happens to it: ``created``, ``deleted``, ``changed``."""
        if self.before is None:
            return "created"
        return "deleted" if self.after is None else "changed"

    @property
    def object(self) -> Object:
        """As it will be; one that goes, as it was."""
        return self.after or self.before or {}

    def to_json(self) -> Object:
        """For scripts: the fields that change; of what comes or goes, all of it."""
        metadata = self.object["metadata"]
        told = {"kind": self.object["kind"], "namespace": metadata.get("namespace", ""), "name": metadata["name"]}
        if self.change != "changed":
            return told | {"change": self.change, "object": self.object}
        fields = [each.to_json() for each in differences(self.before, self.after)]
        return told | {"change": self.change, "fields": fields}

    def _unified(self, *, context: int) -> tuple[str, ...]:
        labels = (
            f"live/{self.name}" if self.before else "/dev/null",
            f"applied/{self.name}" if self.after else "/dev/null",
        )
        before, after = _lines(self.before), _lines(self.after)
        return tuple(unified_diff(before, after, *labels, lineterm="", n=context))


def _lines(obj: Object | None) -> list[str]:
    return console.yaml_text(_sorted(obj)).splitlines() if obj else []


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=_readable)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def _readable(key: str) -> tuple[int, str]:
    """What names an object comes first, as people write it."""
    first = ("apiVersion", "kind", "metadata", "name", "namespace")
    return (first.index(key) if key in first else len(first), key)


def show(found: Iterable[Difference], output: Format) -> None:
    """Print them as patch(1) takes them, coloured on a terminal (``wide``: objects whole); or as data, or names."""
    if output in (Format.json, Format.yaml):
        console.print_data({"changes": [each.to_json() for each in found]}, as_json=output is Format.json)
        return
    for each in found:
        if output is Format.name:
            console.say(of_object(each.object))
        else:
            _print(each.whole if output is Format.wide else each.lines)


def _print(lines: Iterable[str]) -> None:
    from rich.text import Text

    to = console.out()
    for line in lines:
        to.print(Text(line, style=style(line)), soft_wrap=True)


def style(line: str) -> str:
    """The colour of a line of a unified diff."""
    return next((style for start, style in _STYLES if line.startswith(start)), "")
