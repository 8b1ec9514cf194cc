"""From pydantic's errors to findings: one line a mistake, with its path and with what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import groupby, islice
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from wharfinger.api.model import MEANING
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding

Path = tuple[str | int, ...]

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_$-]+")
_MAX_MESSAGE = 1024
_MOST = 128
"""Findings of one document: more than anybody reads, and few enough to look for what was meant in each."""
_TYPES = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "datetime_type": "a time",
}
_BOUNDS = {
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "string_too_short": "at least {min_length} characters long",
    "string_too_long": "at most {max_length} characters long",
    "too_short": "a list of at least {min_length}",
    "too_long": "at most {max_length} long",
}


def findings(error: ValidationError, document: Any, *, root: str, schema: Object) -> tuple[Finding, ...]:
    """What is wrong with `document`, which stands at `root`; `schema` (structural) knows the names that exist there.

    The first of it, where that is more than `_MOST`.
    """
    errors = sorted(
        ((_place(detail["loc"], document), detail) for detail in error.errors(include_url=False)),
        key=lambda pair: [str(part) for part in pair[0]],
    )
    places = groupby(errors, key=lambda pair: pair[0])
    return tuple(
        _finding(place, [detail for _, detail in group], root=root, schema=schema)
        for place, group in islice(places, _MOST)
    )


def text(root: str, path: Iterable[str | int]) -> str:
    """A path as people write it: ``spec.env[0].valueFrom``, ``spec.resources.limits["nvidia.com/gpu"]``."""
    return root + "".join(_segment(part) for part in path).removeprefix("" if root else ".")


def unknown_field(name: str, known: Iterable[str]) -> str:
    """What to say about a field that does not exist among those that do."""
    names = list(known)
    guess = _closest(name, names)
    if guess:
        return f"unknown field; did you mean `{guess}`?"
    return f"unknown field; known are {', '.join(sorted(names))}" if names else "unknown field"


def _closest(name: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant, by its letters alone: ``container_port`` is close to ``containerPort``."""
    by_letters = {_letters(candidate): candidate for candidate in names}
    matches = get_close_matches(_letters(name), by_letters, n=1, cutoff=0.7)
    return by_letters[matches[0]] if matches else None


def _letters(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _segment(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _PLAIN_KEY.fullmatch(part) else f'["{part}"]'


def _place(location: Path, document: Any) -> Path:
    """Where in the document: pydantic's location without the names of union members, which are no part of it."""
    place: list[str | int] = []
    for index, part in enumerate(location):
        if isinstance(document, Mapping):
            last = index == len(location) - 1
            if part not in document and not last:
                continue
            place.append(part)
            document = document.get(part)
        elif isinstance(document, list) and isinstance(part, int):
            place.append(part)
            document = document[part]
    return tuple(place)


def _finding(place: Path, errors: list[ErrorDetails], *, root: str, schema: Object) -> Finding:
    kind = errors[0]["type"]
    where = text(root, place)
    if kind == "extra_forbidden":
        message = unknown_field(str(place[-1]), _node(schema, place[:-1]).get("properties", ()))
        return error_at(where, "UnknownField", message)
    if kind == "missing":
        return error_at(where, "MissingField", _described("required", _node(schema, place)))
    if kind == "duplicate":
        return error_at(where, "Duplicate", errors[0]["msg"])
    if kind == "rule":
        return error_at(where, "RuleViolated", errors[0]["msg"])
    return error_at(where, *_wrong_value(errors))


def error_at(path: str, reason: str, message: str) -> Finding:
    """A finding that stops the resource."""
    return Finding(path=path[:_MAX_MESSAGE], severity="error", reason=reason, message=message[:_MAX_MESSAGE])


def _wrong_value(errors: list[ErrorDetails]) -> tuple[str, str]:
    """Reason and message. Alternatives (an integer or a string) each have an error: the closest one counts."""
    close = [detail for detail in errors if detail["type"] not in _TYPES]
    if close:
        return "InvalidValue", "must be " + " or ".join(dict.fromkeys(_expected(detail) for detail in close))
    wanted = " or ".join(dict.fromkeys(_TYPES[detail["type"]] for detail in errors))
    return "InvalidType", f"must be {wanted}, not {_type_name(errors[0]['input'])}"


def _expected(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in _BOUNDS:
        return _BOUNDS[kind].format_map(context)
    if kind == "string_pattern_mismatch":
        return MEANING.get(context["pattern"], f"text that matches {context['pattern']}")
    if kind == "literal_error":
        return _one_of(context["expected"], detail["input"])
    return detail["msg"].removeprefix("Input should be ").rstrip(".")


def _one_of(expected: str, given: Any) -> str:
    names = re.findall(r"'([^']*)'", expected)
    guess = _closest(str(given), names)
    return f"one of {', '.join(names)}" + (f"; did you mean `{guess}`?" if guess else "")


def _type_name(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names = {str: "a string", int: "an integer", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)


def _described(message: str, node: Mapping[str, Any]) -> str:
    description = node.get("description", "")
    return f"{message}: {description}" if description else message


def _node(schema: Object, place: Path) -> Object:
    """The schema of what stands at `place`; empty where the schema is free."""
    for part in place:
        inner = schema.get("items") if isinstance(part, int) else schema.get("properties", {}).get(part)
        schema = inner or schema.get("additionalProperties", {})
    return schema
