"""Reading what the API server sends, however deep it is nested: one such document must not end the operator."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfinger.api.depth import DEEPEST, deeper_than
from wharfinger.engine.trim import shallow
from wharfinger.engine.wire import decoded, event_of

_ENDLESS = 5_000


def _event(levels: int) -> bytes:
    """A watch event of an object whose spec.pod has so many levels; strings of brackets are there to mislead."""
    deep = '{"x":"}]","a":' * levels + '"\\"{["' + "}" * levels
    metadata = '{"name":"web","namespace":"shop","resourceVersion":"7"}'
    text = f'{{"type":"MODIFIED","object":{{"spec":{{"image":"web:1","pod":{deep}}},"metadata":{metadata}}}}}'
    return text.encode()


@pytest.mark.parametrize("levels", [1, 100, 300, 1_000, _ENDLESS])
def test_a_deep_object_is_taken_in(levels: int) -> None:
    obj = shallow(event_of(_event(levels))["object"])
    assert obj["metadata"] == {"name": "web", "namespace": "shop", "resourceVersion": "7"}
    assert obj["spec"]["image"] == "web:1"
    assert obj["spec"]["pod"]["a"]
    assert not deeper_than(DEEPEST, obj)
    orjson.dumps(obj)  # as the cache does with what rests


def test_one_of_a_list_does_not_spoil_the_others() -> None:
    items = [_event(1), _event(_ENDLESS), _event(2)]
    page = decoded(b'{"metadata":{"resourceVersion":"9"},"items":[' + b",".join(items) + b"]}")
    assert [item["object"]["metadata"]["name"] for item in page["items"]] == ["web"] * 3
    assert page["items"][2] == json.loads(items[2])


@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_beside_what_is_too_deep_nothing_is_lost(value: Any) -> None:
    """Whatever strings say: brackets, quotes, backslashes."""
    text = b'{"deep":' + b"[" * _ENDLESS + b"]" * _ENDLESS + b',"beside":' + orjson.dumps(value) + b"}"
    assert decoded(text)["beside"] == value


def test_what_is_no_json_is_an_error() -> None:
    with pytest.raises(orjson.JSONDecodeError):
        decoded(b'{"a":')
