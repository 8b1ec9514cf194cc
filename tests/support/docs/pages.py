"""The pages of the documentation, and the fenced blocks on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.docs.directives import Directives, NotUnderstoodError, parse

ROOT = Path(__file__).parents[3]

SHELL = frozenset({"console", "sh", "bash", "shell"})
OTHER = frozenset({"yaml", "json", "python", "promql", "text", "mermaid", "toml", "diff"})
"""Languages that a block may say besides those of a shell."""

_COMMENT = re.compile(r"<!--\s*docs-test:\s*(.*?)\s*-->")
_FENCE = re.compile(r"(?P<indent>\s*)(?P<ticks>`{3,}|~{3,})\s*(?P<language>[\w-]*)")


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    page: str
    """Path of the page from the root of the repository."""
    line: int
    """Of its first line of content, from 1."""
    language: str
    text: str
    """Its content, without the fence's indentation; a newline at the end."""
    directives: Directives

    @property
    def where(self) -> str:
        """`PAGE:LINE`, as editors and terminals open it."""
        return f"{self.page}:{self.line}"

    @property
    def filled(self) -> str:
        """The content with its placeholders replaced."""
        text = self.text
        for name, value in self.directives.values.items():
            text = re.sub(rf"(?<![\w$]){name}(?!\w)", lambda _, value=value: value, text)
        return text


def pages() -> list[str]:
    """Every page that a reader may see."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def blocks_of(page: str) -> list[Block]:
    """The blocks of a page, as they come."""
    return list(blocks_in((ROOT / page).read_text(encoding="utf-8"), page))


def shell_blocks(page: str) -> list[Block]:
    """Those with commands."""
    return [block for block in blocks_of(page) if block.language in SHELL]


def blocks_in(text: str, page: str) -> Iterator[Block]:
    """The blocks of a text. NotUnderstoodError where a comment is not understood, or stands above no block."""
    lines = text.splitlines()
    said, at = "", 0
    while at < len(lines):
        line, number = lines[at], at + 1
        at += 1
        if comment := _COMMENT.fullmatch(line.strip()):
            if said:
                raise NotUnderstoodError(f"{page}:{number}: the comment before it stands above no block")
            said = comment[1]
        elif fence := _FENCE.fullmatch(line.rstrip()) or _FENCE.match(line):
            end = _end(lines, at, fence["ticks"])
            content = [each.removeprefix(fence["indent"]) for each in lines[at:end]]
            yield Block(page, number + 1, fence["language"], "\n".join(content) + "\n", _said(said, page, number))
            said, at = "", end + 1
        elif said and line.strip():
            raise NotUnderstoodError(f"{page}:{number}: the comment before it stands above no block")
    if said:
        raise NotUnderstoodError(f"{page}: the last comment stands above no block")


def _end(lines: list[str], at: int, ticks: str) -> int:
    for index in range(at, len(lines)):
        stripped = lines[index].strip()
        if stripped.startswith(ticks) and not stripped.strip(ticks[0]):
            return index
    return len(lines)


def _said(text: str, page: str, number: int) -> Directives:
    try:
        return parse(text)
    except NotUnderstoodError as error:
        raise NotUnderstoodError(f"{page}:{number}: {error}") from None
