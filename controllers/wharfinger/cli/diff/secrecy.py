"""Of the objects of a Stack what a person may see: without our own bookkeeping, and without what is secret. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from wharfinger.api.builtin import SECRET
from wharfinger.api.labels import APPLIED_ANNOTATION
from wharfinger.cli.diff.text import Difference

Object = dict[str, Any]

_KEPT: Final = ("name", "namespace", "labels", "annotations", "finalizers")
_HIDDEN: Final = "***"
_BEFORE, _AFTER = f"{_HIDDEN} (before)", f"{_HIDDEN} (after)"


def bare(difference: Difference) -> Difference:
    """Without status, and without what the API server and the operator keep in the metadata of every object."""
    return Difference(difference.name, _bare(difference.before), _bare(difference.after))


def _bare(obj: Object | None) -> Object | None:
    if obj is None:
        return None
    metadata = {field: obj["metadata"][field] for field in _KEPT if obj["metadata"].get(field)}
    annotations = {key: value for key, value in metadata.pop("annotations", {}).items() if key != APPLIED_ANNOTATION}
    whole = metadata | ({"annotations": annotations} if annotations else {})
    return {key: value for key, value in obj.items() if key != "status"} | {"metadata": whole}


def masked(difference: Difference, secrets: Collection[str]) -> Difference:
    """With asterisks for the data of Secrets, as in kubectl's diff, and for every text that holds one of `secrets`.

    What stood where such a text will stand is hidden as well: it was the secret until now.
    """
    before, after = _both(difference.before, difference.after, frozenset(secrets))
    if SECRET.describes(difference.object):
        before, after = _data(before, after), _data(after, before, _AFTER)
    return Difference(difference.name, before, after)


def _both(before: Any, after: Any, secrets: frozenset[str]) -> tuple[Any, Any]:
    """Two values at the same place."""
    if isinstance(before, dict) or isinstance(after, dict):
        return _dicts(before, after, secrets)
    if isinstance(before, list) or isinstance(after, list):
        return _lists(before, after, secrets)
    if not _secret(before, secrets) and not _secret(after, secrets):
        return before, after
    if before == after:
        return _HIDDEN, _HIDDEN
    return before if before is None else _BEFORE, after if after is None else _AFTER


def _dicts(before: Any, after: Any, secrets: frozenset[str]) -> tuple[Any, Any]:
    old, new = (each if isinstance(each, dict) else {} for each in (before, after))
    pairs = {key: _both(old.get(key), new.get(key), secrets) for key in old | new}
    return (
        {key: pairs[key][0] for key in old} if isinstance(before, dict) else before,
        {key: pairs[key][1] for key in new} if isinstance(after, dict) else after,
    )


def _lists(before: Any, after: Any, secrets: frozenset[str]) -> tuple[Any, Any]:
    """By position; where one is longer, its rest has nothing beside it."""
    old, new = (each if isinstance(each, list) else [] for each in (before, after))
    pairs = [
        _both(old[at] if at < len(old) else None, new[at] if at < len(new) else None, secrets)
        for at in range(max(len(old), len(new)))
    ]
    return (
        [pair[0] for pair in pairs[: len(old)]] if isinstance(before, list) else before,
        [pair[1] for pair in pairs[: len(new)]] if isinstance(after, list) else after,
    )


def _secret(value: Any, secrets: frozenset[str]) -> bool:
    return isinstance(value, str) and any(secret in value for secret in secrets)


def _data(secret: Object | None, other: Object | None, changed: str = _BEFORE) -> Object | None:
    """A Secret whose values say only whether they are those of the other."""
    if secret is None:
        return None
    fields = {field: secret[field] for field in ("data", "stringData") if secret.get(field)}
    return secret | {
        field: {key: _HIDDEN if _same(other, field, key, value) else changed for key, value in values.items()}
        for field, values in fields.items()
    }


def _same(other: Object | None, field: str, key: str, value: Any) -> bool:
    """A Secret that comes or goes has nothing to be told from."""
    return other is None or key not in (other.get(field) or {}) or other[field][key] == value
