"""What a scheduler hands back: the next steps, and what is left to do."""

from __future__ import annotations

from dataclasses import dataclass

from wharfinger.rollout.tasks.machine import Start, Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The next steps."""

    start: tuple[Start, ...] = ()
    stop: tuple[Stop, ...] = ()
    """The first one first."""
    missing: int = 0
    """Tasks that are to be started, now or later."""
    held: int = 0
    """Of these, as many as the throttle holds back."""
    leaving: int = 0
    """Tasks that are to be stopped, now or later."""
