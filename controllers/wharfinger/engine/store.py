"""The cache of one resource: what the cluster looks like, as far as we have heard, and never older than our own writes.

Three rivers flow in: lists, watch events, and the answers to our own writes (write-through). Resource versions of one
resource are comparable integers (KEP-5504), so whatever is older than what is held is ignored, and the order in which
the rivers arrive does not matter:

- While a write is in flight, watch events of that object wait for its answer (`writing`). So the echo of a write is
  never mistaken for somebody else's change, and costs no reconcile.
- An object whose deletion the server has confirmed to us is a tombstone by uid until the watch has seen it too.
- A list replaces by difference: what it lacks is deleted, unless it is newer than the list.

Objects in a store are shared. Nobody may change them.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from wharfinger.api.resource import Identity, Key, Object, Resource, controller_of, key_of
from wharfinger.engine.shelf import Shelf
from wharfinger.engine.trim import Trim, slim


class Origin(enum.Enum):
    """Which river a change came by."""

    EVENT = enum.auto()
    LIST = enum.auto()
    WRITE = enum.auto()


Subscriber = Callable[[Object | None, Object | None, Origin, Identity | None], None]
"""Told of (old, new, origin, on whose behalf we wrote it ourselves)."""

Index = Callable[[Object], Iterable[Hashable]]

_OWNER = "owner"


def _owner_uid(obj: Object) -> Iterable[Hashable]:
    reference = controller_of(obj)
    return (reference["uid"],) if reference is not None else ()


def version_of(obj: Object) -> int:
    """The object's resource version, comparable within its resource."""
    return int(obj["metadata"]["resourceVersion"])


