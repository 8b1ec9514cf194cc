"""Durations as Kubernetes writes them: ``30s``, ``1m30s``, ``1h``."""

from __future__ import annotations

from functools import lru_cache

import durationpy


@lru_cache(maxsize=4096)
def seconds(duration: str) -> float:
    """Length of a duration in seconds, by the grammar of Go's time.ParseDuration. ValueError if it is none."""
    try:
        return float(durationpy.from_str(duration).total_seconds())
    except durationpy.DurationError as error:
        raise ValueError(f"not a duration: {duration!r}") from error
