"""Moments as metav1.Time writes them: RFC 3339, in UTC, whole seconds."""

from __future__ import annotations

from datetime import UTC, datetime


def parse(time: str) -> datetime:
    """The moment that `time` names. ValueError if it is none."""
    return datetime.fromisoformat(time).astimezone(UTC)


def text(moment: datetime) -> str:
    """`moment` as a Kubernetes object carries it; the fraction of a second is dropped."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_since(time: str | None, now: datetime) -> float:
    """Seconds from `time` until `now`, 0 at least: a clock that was set back makes nothing negative. 0 for no time."""
    return max(0.0, (now - parse(time)).total_seconds()) if time else 0.0
