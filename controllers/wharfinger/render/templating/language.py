"""Fill a template in. Go's text/template (`grammar`) with Swarm's values, and with its two functions.

Swarm adds one function to Go's own, ``join SEPARATOR TEXT…``. Go's control structures, variables and its other
functions are refused by name. As in Swarm, a label that is not there is an error by field and empty by ``index``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from wharfinger.render.templating.grammar import Call, Field, Literal, Operand, Part, TemplateError, parse

Known = Mapping[str, "Text | Known"]
"""What fields there are."""


@dataclass(frozen=True, slots=True)
class NodeName:
    """The name of a node that is not chosen yet."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What cannot be told."""

    why: str


Text = tuple[Part | NodeName | Missing, ...]
"""An expanded text, in pieces."""


def expand(text: str, known: Known) -> Text:
    """A template, filled in. TemplateError where it is none, or asks for what is not there."""
    filled: list[Part | NodeName | Missing] = []
    for piece in parse(text):
        filled.extend((piece,) if isinstance(piece, Part) else _text(piece, known))
    return tuple(filled)


def _text(operand: Operand, known: Known) -> Text:
    value = _value(operand, known)
    if isinstance(value, Mapping):
        raise TemplateError(
            f"{_shown(operand)} is no text; it has {', '.join(f'.{name}' for name in value) or 'nothing'}"
        )
    return value


def _value(operand: Operand, known: Known) -> Text | Known:
    match operand:
        case Literal(text):
            return (Part(text),)
        case Field(path):
            return _field(path, known)
        case Call(function, arguments):
            return _FUNCTIONS[function](arguments, known)


def _field(path: tuple[str, ...], known: Known) -> Text | Known:
    value: Text | Known = known
    for depth, name in enumerate(path):
        if not isinstance(value, Mapping) or name not in value:
            owner = "".join(f".{each}" for each in path[:depth])
            has = ", ".join(f"{owner}.{each}" for each in value) if isinstance(value, Mapping) else ""
            raise TemplateError(f"there is no `{owner}.{name}`" + (f"; there are {has}" if has else ""))
        value = value[name]
    return value


def _index(arguments: tuple[Operand, ...], known: Known) -> Text | Known:
    """``index MAP KEY…``: empty where the key is not there."""
    if len(arguments) < 2:
        raise TemplateError('`index` takes a map and a key: index .Service.Labels "com.example.tier"')
    value = _value(arguments[0], known)
    for each in arguments[1:]:
        if not isinstance(value, Mapping):
            raise TemplateError(f"`index` takes a map such as .Service.Labels, not {_shown(arguments[0])}")
        value = value.get(_plain(_text(each, known)), ())
    return value


def _join(arguments: tuple[Operand, ...], known: Known) -> Text:
    """``join SEPARATOR TEXT…``"""
    if not arguments:
        raise TemplateError('`join` takes a separator and texts: join "-" .Service.Name .Task.Slot')
    separator, *texts = (_text(each, known) for each in arguments)
    joined: list[Part | NodeName | Missing] = []
    for index, text in enumerate(texts):
        joined.extend((*separator, *text) if index else text)
    return tuple(joined)


def _plain(text: Text) -> str:
    if not all(isinstance(each, Part) for each in text):
        raise TemplateError("a key must be known before a task starts")
    return "".join(each.text for each in text if isinstance(each, Part))


def _shown(operand: Operand) -> str:
    return "`" + "".join(f".{name}" for name in operand.path) + "`" if isinstance(operand, Field) else "that"


_FUNCTIONS: Final[Mapping[str, Callable[[tuple[Operand, ...], Known], Text | Known]]] = {
    "index": _index,
    "join": _join,
}
