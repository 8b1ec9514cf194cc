"""A structural schema, read as people ask about it: blocks, each with its fields in the order of the model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.reference.markdown import code, prose

from wharfinger.api.model import MEANING
from wharfinger.api.resource import Object


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its path in the document, whether its block needs it, and its schema."""

    path: str
    required: bool
    schema: Object

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Block:
    """An object with named fields: where it stands, the schema that has them, and the fields."""

    path: str
    schema: Object
    fields: tuple[Field, ...]


def blocks(schema: Object, path: str) -> Iterator[Block]:
    """The object at `path` and all objects in it, each right after the block that names it."""
    needed = schema.get("required", ())
    fields = tuple(Field(f"{path}.{name}", name in needed, node) for name, node in schema["properties"].items())
    yield Block(path, schema, fields)
    for field in fields:
        inner, place = within(field.schema, field.path)
        if "properties" in inner:
            yield from blocks(inner, place)


def within(schema: Object, path: str) -> tuple[Object, str]:
    """What a list or a map is made of, and its path: ``spec.ports[]``; anything else is itself."""
    if "items" in schema:
        return within(schema["items"], f"{path}[]")
    if isinstance(schema.get("additionalProperties"), Mapping):
        return within(schema["additionalProperties"], f"{path}.*")
    return schema, path


def type_of(schema: Object) -> str:
    """The type in words: ``list of object``."""
    if "items" in schema:
        return f"list of {type_of(schema['items'])}"
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"map of {type_of(schema['additionalProperties'])}"
    if schema.get("x-kubernetes-int-or-string"):
        return "integer or string"
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return "any object"
    return "time" if schema.get("format") == "date-time" else str(schema["type"])


def default_of(field: Field) -> str:
    """What holds where the document is silent; ``required`` where it may not be."""
    if field.required and "default" not in field.schema:
        return "**required**"
    return code(json.dumps(field.schema["default"])) if "default" in field.schema else ""


def bounds(schema: Object) -> Iterator[str]:
    """What a value must be besides its type, a sentence each."""
    inner, _ = within(schema, "")
    if choices := inner.get("enum"):
        yield f"{'Each one' if inner is not schema else 'One'} of {', '.join(code(choice) for choice in choices)}."
    if "pattern" in inner and "enum" not in inner:
        yield f"{'Each must be' if inner is not schema else 'Must be'} {_meaning(inner['pattern'])}."
    yield from _range(inner.get("minimum"), inner.get("maximum"), "")
    yield from _range(inner.get("minLength"), inner.get("maxLength"), " characters")
    yield from _range(schema.get("minItems"), schema.get("maxItems"), " items")
    yield from _range(schema.get("minProperties"), schema.get("maxProperties"), " entries")
    if keys := schema.get("x-kubernetes-list-map-keys"):
        yield f"No two items have the same {' and '.join(code(key) for key in keys)}."


def _meaning(pattern: str) -> str:
    return prose(MEANING[pattern]) if pattern in MEANING else f"text that matches {code(pattern)}"


def _range(least: Any, most: Any, unit: str) -> Iterator[str]:
    if least is not None and most is not None:
        yield f"{least} to {most}{unit}."
    elif least is not None:
        yield f"At least {least}{_counted(least, unit)}."
    elif most is not None:
        yield f"At most {most}{_counted(most, unit)}."


def _counted(number: int, unit: str) -> str:
    return {" entries": " entry"}.get(unit, unit.removesuffix("s")) if number == 1 else unit
