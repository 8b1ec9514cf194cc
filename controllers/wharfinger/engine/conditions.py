"""Conditions by the kstatus rules, which Helm, Flux, kpt and ``kubectl wait`` read.

In their order: Reconciling=True means in progress; Stalled=True means failed; Ready=True means current, anything else
in progress. So Reconciling and Stalled are present only while True, and never together: one says "wait", the other "do
not".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from wharfinger.api.resource import Object

ABNORMAL = frozenset({"Reconciling", "Stalled"})
"""Condition types that are there only while True."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One answer, without the bookkeeping that `conditions` adds."""

    type: str
    status: bool | str
    """True, False, or ``"Unknown"``."""
    reason: str
    """CamelCase, for machines."""
    message: str = ""
    """For a person."""

    @property
    def text(self) -> str:
        """The status as it is written."""
        return str(self.status)


def conditions(
    previous: Sequence[Object], wanted: Iterable[Condition], *, generation: int, now: datetime
) -> list[Object]:
    """The conditions to report, in the order of ``wanted``; each ``lastTransitionTime`` moves only with its status.

    Raises ValueError for Reconciling and Stalled at once.
    """
    kept = [condition for condition in wanted if condition.type not in ABNORMAL or condition.text == "True"]
    if {condition.type for condition in kept} >= ABNORMAL:
        raise ValueError("Reconciling and Stalled exclude each other")
    before = {entry["type"]: entry for entry in previous}
    return [_entry(condition, before.get(condition.type), generation, now) for condition in kept]


def _entry(condition: Condition, before: Object | None, generation: int, now: datetime) -> Object:
    same = before is not None and before.get("status") == condition.text and before.get("lastTransitionTime")
    return {
        "type": condition.type,
        "status": condition.text,
        "reason": condition.reason,
        "message": condition.message,
        "lastTransitionTime": same or timestamp(now),
        "observedGeneration": generation,
    }


def timestamp(moment: datetime) -> str:
    """A metav1.Time: RFC 3339 in UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_timestamp(moment: datetime) -> str:
    """A metav1.MicroTime, as Leases and Events have it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def answers(status: Object) -> tuple[object, ...]:
    """What a person would call the state: each condition's status, and the generation that it is about."""
    pairs = sorted((entry["type"], entry["status"]) for entry in status.get("conditions") or ())
    return (status.get("observedGeneration"), *pairs)