class Store:
    """Objects of one resource by namespace and name, with indexes."""

    def __init__(
        self,
        resource: Resource,
        *,
        trim: Trim = slim,
        indexes: Mapping[str, Index] | None = None,
        in_use: int = 256,
    ) -> None:
        """``in_use``: how many objects are kept decoded; see `wharfinger.engine.shelf`."""
        self.resource = resource
        self.absent = False
        """Whether the server does not know the resource: its CRD is not installed."""
        self._trim = trim
        self._indexes: dict[str, Index] = {_OWNER: _owner_uid, **(indexes or {})}
        self._indexed: dict[str, dict[Hashable, dict[Key, None]]] = {name: {} for name in self._indexes}
        self._owners = self._indexed[_OWNER]
        self._objects = Shelf(in_use)
        self._versions: dict[Key, int] = {}
        self._gone: dict[str, str] = {}
        self._listed: dict[str, int] = {}
        self._held: dict[Key, list[Object]] = {}
        self._subscribers: list[Subscriber] = []

    # Reading

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, namespace: str, name: str) -> Object | None:
        """The object, or None."""
        return self._objects.get((namespace, name))

    def values(self) -> Iterator[Object]:
        """All objects."""
        return self._objects.values()

    def by_index(self, index: str, value: Hashable) -> list[Object]:
        """Objects for which the index function named ``value``."""
        keys = self._indexed[index].get(value)
        if not keys:  # the commonest answer: an owner has children of few kinds
            return []
        return [obj for key in keys if (obj := self._objects.get(key)) is not None]

    def versions_by_owner(self, uid: str) -> list[tuple[Key, int]]:
        """Keys and resource versions of what `by_owner` finds: cheap, since no object is unpacked for it."""
        return [(key, self._versions[key]) for key in self._owners.get(uid) or ()]

    def has_owned(self, uid: str) -> bool:
        """Whether `by_owner` would find any."""
        return uid in self._owners

    def by_owner(self, uid: str) -> list[Object]:
        """Objects whose controller has this uid."""
        return self.by_index(_OWNER, uid)

    # What comes in

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call ``subscriber`` after each change."""
        self._subscribers.append(subscriber)

    def event(self, event: Object) -> None:
        """Take in a watch event (not a bookmark)."""
        obj = event["object"]
        held = self._held.get(key_of(obj))
        if held is not None:
            held.append(event)
        elif event["type"] == "DELETED":
            self._deleted(obj)
        else:
            self._upsert(obj, Origin.EVENT, None)

    def absorb(self, items: Iterable[Object]) -> dict[Key, str]:
        """Take in a page of a list; returns the uids that it names, by key."""
        seen = {}
        for obj in items:
            seen[key_of(obj)] = obj["metadata"]["uid"]
            self._upsert(obj, Origin.LIST, None)
        return seen

    def prune(self, seen: Mapping[Key, str], version: int, namespace: str = "") -> None:
        """End a list of ``namespace`` (of all, if empty) that stands for ``version``.

        What it did not name is forgotten, unless it is newer than the list.
        """
        self._listed[namespace] = version
        missing = [key for key in self._objects if key not in seen and namespace in {"", key[0]}]
        for key in missing:
            if self._versions[key] <= version:
                self._remove(key, Origin.LIST)
        named = set(seen.values())
        self._gone = {uid: where for uid, where in self._gone.items() if uid in named or namespace not in {"", where}}

    def clear(self) -> None:
        """Forget everything: the resource itself is gone."""
        for key in list(self._objects):
            self._remove(key, Origin.LIST)
        self._gone.clear()

    @contextmanager
    def writing(self, key: Key) -> Iterator[None]:
        """Around a write to the object ``key``: its watch events wait until the answer is in."""
        if key in self._held:  # a second writer: the outer one delivers
            yield
            return
        self._held[key] = []
        try:
            yield
        finally:
            for event in self._held.pop(key):
                self.event(event)

    def put(self, obj: Object, *, by: Identity | None = None) -> Object:
        """Take in the answer to our own write on behalf of the owner ``by``; returns the object as it is held now."""
        self._upsert(obj, Origin.WRITE, by)
        return self._objects.get(key_of(obj)) or obj

    def confirm_deleted(self, obj: Object, *, by: Identity | None = None) -> None:
        """Take in that the server deleted ``obj`` at our request, finally: this uid never comes back."""
        key = key_of(obj)
        self._gone[obj["metadata"]["uid"]] = key[0]
        held = self._objects.get(key)
        if held is not None and held["metadata"]["uid"] == obj["metadata"]["uid"]:
            self._remove(key, Origin.WRITE, by)

    # Within

    def _upsert(self, obj: Object, origin: Origin, by: Identity | None) -> None:
        metadata = obj["metadata"]
        if metadata["uid"] in self._gone:
            return
        key = (metadata.get("namespace", ""), metadata["name"])
        version = int(metadata["resourceVersion"])
        held = self._versions.get(key)
        if version <= (held if held is not None else self._known(key[0], origin)):
            return
        old = self._objects.get(key)
        # Items of a list carry neither; one shared string each, for all.
        obj["apiVersion"], obj["kind"] = self.resource.api_version, self.resource.kind
        new = self._trim(obj)
        self._objects.put(key, new)
        self._versions[key] = version
        self._reindex(key, old, new)
        self._tell(old, new, origin, by)

    def _known(self, namespace: str, origin: Origin) -> int:
        """The version up to which an object that is not held is known not to exist: that of the last list."""
        if origin is Origin.LIST:
            return -1
        return max(self._listed.get("", -1), self._listed.get(namespace, -1))

    def _deleted(self, obj: Object) -> None:
        """A DELETED event: also sent when an object merely leaves the watch's selector, with that change's version."""
        metadata = obj["metadata"]
        self._gone.pop(metadata["uid"], None)
        key = key_of(obj)
        old = self._objects.get(key)
        if old is None or old["metadata"]["uid"] != metadata["uid"] or self._versions[key] > version_of(obj):
            return
        self._remove(key, Origin.EVENT)

    def _remove(self, key: Key, origin: Origin, by: Identity | None = None) -> None:
        old = self._objects.get(key)
        self._objects.pop(key)
        del self._versions[key]
        self._reindex(key, old, None)
        self._tell(old, None, origin, by)

    def _reindex(self, key: Key, old: Object | None, new: Object | None) -> None:
        for name, function in self._indexes.items():
            before = tuple(function(old)) if old is not None else ()
            after = tuple(function(new)) if new is not None else ()
            if before == after:
                continue
            index = self._indexed[name]
            for value in before:
                entries = index.get(value)
                if entries is not None:
                    entries.pop(key, None)
                    if not entries:
                        del index[value]
            for value in after:
                index.setdefault(value, {})[key] = None

    def _tell(self, old: Object | None, new: Object | None, origin: Origin, by: Identity | None) -> None:
        for subscriber in self._subscribers:
            subscriber(old, new, origin, by)
