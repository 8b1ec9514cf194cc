"""From a pydantic model to the structural OpenAPI v3 schema that a CustomResourceDefinition carries.

Pydantic writes JSON Schema: references, ``anyOf`` with null for what is optional, titles. The API server takes a
subset, fully expanded: every node has a type, nothing is referenced, and optional is what is not ``required``. A
keyword that has no counterpart is an error here, at build time, and not a silent gap in the published schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from wharfinger.api.resource import Object

_KEPT = frozenset(
    {
        *("type", "description", "default", "format", "enum", "required", "pattern"),
        *("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
        *("x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-map-type"),
        *("x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-validations"),
    }
)
_NESTED = frozenset({"properties", "items", "additionalProperties"})
_DROPPED = frozenset({"title"})
_INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]


@cache
def structural(model: type[BaseModel]) -> Object:
    """The structural schema of a model's documents (camelCase). Shared: copy it before changing it.

    Raises `ValueError` for a keyword that a structural schema does not know.
    """
    document = model.model_json_schema(by_alias=True, mode="validation")
    return _node(document, document.get("$defs", {}))


def _node(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Object:
    flat = _plain(schema, definitions)
    node: Object = {}
    for key, value in flat.items():
        if key in _KEPT:
            node[key] = value
        elif key in _NESTED:
            node |= _nested(key, value, definitions)
        elif key not in _DROPPED:
            raise ValueError(f"a structural schema has no {key}: {value}")
    return _int_or_string(_with_default(node))


def _plain(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Object:
    """The schema without reference, ``const`` and ``anyOf``; what stands beside those wins over what they say."""
    flat = {key: value for key, value in schema.items() if key not in ("$ref", "$defs", "anyOf", "const")}
    if "$ref" in schema:
        return _plain(definitions[schema["$ref"].rpartition("/")[2]], definitions) | flat
    if "anyOf" in schema:
        return _either([_plain(part, definitions) for part in schema["anyOf"]]) | flat
    if "const" in schema:
        return flat | {"enum": [schema["const"]]}
    return flat


def _either(parts: Iterable[Object]) -> Object:
    """One schema for alternatives: something or null, or an integer or a string, whose bounds do not interfere."""
    given = [part for part in parts if part.get("type") != "null"]
    merged: Object = {key: value for part in given for key, value in part.items()}
    if len(given) == 1:
        return merged
    if {part.get("type") for part in given} == {"integer", "string"}:
        return merged | {"x-kubernetes-int-or-string": True}
    raise ValueError(f"a structural schema has no alternatives: {given}")


def _nested(key: str, value: Any, definitions: Mapping[str, Any]) -> Object:
    if key == "properties":
        return {key: {name: _node(child, definitions) for name, child in value.items()}}
    if isinstance(value, bool):  # pydantic's extra="forbid" says false, dict[str, Any] says true
        return {"x-kubernetes-preserve-unknown-fields": True} if value else {}
    return {key: _node(value, definitions)}


def _with_default(node: Object) -> Object:
    """Defaults that say something: for a block whatever its fields default to, none for null and for nothing."""
    default = node.pop("default", None)
    if "properties" in node and default is not None:
        return node | {"default": {}}
    return node if default in (None, [], {}) else node | {"default": _without_nulls(default)}


def _without_nulls(default: Any) -> Any:
    """A default as a document has it: for an absent field pydantic writes null, which the API server refuses."""
    if isinstance(default, dict):
        return {key: _without_nulls(value) for key, value in default.items() if value is not None}
    return [_without_nulls(item) for item in default] if isinstance(default, list) else default


def _int_or_string(node: Object) -> Object:
    if "x-kubernetes-int-or-string" not in node:
        return node
    return {key: value for key, value in node.items() if key != "type"} | {"anyOf": _INT_OR_STRING}
