"""Lists whose items have identity: no two alike, and so merged item by item by server-side apply.

The API server refuses duplicates by the schema's list type; a document that no API server has seen is held to the same
rule here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True)
class ListMap:
    """Annotates a list of objects that `key`, a field of theirs, tells apart."""

    key: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema) | {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [self.key]}

    def _check(self, items: list[Any]) -> list[Any]:
        _refuse_twins(getattr(item, self.key) if isinstance(item, BaseModel) else item[self.key] for item in items)
        return items


@dataclass(frozen=True)
class ListSet:
    """Annotates a list of scalars that are all different."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema) | {"x-kubernetes-list-type": "set"}

    def _check(self, items: list[Any]) -> list[Any]:
        _refuse_twins(items)
        return items


def _refuse_twins(identities: Iterable[Any]) -> None:
    seen: set[Any] = set()
    for identity in identities:
        if identity in seen:
            raise PydanticCustomError("duplicate", "there are two items called {name}", {"name": identity})
        seen.add(identity)
