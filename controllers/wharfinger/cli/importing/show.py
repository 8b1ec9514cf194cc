"""What there is to say about an import, for people; the document itself goes to standard output."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from wharfinger.api.status import Finding
from wharfinger.cli.compare import Difference

_STYLES = {"error": "red", "warning": "yellow", "info": "dim"}
_WIDEST = 60
"""Characters of a value in the summary of changes."""


def findings(found: Iterable[Finding], to: Console) -> None:
    """What stands against it first, then what will be otherwise."""
    order = list(_STYLES)
    for finding in sorted(found, key=lambda each: order.index(each.severity)):
        to.print(Text.assemble((finding.severity, _STYLES[finding.severity]), f"  {finding.path}: {finding.message}"))


def changes(found: Mapping[str, Sequence[Difference]], to: Console) -> None:
    """What would change in each object, besides its owner."""
    for place, differences in found.items():
        to.print(Text.assemble((place, "bold"), "" if differences else "  nothing but its owner"))
        for each in differences:
            to.print(Text(f"  {each.at()}: {_short(each.before)} → {_short(each.after)}"))


def _short(value: Any) -> str:
    """A value in one line; absence as a dash."""
    if value is None:
        return "-"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
