"""Output beside the output that the documentation shows: the same words, other numbers, names of pods, times.

`…` in what is shown stands for anything; alone in a line, for any lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

ANYTHING = "…"
_SUFFIX = r"-[bcdfghjklmnpqrstvwxz2456789]{5}\b"
_VOLATILE = re.compile(rf"{_SUFFIX}|[A-Za-z_]*\d[\w.]*|<none>")
_VALUE = r"(?:[\w.<>-]+)"
_HEADER = re.compile(r"[A-Z][A-Z0-9 ()-]*")


def difference(shown: Sequence[str], came: Sequence[str], how: str = "lines") -> str | None:
    """What is shown and did not come, in a line; None where it did. `how` is as in `Directives.output`."""
    wanted = [line for line in shown if line.strip()]
    there = [line for line in came if line.strip()]
    if how == "headers":
        wanted = [line for line in wanted if _HEADER.fullmatch(line.strip())]
        return next((f"no line like: {line}" for line in wanted if not any(_like(line, each) for each in there)), None)
    if how == "last":
        return _compare(wanted[-1:], there[-1:])
    return _compare(wanted, there)


def _compare(wanted: list[str], there: list[str]) -> str | None:
    """Line by line; `…` alone lets lines pass until the next one that is shown."""
    at, skipping = 0, False
    for line in wanted:
        if line.strip() == ANYTHING:
            skipping = True
            continue
        found = next((index for index in range(at, len(there)) if _like(line, there[index])), None)
        if found is None or (found != at and not skipping):
            return f"no line like: {line}" + (f"\n     but: {there[at]}" if at < len(there) else "")
        at, skipping = found + 1, False
    if at < len(there) and not skipping:
        return f"a line that is not shown: {there[at]}"
    return None


def _like(shown: str, came: str) -> bool:
    return re.fullmatch(r"\s*" + pattern(shown) + r"\s*", came) is not None


def pattern(shown: str) -> str:
    """The regular expression of lines like this one."""
    return r"\s+".join(map(_word, shown.split()))


def _word(word: str) -> str:
    """Of one word: what may differ from run to run becomes any value; the rest is as written."""
    parts, at = [], 0
    for found in re.finditer(rf"{_VOLATILE.pattern}|{ANYTHING}", word):
        parts.append(re.escape(word[at : found.start()]))
        if found[0] == ANYTHING:
            parts.append(".*")
        elif found[0].startswith("-"):
            parts.append(f"-{_VALUE}")
        else:
            parts.append(_VALUE)
        at = found.end()
    return "".join(parts) + re.escape(word[at:])
