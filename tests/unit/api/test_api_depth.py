"""Documents that are nested without end: seen as such, and cut, without the recursion that they would exhaust."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfinger.api.depth import cut, deeper_than


def nested(levels: int, *, lists: bool = False) -> Any:
    """So many objects (or lists), each in the one before."""
    value: Any = [] if lists else {}
    for _ in range(levels - 1):
        value = [value] if lists else {"a": value}
    return value


def _depth(value: Any) -> int:
    """By recursion, for small ones."""
    if not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max((_depth(each) for each in inner), default=0)


anything = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
)


@given(anything, st.integers(min_value=1, max_value=6))
def test_depth_is_counted_and_cut(value: Any, levels: int) -> None:
    assert deeper_than(levels, value) is (_depth(value) > levels)
    assert _depth(cut(levels, value)) == min(levels, _depth(value))
    if not deeper_than(levels, value):
        assert cut(levels, value) == value


@pytest.mark.parametrize("lists", [False, True])
def test_ten_thousand_levels_are_no_trouble(lists: bool) -> None:
    assert deeper_than(64, nested(10_000, lists=lists))
    assert _depth(cut(64, nested(10_000, lists=lists))) == 64
