"""Merge a partial PodSpec over a whole one, as Kubernetes' strategic merge patch does.

Objects merge field by field. null deletes a field, and so does ``{$patch: delete}`` in the place of any value: unlike
null it comes through ``kubectl apply`` and Helm, which drop nulls from what they send. Lists whose items have identity
(`pod_keys`) merge item by item, new items last; every other list is replaced. The directives of strategic merge work:
``$patch: delete`` and ``$patch: replace`` in an object or a list item, ``$retainKeys``, and
``$deleteFromPrimitiveList/<field>``. In a list, ``$patch: replace`` with a key replaces that item, as Kustomize has it;
without one it empties the list first. Where an overlay sets one member of a union (a volume's source, a probe's
handler), the base's other members go, since Kubernetes would refuse the two together.

Nothing here checks shapes: `pod_checks.validate` does, first.
"""

from __future__ import annotations

from typing import Any

from wharfinger.api.pod_keys import RETAINS_KEYS, UNIONS, key_value, merge_keys
from wharfinger.api.resource import Object

PATCH = "$patch"
RETAIN_KEYS = "$retainKeys"
DELETE_FROM_LIST = "$deleteFromPrimitiveList/"


def merge(base: Object, overlay: Object) -> Object:
    """`base` with `overlay` merged over it. Neither is changed; the result may share parts with both."""
    return _merge_object("", base, overlay)


def _merge_object(field: str, base: Object, overlay: Object) -> Object:
    directive = overlay.get(PATCH)
    if directive == "delete":
        return {}
    kept = {} if directive == "replace" else _kept(field, base, overlay)
    merged = dict(kept)
    for name, value in overlay.items():
        if name.startswith(DELETE_FROM_LIST):
            _remove_scalars(merged, name.removeprefix(DELETE_FROM_LIST), value)
        elif name not in (PATCH, RETAIN_KEYS):
            _merge_field(merged, name, value)
    return merged


def _merge_field(merged: Object, name: str, value: Any) -> None:
    if value is None:
        merged.pop(name, None)
    elif isinstance(value, dict):
        inner = _merge_object(name, _as(dict, merged.get(name)), value)
        merged[name] = inner
        if value.get(PATCH) == "delete":
            del merged[name]
    elif isinstance(value, list) and merge_keys(name):
        merged[name] = _merge_list(name, _as(list, merged.get(name)), value)
    else:
        merged[name] = value


def _merge_list(field: str, base: list[Object], overlay: list[Object]) -> list[Object]:
    """Items of `overlay` merged into those of `base` that they name; an item ``$patch: replace`` empties `base`."""
    items = _Items(field, [] if any(_is_replace_marker(field, item) for item in overlay) else base)
    for item in overlay:
        if _is_replace_marker(field, item):
            continue
        found = items.like(item)
        if item.get(PATCH) == "delete":
            items.remove(found)
        elif found:
            items.replace(found[0], _merge_object(field, items.all[found[0]] or {}, item))
        else:
            items.append(_merge_object(field, {}, item))
    return [item for item in items.all if item is not None]


class _Items:
    """A list that is looked into by the first of its merge keys: item by item, long ones would take for ever."""

    def __init__(self, field: str, base: list[Object]) -> None:
        self.all: list[Object | None] = []
        """The items; None where one was removed."""
        self._field = field
        self._places: dict[object, list[int]] = {}
        for item in base:
            self.append(item)

    def append(self, item: Object) -> None:
        """Add a last item."""
        self._places.setdefault(self._first(item), []).append(len(self.all))
        self.all.append(item)

    def like(self, item: Object) -> list[int]:
        """Where the items are that `item` names; a first key that it leaves open names any."""
        first = self._first(item)
        places = self._places.get(first, []) if first is not None else range(len(self.all))
        return [place for place in places if (one := self.all[place]) is not None and _matches(self._field, one, item)]

    def replace(self, place: int, item: Object) -> None:
        """Put `item`, which has the same keys, where another was."""
        self.all[place] = item

    def remove(self, places: list[int]) -> None:
        """Take items away."""
        for place in places:
            self.all[place] = None

    def _first(self, item: Object) -> object:
        return key_value(item, merge_keys(self._field)[0])


def _is_replace_marker(field: str, item: Object) -> bool:
    """An item that says of the list what ``$patch: replace`` says of an object: it names no item."""
    return item.get(PATCH) == "replace" and not any(key in item for key in merge_keys(field))


def _matches(field: str, one: Object, other: Object) -> bool:
    """Whether two items are the same one; a key field that `other` leaves open matches any."""
    return all(key_value(other, key) in (None, key_value(one, key)) for key in merge_keys(field))


def _kept(field: str, base: Object, overlay: Object) -> Object:
    """What of `base` stays under `overlay`: not what it excludes by ``$retainKeys``, or by being a union."""
    retained = overlay.get(RETAIN_KEYS)
    if retained is None and field in RETAINS_KEYS and overlay.keys() - {PATCH, *merge_keys(field)}:
        retained = overlay.keys() | set(merge_keys(field))
    if retained is not None:
        base = {name: value for name, value in base.items() if name in retained}
    union = UNIONS.get(field, frozenset())
    chosen = {name for name in union if overlay.get(name) is not None}
    return {name: value for name, value in base.items() if name not in union - chosen} if chosen else base


def _remove_scalars(merged: Object, name: str, values: list[Any]) -> None:
    if name in merged:
        merged[name] = [value for value in merged[name] if value not in values]


def _as(kind: type[Any], value: Any) -> Any:
    return value if isinstance(value, kind) else kind()
