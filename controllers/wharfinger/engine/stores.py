"""The stores of an operator together: found by resource or name, searched for what an owner controls."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from wharfinger.api.resource import Object, Resource
from wharfinger.engine.store import Store


class Stores:
    """The stores of an operator, by resource or by the name of their watch."""

    def __init__(self) -> None:
        self._by_name: dict[str, Store] = {}
        self._owned: list[Store] = []
        self._by_kind: dict[tuple[str, str], Resource] = {}

    def add(self, name: str, store: Store, *, owned: bool) -> Store:
        """Register ``store``; with ``owned`` it is searched for what an owner controls."""
        self._by_name[name] = store
        self._by_kind[store.resource.api_version, store.resource.kind] = store.resource
        if owned:
            self._owned.append(store)
        return store

    def __getitem__(self, which: Resource | str) -> Store:
        return self._by_name[str(which)]

    def __contains__(self, which: Resource | str) -> bool:
        return str(which) in self._by_name

    def items(self) -> Iterable[tuple[str, Store]]:
        """Names and stores."""
        return self._by_name.items()

    def resource_of(self, obj: Object) -> Resource:
        """The resource of an object, by its apiVersion and kind. KeyError where no store has it."""
        return self._by_kind[obj["apiVersion"], obj["kind"]]

    def absent(self, resource: Resource) -> bool:
        """Whether the server does not know the resource."""
        return self[resource].absent

    def by_owner(
        self, uid: str, namespace: str = "", *, without: Collection[Resource] = ()
    ) -> Iterator[tuple[Resource, Object]]:
        """All owned objects whose controller has this uid, over all resources; with a namespace, those of it alone.

        `without` are resources that are passed over.

        Whoever may write in another namespace can name any uid there as an object's owner, and the garbage collector
        takes a while to see that it is none: what an owner in a namespace has is there, and nowhere else.
        """
        for store in self._owned:
            if store.has_owned(uid) and store.resource not in without:
                for obj in store.by_owner(uid):
                    if not namespace or obj["metadata"].get("namespace") == namespace:
                        yield store.resource, obj
