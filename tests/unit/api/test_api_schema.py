"""From pydantic's JSON Schema to what a CustomResourceDefinition may say."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from wharfinger.api.lists import ListMap, ListSet
from wharfinger.api.model import IntOrPercent, Model, Quantity, Rule
from wharfinger.api.resource import Object
from wharfinger.api.schema import structural


class Inner(Model):
    """Inner words."""

    name: str
    size: int = 3


class Outer(Model):
    cel_rules = (Rule("self.kind == 'one'", "be one"),)

    kind: Literal["one"] = "one"
    optional: str | None = None
    block: Inner = Inner(name="a")
    absent: Inner | None = None
    described: Inner
    """Outer words."""
    items: Annotated[list[Inner], ListMap("name")] = Field(default=[])
    names: Annotated[list[str], Field(max_length=2), ListSet()] = Field(default=[])
    labels: dict[str, str] = Field(default={})
    free: dict[str, object] = Field(default={})
    count: IntOrPercent = 1
    amount: Quantity


def field(name: str) -> Object:
    found: Object = structural(Outer)["properties"][name]
    return found


def test_optional_is_what_is_not_required() -> None:
    assert structural(Outer)["required"] == ["described", "amount"]
    assert field("optional") == {"type": "string"}


def test_references_are_expanded() -> None:
    assert field("absent")["properties"]["size"] == {"type": "integer", "default": 3}


def test_a_fields_own_words_win() -> None:
    assert field("described")["description"] == "Outer words."
    assert field("absent")["description"] == "Inner words."


def test_block_defaults_to_what_its_fields_default_to() -> None:
    assert field("block")["default"] == {}


def test_nothing_is_no_default() -> None:
    assert all("default" not in field(name) for name in ("optional", "absent", "items", "names", "labels"))


def test_one_choice_is_an_enum() -> None:
    assert field("kind")["enum"] == ["one"]


def test_list_types_are_kept() -> None:
    assert field("items")["x-kubernetes-list-map-keys"] == ["name"]
    assert field("names")["x-kubernetes-list-type"] == "set"


def test_maps() -> None:
    assert field("labels")["additionalProperties"] == {"type": "string"}
    assert field("free")["x-kubernetes-preserve-unknown-fields"] is True


@pytest.mark.parametrize("name", ["count", "amount"])
def test_int_or_string_has_no_type_of_its_own(name: str) -> None:
    node = field(name)
    assert node["x-kubernetes-int-or-string"] is True
    assert "type" not in node
    assert "pattern" in node


def test_rules_are_published() -> None:
    assert structural(Outer)["x-kubernetes-validations"] == [{"rule": "self.kind == 'one'", "message": "be one"}]


def test_alternatives_are_refused() -> None:
    class Both(BaseModel):
        value: list[str] | str

    with pytest.raises(ValueError, match="alternatives"):
        structural(Both)


def test_unknown_keyword_is_refused() -> None:
    class Tuple(BaseModel):
        value: tuple[int, str]

    with pytest.raises(ValueError, match="prefixItems"):
        structural(Tuple)
