"""Durations, as compose-go writes them: Go's ``1m30s``, with units below the millisecond."""

from __future__ import annotations

import re

from wharfinger.api.duration import seconds
from wharfinger.api.resource import Object


def duration(text: str) -> str:
    """As a ContainerWorkload takes it: less than a millisecond is cut off."""
    if not re.search(r"[nuµ]s", text):
        return text
    return f"{int(seconds(text) * 1000)}ms"


def given(data: Object, name: str) -> str | None:
    """The duration `name`; None where it is absent, or 0, which Docker takes for absent."""
    text = data.get(name)
    return duration(text) if text and seconds(text) > 0 else None
