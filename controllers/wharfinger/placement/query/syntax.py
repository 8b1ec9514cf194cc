"""The grammar, as a recursive descent::

    expression = conjunction { ("||" | "or") conjunction }
    conjunction = negation { ("&&" | "and") negation }
    negation = ("!" | "not") negation | "(" expression ")" | subject operator [argument]
    argument = text without spaces, parentheses and quotes | "[" argument { "," argument } "]"

``and`` binds before ``or``, ``not`` before both. Operators have a sign and a word; the word stands between spaces.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NoReturn

from wharfinger.placement.query import subjects
from wharfinger.placement.query.tree import And, Expression, Leaf, Not, Operator, Or

DEEPEST: Final = 32
"""Parentheses and negations within one another: nobody writes so many, and each costs some of Python's stack."""

_SUBJECT: Final = re.compile(r"[A-Za-z][A-Za-z0-9:._/\\-]*")
_SIGN: Final = re.compile(r"==|!=|=~|!~|>=|<=|>|<|!\s*(?:exists|in)(?![\w-])|[a-z_]+(?![\w-])")
_AND: Final = re.compile(r"&&|and(?![\w:.-])")
_OR: Final = re.compile(r"\|\||or(?![\w:.-])")
_NOT: Final = re.compile(r"!|not(?![\w:.-])")
_WORD: Final = re.compile(r"(?:(?!&&|\|\|)[^\s()'\"])+")
_ITEM: Final = re.compile(r"[^\s()'\",\[\]]+")
_SPACE: Final = re.compile(r"\s*")

_OPERATORS: Final[dict[str, Operator]] = {
    "==": "==", "equals": "==", "!=": "!=", "not_equals": "!=",
    ">": ">", "greater_than": ">", ">=": ">=", "greater_than_equal": ">=",
    "<": "<", "less_than": "<", "<=": "<=", "less_than_equal": "<=",
    "exists": "exists", "!exists": "!exists", "not_exists": "!exists",
    "in": "in", "!in": "!in", "not_in": "!in",
    "=~": "=~", "matches": "=~", "!~": "!~", "not_matches": "!~",
}  # fmt: skip


class QueryError(ValueError):
    """No expression. Its text says in one line where, why, and what would be one."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """An expression. QueryError where it is none, or asks what its subject has no answer to."""
    reader = _Reader(text)
    expression = _expression(reader)
    if not reader.ended:
        reader.fail("`and`, `or` or the end")
    return expression


class _Reader:
    """The text, and how far it is read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.depth = 0
        self._skip(0)

    @property
    def ended(self) -> bool:
        return self._at == len(self._text)

    def take(self, pattern: re.Pattern[str]) -> str:
        """What comes next, if it is of that form; else nothing."""
        found = pattern.match(self._text, self._at)
        if not found or not found[0]:
            return ""
        self._skip(found.end())
        return found[0]

    def sign(self, sign: str) -> bool:
        """Whether this sign comes next; it is taken then."""
        there = self._text.startswith(sign, self._at)
        if there:
            self._skip(self._at + len(sign))
        return there

    def fail(self, wanted: str) -> NoReturn:
        rest = self._text[self._at : self._at + 24]
        where = f"at `{rest}` (character {self._at + 1})" if rest else "at its end"
        raise QueryError(f"{where} there must be {wanted}")

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise QueryError(f"parentheses and negations stand more than {DEEPEST} deep")

    def _skip(self, position: int) -> None:
        found = _SPACE.match(self._text, position)
        self._at = found.end() if found else position


def _expression(reader: _Reader) -> Expression:
    parts = [_conjunction(reader)]
    while reader.take(_OR):
        parts.append(_conjunction(reader))
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _conjunction(reader: _Reader) -> Expression:
    parts = [_negation(reader)]
    while reader.take(_AND):
        parts.append(_negation(reader))
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _negation(reader: _Reader) -> Expression:
    reader.deeper()
    if reader.take(_NOT):
        made: Expression = Not(_negation(reader))
    elif reader.sign("("):
        made = _expression(reader)
        if not reader.sign(")"):
            reader.fail("`and`, `or` or `)`")
    else:
        made = _leaf(reader)
    reader.depth -= 1
    return made


def _leaf(reader: _Reader) -> Leaf:
    subject = reader.take(_SUBJECT)
    if not subject:
        reader.fail("a subject such as attribute:NAME, or `(`")
    sign = "".join(reader.take(_SIGN).split())
    operator = _OPERATORS.get(sign)
    if operator is None:
        reader.fail(f"an operator after `{subject}{' ' + sign if sign else ''}`, such as ==, !=, in, exists or =~")
    leaf = Leaf(subject, operator, _arguments(reader, operator))
    if wrong := subjects.wrong(leaf):
        raise QueryError(wrong)
    return leaf


def _arguments(reader: _Reader, operator: Operator) -> tuple[str, ...]:
    if operator in ("exists", "!exists"):
        return ()
    if operator not in ("in", "!in"):
        return (reader.take(_WORD) or reader.fail("a value, without quotes, parentheses or spaces"),)
    if not reader.sign("["):
        reader.fail(f"a list after `{operator}`: [a, b]")
    items = [_item(reader)]
    while reader.sign(","):
        items.append(_item(reader))
    if not reader.sign("]"):
        reader.fail("`,` or `]`")
    return tuple(items)


def _item(reader: _Reader) -> str:
    return reader.take(_ITEM) or reader.fail("a value, without quotes, parentheses or spaces")
