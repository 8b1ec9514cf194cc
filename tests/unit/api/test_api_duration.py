"""Durations mean what Kubernetes means by them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfinger.api.duration import seconds


@pytest.mark.parametrize(
    ("text", "length"),
    [("0s", 0.0), ("500ms", 0.5), ("30s", 30.0), ("1m30s", 90.0), ("1.5h", 5400.0), ("1h0m1s", 3601.0)],
)
def test_durations(text: str, length: float) -> None:
    assert seconds(text) == pytest.approx(length)


@pytest.mark.parametrize("text", ["", "5", "1h30", "s", "one minute"])
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        seconds(text)


@given(hours=st.integers(0, 99), minutes=st.integers(0, 59), rest=st.integers(0, 59))
def test_parts_add_up(hours: int, minutes: int, rest: int) -> None:
    assert seconds(f"{hours}h{minutes}m{rest}s") == hours * 3600 + minutes * 60 + rest
