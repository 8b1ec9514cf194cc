"""Revisions: what has run before, by number for people and by hash for machines.

apps/v1 ControllerRevisions are the history. A number stays with its hash for as long as the ControllerRevision is
kept. (StatefulSets and DaemonSets instead give a revision that comes back the next number. We do not:
``rollback-to: "4"`` and `RolloutStatus` name revisions by number, and must mean the same ones after any crash between
two writes.) So the number says when a revision was first asked for, and the newest is the highest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from wharfinger.api.labels import REVISION_LABEL, ROLLBACK_TO_ANNOTATION
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding, RolloutStatus

PREVIOUS: Final = "previous"
"""Value of the rollback annotation that stands for `History.previous`."""


@dataclass(frozen=True, slots=True)
class RevisionRef:
    """One revision."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class History:
    """The revisions that are kept."""

    refs: tuple[RevisionRef, ...] = ()
    """Oldest first."""

    def by_hash(self, revision_hash: str | None) -> RevisionRef | None:
        """The revision that runs so, if it is kept."""
        return next((ref for ref in self.refs if ref.hash == revision_hash), None)

    def by_number(self, number: int | None) -> RevisionRef | None:
        """The revision of that number, if it is kept."""
        return next((ref for ref in self.refs if ref.number == number), None)

    def with_(self, ref: RevisionRef) -> History:
        """The history and `ref`, which may be in it already."""
        return self if ref in self.refs else _sorted((*self.refs, ref))

    def previous(self, target: RevisionRef) -> RevisionRef | None:
        """The newest but `target`: what ran before, as a person means it. It does not depend on what runs now."""
        return next((ref for ref in reversed(self.refs) if ref.number != target.number), None)

    def pinned(self, pin: str, target: RevisionRef) -> RevisionRef | None:
        """The revision that a rollback annotation names; None if that is not kept, or is no name of one."""
        if pin.strip() == PREVIOUS:
            return self.previous(target)
        return self.by_number(int(pin)) if pin.strip().isdecimal() else None


def history(revisions: Iterable[Object]) -> History:
    """The history that `revisions` tell: the workload's own ControllerRevisions, in any order."""
    return _sorted(
        RevisionRef(revision["revision"], revision_hash)
        for revision in revisions
        if (revision_hash := (revision["metadata"].get("labels") or {}).get(REVISION_LABEL))
    )


def target_ref(kept: History, revision_hash: str, state: RolloutStatus | None) -> RevisionRef:
    """The revision that the spec asks for: as kept, or with the next number.

    Never a number that `state` speaks of: it may say of that one that it failed.
    """
    known = kept.by_hash(revision_hash)
    if known:
        return known
    taken = max([0, *(ref.number for ref in kept.refs), *_named(state)])
    return RevisionRef(taken + 1, revision_hash)


def prunable(
    kept: History, *, limit: int, state: RolloutStatus | None, target: RevisionRef, pin: str | None = None
) -> tuple[RevisionRef, ...]:
    """The oldest revisions beyond `limit`; none that the rollout may still turn to."""
    pinned = kept.pinned(pin, target) if pin else None
    needed = {target.number, *_named(state)} | ({pinned.number} if pinned else set())
    surplus = len(kept.refs) - limit
    free = [ref for ref in kept.refs if ref.number not in needed]
    return tuple(free[: max(0, surplus)])


def unknown_pin(kept: History, pin: str | None, target: RevisionRef) -> tuple[Finding, ...]:
    """That a rollback annotation names nothing that is kept, if it is so."""
    if not pin or kept.pinned(pin, target):
        return ()
    numbers = ", ".join(str(ref.number) for ref in kept.refs)
    message = f"names no other revision that is kept ({numbers}), so nothing moves: write one of these or remove it"
    path = f'metadata.annotations["{ROLLBACK_TO_ANNOTATION}"]'
    return (Finding(path=path, severity="warning", reason="UnknownRevision", message=message),)


def _named(state: RolloutStatus | None) -> set[int]:
    """The numbers that `state` speaks of, but for the target's: that is known by its hash."""
    if state is None:
        return set()
    named = (state.running_revision, state.last_good_revision, state.failed_revision)
    return {number for number in named if number is not None}


def _sorted(refs: Iterable[RevisionRef]) -> History:
    return History(tuple(sorted(refs, key=lambda ref: (ref.number, ref.hash))))
