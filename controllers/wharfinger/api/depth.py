"""How deep a document is nested, found out without recursion, which a deep one would exhaust.

The API server takes 10,000 levels. orjson writes 254, and Python compares fewer than 1,000.
"""

from __future__ import annotations

from typing import Any

DEEPEST = 128
"""Levels that are kept of anything; Kubernetes' own objects have fewer than 30."""


def deeper_than(levels: int, value: Any) -> bool:
    """Whether an object or list has others within it more than `levels` deep, itself the first."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(levels):
        level = [inner for outer in level for inner in _within(outer) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def cut(levels: int, value: Any) -> Any:
    """A copy with None for each object and list below `levels`."""
    if not isinstance(value, dict | list):
        return value
    if levels == 0:
        return None
    if isinstance(value, dict):
        return {key: cut(levels - 1, inner) for key, inner in value.items()}
    return [cut(levels - 1, inner) for inner in value]


def _within(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value
