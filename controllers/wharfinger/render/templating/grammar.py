"""The grammar of templates: the part of Go's text/template that is fields, calls, pipes, parentheses and trimming."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NoReturn

FUNCTIONS: Final = ("index", "join")
"""Go's ``index``, and the one that Swarm adds."""


class TemplateError(ValueError):
    """No template, or one that asks for what is not there. Its text says which, in one line."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of text: written in the template, or filled in."""

    text: str
    filled: bool = True


@dataclass(frozen=True, slots=True)
class Field:
    """``.Service.Name``"""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """``"text"``"""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """``index .Service.Labels "x"``"""

    function: str
    arguments: tuple[Operand, ...]


Operand = Field | Literal | Call

_ACTION: Final = re.compile(r"\{\{(?P<left>-\s)?\s*(?P<body>.*?)\s*(?P<right>(?<=\s)-)?\}\}", re.DOTALL)
_COMMENT: Final = re.compile(r"\{\{(?P<left>-\s)?\s*/\*.*?\*/\s*(?P<right>(?<=\s)-)?\}\}", re.DOTALL)
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<string>\"(?:[^\"\\\n]|\\.)*\")|(?P<raw>`[^`]*`)|(?P<field>(?:\.[A-Za-z_][A-Za-z0-9_]*)+)"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>[|()]))"
)
_ESCAPE: Final = re.compile(r"\\(.)")
_ESCAPES: Final = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_DEEPEST: Final = 16
"""Parentheses within one another."""


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[Part | Operand, ...]:
    """A template: texts, and what is to be filled in between them. TemplateError where it is none."""
    pieces: list[Part | Operand] = []
    position, trimming = 0, False
    while (start := text.find("{{", position)) >= 0:
        found = _COMMENT.match(text, start) or _ACTION.match(text, start)
        if not found:
            raise TemplateError(f"`{text[start : start + 24]}` is not closed by }}}}")
        pieces.append(Part(_trimmed(text[position:start], left=trimming, right=bool(found["left"])), filled=False))
        if found.re is _ACTION:
            pieces.append(_Reader(found["body"]).pipeline_alone())
        position, trimming = found.end(), bool(found["right"])
    pieces.append(Part(_trimmed(text[position:], left=trimming, right=False), filled=False))
    return tuple(piece for piece in pieces if piece != Part("", filled=False))


def _trimmed(text: str, *, left: bool, right: bool) -> str:
    """``-}}`` eats the space after it, ``{{-`` that before it."""
    text = text.lstrip(" \t\r\n") if left else text
    return text.rstrip(" \t\r\n") if right else text


class _Reader:
    """What stands between the braces, read token by token."""

    def __init__(self, body: str) -> None:
        self._body = body
        self._tokens = list(_tokens(body))
        self._depth = 0

    def pipeline_alone(self) -> Operand:
        """A pipeline, and nothing after it."""
        made = self._pipeline()
        if self._tokens:
            self._fail(f"nothing expected before `{self._tokens[0][1]}`")
        return made

    def _pipeline(self) -> Operand:
        made = self._command(None)
        while self._next("|"):
            made = self._command(made)
        return made

    def _command(self, piped: Operand | None) -> Operand:
        """An operand, or a function and its arguments; what is piped in is the last of them."""
        if self._tokens and self._tokens[0][0] == "word":
            function = self._tokens.pop(0)[1]
            if function not in FUNCTIONS:
                self._fail(f"`{function}` is not supported; functions are {', '.join(FUNCTIONS)}")
            arguments = [*self._operands(), *([piped] if piped else [])]
            return Call(function, tuple(arguments))
        operands = self._operands()
        if len(operands) != 1 or piped:
            self._fail("one field such as .Service.Name, or a function with its arguments, is expected")
        return operands[0]

    def _operands(self) -> list[Operand]:
        found: list[Operand] = []
        while self._tokens:
            kind, text = self._tokens[0]
            if kind == "word" or text in ("|", ")"):
                break
            self._tokens.pop(0)
            found.append(self._operand(kind, text))
        return found

    def _operand(self, kind: str, text: str) -> Operand:
        match kind:
            case "field":
                return Field(tuple(text[1:].split(".")))
            case "string":
                return Literal(_ESCAPE.sub(self._escaped, text[1:-1]))
            case "raw":
                return Literal(text[1:-1])
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail(f"parentheses stand more than {_DEEPEST} deep")
        made = self._pipeline()
        if not self._next(")"):
            self._fail("`)` is missing")
        self._depth -= 1
        return made

    def _escaped(self, found: re.Match[str]) -> str:
        if found[1] not in _ESCAPES:
            self._fail(f"`{found[0]}` is no escape that is supported")
        return _ESCAPES[found[1]]

    def _next(self, sign: str) -> bool:
        there = bool(self._tokens) and self._tokens[0] == ("sign", sign)
        if there:
            self._tokens.pop(0)
        return there

    def _fail(self, why: str) -> NoReturn:
        raise TemplateError(f"`{{{{{self._body}}}}}`: {why}")


def _tokens(body: str) -> Iterator[tuple[str, str]]:
    position, end = 0, len(body.rstrip())
    while position < end:
        found = _TOKEN.match(body, position)
        if not found or not found.lastgroup:
            raise TemplateError(f"`{{{{{body}}}}}`: `{body[position:].strip()}` is not supported")
        yield found.lastgroup, found[found.lastgroup]
        position = found.end()
