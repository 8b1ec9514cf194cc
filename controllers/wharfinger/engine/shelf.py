"""Where a store keeps its objects: those in use as they are, all others packed as JSON.

A decoded object takes five times the memory of its JSON, and nearly all objects of a cluster rest nearly all of the
time. So only the most recently used are kept decoded; unpacking one costs less than a hundredth of a request.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

import orjson

from wharfinger.api.resource import Key, Object


class Shelf:
    """Objects by key."""

    def __init__(self, capacity: int) -> None:
        """``capacity``: how many are kept decoded."""
        self._capacity = capacity
        self._used: OrderedDict[Key, Object] = OrderedDict()
        self._packed: dict[Key, bytes] = {}

    def __len__(self) -> int:
        return len(self._used) + len(self._packed)

    def __iter__(self) -> Iterator[Key]:
        yield from self._used
        yield from self._packed

    def __contains__(self, key: Key) -> bool:
        return key in self._used or key in self._packed

    def get(self, key: Key) -> Object | None:
        """The object, which counts as used now."""
        found = self._used.get(key)
        if found is not None:
            self._used.move_to_end(key)
            return found
        packed = self._packed.pop(key, None)
        if packed is None:
            return None
        unpacked: Object = orjson.loads(packed)
        self.put(key, unpacked)
        return unpacked

    def put(self, key: Key, obj: Object) -> None:
        """Keep ``obj``; what has not been used for longest makes room."""
        self._packed.pop(key, None)
        self._used[key] = obj
        self._used.move_to_end(key)
        if len(self._used) > self._capacity:
            oldest, resting = self._used.popitem(last=False)
            self._packed[oldest] = orjson.dumps(resting)

    def pop(self, key: Key) -> None:
        """Forget the object."""
        if self._used.pop(key, None) is None:
            del self._packed[key]

    def values(self) -> Iterator[Object]:
        """Each object once, without counting as used."""
        yield from self._used.values()
        for packed in self._packed.values():
            yield orjson.loads(packed)
