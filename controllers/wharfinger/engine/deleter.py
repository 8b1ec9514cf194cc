"""Deletes exactly the object that was meant: by uid and resource version, so that a stale view deletes nothing."""

from __future__ import annotations

from wharfinger.api.resource import Identity, Object, Resource, key_of
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import Conflict, NotFound
from wharfinger.engine.stores import Stores

_ATTEMPTS = 4
"""How often a deletion is tried of an object that others change at the same time."""


class Deleter:
    """Deletions with preconditions, told to the stores at once."""

    def __init__(self, client: KubeClient, stores: Stores) -> None:
        self._client = client
        self._stores = stores

    async def delete(
        self, resource: Resource, obj: Object, *, by: Identity | None = None, grace_period_seconds: int | None = None
    ) -> None:
        """Delete ``obj``. Gone already is fine; changed meanwhile means to look again whether it is still the same.

        Raises `Conflict` where it keeps changing.
        """
        with self._stores[resource].writing(key_of(obj)):
            target: Object | None = obj
            for _ in range(_ATTEMPTS):
                if target is None:
                    return
                try:
                    await self._once(resource, target, by, grace_period_seconds)
                except Conflict:
                    target = await self._look_again(resource, target, by)
                else:
                    return
        if target is not None:
            raise Conflict(f"{resource.kind} {key_of(obj)[1]} keeps changing while it is to be deleted", code=409)

    async def _once(self, resource: Resource, obj: Object, by: Identity | None, grace: int | None) -> None:
        metadata = obj["metadata"]
        store = self._stores[resource]
        try:
            answer = await self._client.delete(
                resource,
                key_of(obj),
                uid=metadata["uid"],
                resource_version=metadata["resourceVersion"],
                grace_period_seconds=grace,
            )
        except NotFound:
            store.confirm_deleted(obj, by=by)
            return
        if is_final(answer):
            store.confirm_deleted(obj, by=by)
        else:
            store.put(answer, by=by)

    async def _look_again(self, resource: Resource, obj: Object, by: Identity | None) -> Object | None:
        """The object as it is now; None where it is gone or going, or no longer whose it was."""
        store = self._stores[resource]
        try:
            fresh = await self._client.get(resource, *key_of(obj))
        except NotFound:
            store.confirm_deleted(obj, by=by)
            return None
        if fresh["metadata"]["uid"] != obj["metadata"]["uid"]:
            store.confirm_deleted(obj, by=by)
            store.put(fresh, by=by)
            return None
        whose = fresh["metadata"].get("ownerReferences") == obj["metadata"].get("ownerReferences")
        going = "deletionTimestamp" in fresh["metadata"]
        store.put(fresh, by=by)
        return fresh if whose and not going else None


def is_final(answer: Object) -> bool:
    """Whether the answer to a DELETE says that the object is gone, not merely going.

    Most resources answer with a Status then; Pods answer with the object, without a grace period.
    """
    if answer.get("kind") == "Status":
        return True
    metadata = answer["metadata"]
    return not metadata.get("finalizers") and not metadata.get("deletionGracePeriodSeconds")
