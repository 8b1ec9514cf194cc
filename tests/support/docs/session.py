"""A shell block as commands, each with the output that is shown below it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from tests.support.docs.pages import Block

_PROMPT = "$ "
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")


@dataclass(frozen=True)
class Step:
    """One command."""

    where: str
    """`PAGE:LINE` of its first line."""
    command: str
    """As a shell reads it: several lines where it goes on."""
    output: tuple[str, ...] = ()
    """The lines that are shown below it; none where nothing is shown."""


class NoCommandError(ValueError):
    """A block of a session that begins with no prompt."""


def steps(block: Block) -> list[Step]:
    """The commands of a block, placeholders filled in. In `console` a prompt begins each; else it is one script."""
    if block.language != "console":
        return [Step(block.where, block.filled)]
    found: list[Step] = []
    lines = block.filled.splitlines()
    at = 0
    while at < len(lines):
        where = f"{block.page}:{block.line + at}"
        if lines[at].startswith(_PROMPT):
            end = _end_of_command(lines, at)
            found.append(Step(where, "\n".join(lines[at:end]).removeprefix(_PROMPT)))
            at = end
        elif not found:
            raise NoCommandError(f"{where}: a console block begins with `$ `, and this with: {lines[at]}")
        else:
            last = found[-1]
            found[-1] = Step(last.where, last.command, (*last.output, lines[at]))
            at += 1
    return found


def _end_of_command(lines: list[str], at: int) -> int:
    """The index after its last line: it goes on after a backslash, in quotes, and to the end of a here-document."""
    end = at
    while end + 1 < len(lines) and (lines[end].endswith("\\") or _quoted("\n".join(lines[at : end + 1]))):
        end += 1
    if here := _HEREDOC.search(lines[end]):
        while end + 1 < len(lines) and lines[end].strip() != here[2]:
            end += 1
    return end + 1


def _quoted(text: str) -> bool:
    """Whether a quotation is open at its end."""
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return True
    return False
