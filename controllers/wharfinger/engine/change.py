"""What kind of change an event is: nothing that matters, progress, or something to act on at once."""

from __future__ import annotations

import enum

from wharfinger.api.resource import Object

_BOOKKEEPING = frozenset({"resourceVersion", "managedFields"})
_NOTES = _BOOKKEEPING | {"annotations"}


class Change(enum.IntEnum):
    """How much an object changed, in rising order."""

    NONE = 0
    """Only what the API server counts for itself."""
    STATUS = 1
    """Only ``status``: things move on, and soon will again."""
    NOTES = 2
    """Annotations at most, where controllers keep their notes (and people may have changed ours)."""
    SUBSTANCE = 3
    """Anything else, being made and vanishing included."""


def change(old: Object | None, new: Object | None) -> Change:
    """How ``new`` differs from ``old``; None for an object that is not there."""
    if old is None or new is None:
        return Change.NONE if old is new else Change.SUBSTANCE
    found = Change.NONE
    for name in old.keys() | new.keys():
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if name == "metadata":
            found = max(found, _metadata_change(before or {}, after or {}))
            if found is Change.SUBSTANCE:
                return found
        elif name == "status":
            found = max(found, Change.STATUS)
        else:
            return Change.SUBSTANCE
    return found


def leaving(old: Object | None, new: Object | None) -> bool:
    """Whether the object vanished, or has just begun to."""
    if new is None:
        return True
    began = "deletionTimestamp" in new["metadata"]
    return began and (old is None or "deletionTimestamp" not in old["metadata"])


def _metadata_change(old: Object, new: Object) -> Change:
    differing = [name for name in old.keys() | new.keys() if old.get(name) != new.get(name)]
    if all(name in _BOOKKEEPING for name in differing):
        return Change.NONE
    return Change.NOTES if all(name in _NOTES for name in differing) else Change.SUBSTANCE
