"""Holding: which revision a rollout is asked for while what comes first is not there yet. Pure, for all modes.

A rollout machine is not told of dependencies. While they hold a change back, it is asked for the revision that runs,
and so goes on as if nothing had been changed: what runs is scaled, healed and, if its own rollout is not over, taken
to its end. Before the first start no machine is asked at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wharfinger.api.status import RolloutStatus
from wharfinger.rollout.revisions import History, RevisionRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """Where the rollout goes now."""

    revision: RevisionRef | None
    """The revision to ask for; None: nothing is started."""
    held: bool
    """Whether that is another one than the spec asks for, or the same that shall not run anew."""


def aim(
    state: RolloutStatus | None,
    *,
    target: RevisionRef,
    history: History,
    running: Iterable[str],
    pin: str | None,
    anew: bool = False,
) -> Aim:
    """Where the rollout goes while dependencies are not satisfied.

    `running` are the hashes that objects carry, for a status that was lost; `anew` says that `target` ran already and
    is to run once more (a job of tasks). What has begun is never held back, nor is the way back to a revision that
    worked: a rollback by annotation, or after a failure.
    """
    kept = history.by_number(state.running_revision) if state else None
    current = kept or _newest(history, running)
    if current is None:
        return Aim(revision=None, held=True)
    failed = state is not None and state.failed_revision == target.number
    if pin or (not anew and (failed or current == target)):
        return Aim(revision=target, held=False)
    return Aim(revision=current, held=True)


def _newest(history: History, hashes: Iterable[str]) -> RevisionRef | None:
    found = [ref for each in hashes if (ref := history.by_hash(each))]
    return max(found, key=lambda ref: ref.number, default=None)
