"""Is what runs what we want? Pure functions over JSON objects.

Two questions have to agree before nothing is written: the *hash* of what we want is the one that we left on the object
when we wrote it (so whatever we dropped since is noticed), and the object still *covers* what we want (so whatever
somebody changed is noticed). Fields that we never mentioned belong to others, and to the server's defaults.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import orjson
from kubernetes.utils import parse_quantity

from wharfinger.api.pod_keys import KEY_DEFAULTS, MERGE_KEYS
from wharfinger.api.resource import Object

_HASH_BYTES = 10

_QUANTITIES = frozenset({"limits", "requests", "capacity", "overhead", "hard", "sizeLimit", "averageValue"})
"""Fields whose strings, or whose values' strings, are quantities."""


def fingerprint(obj: Any) -> str:
    """A short digest of a JSON value, the same for the same content in any order of keys, on any machine."""
    return blake2b(orjson.dumps(obj, option=orjson.OPT_SORT_KEYS), digest_size=_HASH_BYTES).hexdigest()


def covers(live: Any, desired: Any, *, field: str = "") -> bool:
    """Whether ``live`` says everything that ``desired`` says.

    Empty values count as absent, as in Kubernetes' own encoding; quantities compare by value; items of lists in
    `MERGE_KEYS` are found by key, and further items in ``live`` are somebody else's.
    """
    if live == desired:
        return True
    if isinstance(desired, dict):
        return _covers_dict(live, desired, field)
    if isinstance(desired, list):
        return _covers_list(live, desired, field)
    return (not live and not desired) or (field in _QUANTITIES and _same_quantity(live, desired))


def _covers_dict(live: Any, desired: Object, field: str) -> bool:
    if not isinstance(live, dict):
        return not live and all(_empty(value) for value in desired.values())
    quantities = field in _QUANTITIES
    return all(covers(live.get(name), value, field=field if quantities else name) for name, value in desired.items())


def _covers_list(live: Any, desired: list[Any], field: str) -> bool:
    if not isinstance(live, list):
        return not live and not desired
    pairs = _paired(live, desired, field)
    return pairs is not None and all(covers(there, wanted) for there, wanted in pairs)


def _paired(live: list[Any], desired: list[Any], field: str) -> Sequence[tuple[Any, Any]] | None:
    """Items that belong together; None where an item is missing, or where there are some that nobody may add."""
    wanted, there = _by_identity(field, desired), _by_identity(field, live)
    if wanted is None or there is None:
        return list(zip(live, desired, strict=True)) if len(live) == len(desired) else None
    return [(there[key], item) for key, item in wanted.items()] if wanted.keys() <= there.keys() else None


def _by_identity(field: str, items: list[Any]) -> dict[tuple[Any, ...], Object] | None:
    """The items of a list by what tells them apart; None where only their place does.

    Several field managers may add to lists with identity. Any other list has one owner, order, and length: so have
    ``ports`` where its items are not a container's.
    """
    names = MERGE_KEYS.get(field)
    if names is None:
        return None
    found = {}
    for item in items:
        key = tuple(item.get(name) or KEY_DEFAULTS.get(name) for name in names) if isinstance(item, dict) else ()
        if not key or any(isinstance(part, dict | list) for part in key) or (field == "ports" and key[0] is None):
            return None
        found[key] = item
    return found if len(found) == len(items) else None


def project(live: Any, desired: Any, *, field: str = "") -> Any:
    """The part of ``live`` that ``desired`` speaks about: what to remember of an object that does not cover it."""
    if isinstance(desired, dict) and isinstance(live, dict):
        return {name: project(live.get(name), value, field=name) for name, value in desired.items()}
    if isinstance(desired, list) and isinstance(live, list):
        wanted, there = _by_identity(field, desired), _by_identity(field, live)
        if wanted is None or there is None:
            return live
        return [project(item, wanted[key]) for key, item in there.items() if key in wanted]
    return live


def _empty(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_empty(inner) for inner in value.values())
    return not value


def _same_quantity(live: Any, desired: Any) -> bool:
    return _quantity(live) is not None and _quantity(live) == _quantity(desired)


def _quantity(value: Any) -> Decimal | None:
    try:
        return Decimal(parse_quantity(value))  # type: ignore[no-untyped-call]
    except (ValueError, TypeError):
        return None


def merge_patch(old: Object, new: Object) -> Object:
    """The JSON merge patch (RFC 7386) that turns ``old`` into ``new``; empty where they are equal."""
    patch: Object = {name: None for name in old if name not in new}
    for name, value in new.items():
        before = old.get(name)
        if name in old and before == value:
            continue
        if isinstance(value, dict) and isinstance(before, dict):
            patch[name] = merge_patch(before, value)
        else:
            patch[name] = value
    return patch
