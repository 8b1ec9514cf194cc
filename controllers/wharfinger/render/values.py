"""Values in the form in which the API server keeps them, so that what is stored equals what was sent."""

from __future__ import annotations

from math import ceil
from typing import Any

from wharfinger.api.duration import seconds
from wharfinger.api.resource import Object


def whole_seconds(duration: str, *, minimum: int = 0) -> int:
    """A duration in whole seconds, rounded up: Kubernetes' fields take no fractions, and none may come out shorter."""
    return max(minimum, ceil(seconds(duration)))


def present(**fields: Any) -> Object:
    """The fields that say something: None, empty text, lists and mappings are left out, as the API server would.

    False and 0 stay: in a Kubernetes API they often mean something else than absence.
    """
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {}, ())}


def is_zero(value: int | str) -> bool:
    """Whether a count or percentage is nothing: ``0``, ``"0%"``."""
    return value in (0, "0%", "00%")
