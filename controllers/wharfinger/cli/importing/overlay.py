"""The partial PodSpec that makes one PodSpec of another: what `render.pod_overlay.merge` undoes.

``merge(base, overlay(base, wanted)) == wanted``, for PodSpecs that a merge can say at all: items of a list that are
told apart by a key must differ in it. As little as possible is said. A property test holds the equation.
"""

from __future__ import annotations

from typing import Any

from wharfinger.api.pod_keys import key_value, merge_keys
from wharfinger.api.resource import Object
from wharfinger.cli.importing.defaults import POD
from wharfinger.render.pod_overlay import PATCH, merge

_REMOVED = {PATCH: "delete"}
"""In place of a field: take it away. Not null, which ``kubectl apply`` and Helm take out of a document."""
_SCALARS = {name: value for name, value in POD.items() if not isinstance(value, dict)}


def overlay(base: Object, wanted: Object) -> Object:
    """The overlay for a PodSpec. A field to be removed that has a default is given that, since it reads better."""
    made = _object(base, wanted)
    return {name: _SCALARS.get(name, value) if value == _REMOVED else value for name, value in made.items()}


def _object(base: Object, wanted: Object) -> Object:
    removed: Object = {name: dict(_REMOVED) for name in base if name not in wanted}
    changed = {name: _value(name, base, value) for name, value in wanted.items() if base.get(name) != value}
    return changed | removed


def _value(name: str, base: Object, wanted: Any) -> Any:
    """What to say for one field, in the shortest way that comes out right."""
    there = base.get(name)
    if isinstance(wanted, dict) and isinstance(there, dict):
        return _first_right(name, base, wanted, _object(there, wanted), {PATCH: "replace", **wanted})
    if isinstance(wanted, list) and merge_keys(name):
        return _first_right(name, base, wanted, _items(name, there or [], wanted), [{PATCH: "replace"}, *wanted])
    return wanted


def _first_right(name: str, base: Object, wanted: Any, short: Any, sure: Any) -> Any:
    return short if merge({name: base.get(name)}, {name: short}).get(name) == wanted else sure


def _items(field: str, base: list[Object], wanted: list[Object]) -> list[Object]:
    keys = merge_keys(field)
    there = {_identity(item, keys): item for item in base}
    here = {_identity(item, keys) for item in wanted}
    removed = [_named(item, keys) | {PATCH: "delete"} for key, item in there.items() if key not in here]
    return [*_changed(there, wanted, keys), *removed]


def _changed(there: dict[tuple[str, ...], Object], wanted: list[Object], keys: tuple[str, ...]) -> list[Object]:
    made = []
    for item in wanted:
        before = there.get(_identity(item, keys))
        if before is None:
            made.append(item)
        elif before != item:
            made.append(_named(item, keys) | _object(before, item))
    return made


def _identity(item: Object, keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(repr(key_value(item, key)) for key in keys)


def _named(item: Object, keys: tuple[str, ...]) -> Object:
    return {key: item[key] for key in keys if key in item}
