"""Unified diffs of objects, as YAML. Pure, but for the printing."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

from wharfinger.cli import console

Object = dict[str, Any]

_STYLES = (("---", "bold"), ("+++", "bold"), ("@@", "cyan"), ("-", "red"), ("+", "green"))


@dataclass(frozen=True, slots=True)
class Difference:
    """What is different about one object; no lines where nothing is."""

    name: str
    lines: tuple[str, ...]


def difference(name: str, before: Object | None, after: Object | None) -> Difference:
    """The unified diff of an object that may appear (``before`` is None) or go (``after`` is None).

    The order of keys says nothing in Kubernetes, and is no difference.
    """
    labels = f"live/{name}" if before else "/dev/null", f"applied/{name}" if after else "/dev/null"
    return Difference(name, tuple(unified_diff(_lines(before), _lines(after), *labels, lineterm="")))


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


def show(found: Iterable[Difference]) -> None:
    """Print them: coloured on a terminal, and everywhere as patch(1) takes them."""
    from rich.text import Text

    to = console.out()
    for each in found:
        for line in each.lines:
            to.print(Text(line, style=style(line)), soft_wrap=True)


def style(line: str) -> str:
    """The colour of a line of a unified diff."""
    return next((style for start, style in _STYLES if line.startswith(start)), "")
