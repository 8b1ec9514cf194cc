"""Makes the children of an owner what they should be, with as few requests as that takes: none, when they are.

A child is created by POST, which never merges into something foreign; changed by server-side apply, which removes what
we no longer want and leaves alone what others own; deleted with preconditions, so that a stale view deletes nothing.
Each answer goes into the store at once, so the next reconcile sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable
from itertools import groupby
from typing import Any

from wharfinger.api.labels import APPLIED_ANNOTATION
from wharfinger.api.resource import Object, Resource, identity_of, key_of
from wharfinger.engine.client import MANAGER, KubeClient
from wharfinger.engine.deleter import Deleter
from wharfinger.engine.desired import (
    SCALE_MANAGER,
    Desired,
    describe_owner,
    digest,
    hand_over,
    is_leftover,
    is_ours,
    prepare,
    reference_to,
    retained,
    scaler,
    substance,
    to_create,
    to_write,
    upgrade,
)
from wharfinger.engine.diff import covers
from wharfinger.engine.errors import AlreadyExists, Conflict
from wharfinger.engine.outcome import Outcome, WriteError, settle
from wharfinger.engine.stores import Stores

__all__ = [
    "MANAGER",
    "SCALE_MANAGER",
    "ChildWriter",
    "Desired",
    "Outcome",
    "WriteError",
    "prepare",
    "scaler",
]

_ATTEMPTS = 4
"""How often a write is tried against an object that others change at the same time."""

Keep = Callable[[Resource, Object], bool]


def keep_none(_resource: Resource, _obj: Object) -> bool:
    """Nothing but what is desired stays."""
    return False


class ChildWriter:
    """Writes children. One for all controllers of an operator."""

    def __init__(self, client: KubeClient, stores: Stores) -> None:
        self._client = client
        self._stores = stores
        self._deleter = Deleter(client, stores)
        self._verified: dict[str, tuple[Any, ...]] = {}
        self._accepted: dict[str, tuple[str, str]] = {}

    def forget(self, uid: str) -> None:
        """An object is gone: forget what was known about it."""
        self._verified.pop(uid, None)
        self._accepted.pop(uid, None)

    async def ensure(
        self,
        owner: Object,
        desired: Iterable[Desired],
        *,
        keep: Keep = keep_none,
        prune: bool = True,
        spare: Collection[Resource] = (),
    ) -> Outcome:
        """Create, change and delete until the owner's children are those desired.

        Of resources in `spare` nothing is pruned, and nothing is looked at for that.

        Errors that only a person can solve are in the outcome, and keep later waves and deletions back. Others
        (conflicts with concurrent changes, an API server that cannot answer) are raised once every write has ended.
        """
        outcome = Outcome()
        wanted = sorted(desired, key=lambda child: child.wave)
        for _, wave in groupby(wanted, key=lambda child: child.wave):
            await self._write_wave(owner, list(wave), outcome)
            if outcome.errors or outcome.transient:
                break
        else:
            if prune:
                await self._prune(owner, wanted, keep, outcome, spare)
        if outcome.transient:
            raise outcome.transient[0]
        return outcome

    async def create(self, owner: Object, desired: Desired) -> Object:
        """Make one child (or make it so), outside of `ensure`. Raises `Conflict` where it is somebody else's."""
        outcome = Outcome()
        await self._write_wave(owner, [desired], outcome)
        if outcome.transient:
            raise outcome.transient[0]
        if (desired.resource, desired.key) not in outcome.live:
            raise Conflict(outcome.errors[0].message if outcome.errors else f"{desired.key[1]} is being deleted")
        return outcome.live[desired.resource, desired.key]

    async def delete(self, resource: Resource, obj: Object, *, grace_period_seconds: int | None = None) -> None:
        """Delete exactly this object, as we know it. Gone already is fine.

        Raises `Conflict` where it keeps changing under us.
        """
        await self._deleter.delete(resource, obj, grace_period_seconds=grace_period_seconds)

    # One wave

    async def _write_wave(self, owner: Object, wave: list[Desired], outcome: Outcome) -> None:
        writes = [write for child in wave if (write := self._plan(owner, child, outcome)) is not None]
        await settle(writes, outcome)

    def _plan(self, owner: Object, desired: Desired, outcome: Outcome) -> Coroutine[Any, Any, None] | None:
        """The write that a child needs, if any."""
        store = self._stores[desired.resource]
        live = store.get(*desired.key)
        if live is None:
            return self._create(owner, desired, outcome)
        if "deletionTimestamp" in live["metadata"] or is_leftover(owner, live):
            outcome.terminating.append((desired.resource, desired.key))
            return None
        if not is_ours(owner, live):
            outcome.errors.append(_foreign(desired, live))
            return None
        if self._in_sync(owner, desired, live):
            outcome.unchanged += 1
            outcome.live[desired.resource, desired.key] = live
            return None
        return self._apply(owner, desired, live, outcome)

    def _in_sync(self, owner: Object, desired: Desired, live: Object) -> bool:
        if desired.once:
            return True
        metadata = live["metadata"]
        uid, looked_at = metadata["uid"], substance(live, desired)
        if self._verified.get(uid) == looked_at:
            return True
        if (metadata.get("annotations") or {}).get(APPLIED_ANNOTATION) != desired.hash:
            return False
        if not desired.retained and reference_to(owner) not in metadata.get("ownerReferences", ()):
            return False
        if not covers(live, desired.body) and self._accepted.get(uid) != digest(desired, live):
            return False
        self._verified[uid] = looked_at
        return True

    # One child

    async def _create(self, owner: Object, desired: Desired, outcome: Outcome) -> None:
        store = self._stores[desired.resource]
        with outcome.taking(desired.resource, desired.key), store.writing(desired.key):
            try:
                answer = await self._client.create(desired.resource, to_create(owner, desired))
            except AlreadyExists:
                # Ours from before a restart, or with its label taken away, or somebody else's: only a look can tell.
                live = await self._client.get(desired.resource, *desired.key)
                await self._found(owner, desired, live, outcome)
                return
            outcome.created += 1
            self._done(owner, desired, store.put(answer, by=identity_of(owner)), outcome)

    async def _found(self, owner: Object, desired: Desired, live: Object, outcome: Outcome) -> None:
        """There is an object of that name that the cache did not know."""
        if not (is_ours(owner, live) or is_leftover(owner, live)):
            outcome.errors.append(_foreign(desired, live))
            return
        held = self._stores[desired.resource].put(live, by=identity_of(owner))
        if "deletionTimestamp" in held["metadata"] or is_leftover(owner, held):
            outcome.terminating.append((desired.resource, desired.key))
        elif self._in_sync(owner, desired, held):
            outcome.unchanged += 1
            outcome.live[desired.resource, desired.key] = held
        else:
            await self._apply_to(owner, desired, held, outcome)

    async def _apply(self, owner: Object, desired: Desired, live: Object, outcome: Outcome) -> None:
        drifted = (live["metadata"].get("annotations") or {}).get(APPLIED_ANNOTATION) == desired.hash
        with outcome.taking(desired.resource, desired.key), self._stores[desired.resource].writing(desired.key):
            await self._apply_to(owner, desired, live, outcome)
            if drifted:
                outcome.repaired += 1
                self._client.metrics.drift_repairs.labels(str(desired.resource)).inc()

    async def _apply_to(self, owner: Object, desired: Desired, live: Object, outcome: Outcome) -> None:
        resource = desired.resource
        await self._prepare_apply(desired, live)
        body = to_write(owner, desired)
        # The uid makes the server refuse if the object was replaced by another one meanwhile.
        body["metadata"]["uid"] = live["metadata"]["uid"]
        answer = await self._client.apply(resource, body)
        outcome.applied += 1
        self._done(owner, desired, self._stores[resource].put(answer, by=identity_of(owner)), outcome)

    async def _prepare_apply(self, desired: Desired, live: Object) -> None:
        """Own by apply what we own by creation, and hand replicas over where the apply will let go of them."""
        resource, key = desired.resource, desired.key
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                if "managedFields" not in live["metadata"]:  # a trim that keeps less than the writer needs
                    live = await self._client.get(resource, *key)
                if patch := upgrade(live):
                    live = await self._client.patch(resource, key, patch)
                if scale := hand_over(live, desired):
                    await self._client.apply(resource, scale, manager=SCALE_MANAGER)
            except Conflict:
                if attempt == _ATTEMPTS:
                    raise
                live = await self._client.get(resource, *key)
            else:
                return

    def _done(self, owner: Object, desired: Desired, live: Object, outcome: Outcome) -> None:
        """Remember what came of a write, so that a value that the server writes another way is not written again."""
        outcome.live[desired.resource, desired.key] = live
        if desired.once:
            return
        uid = live["metadata"]["uid"]
        if not covers(live, desired.body):
            self._accepted[uid] = digest(desired, live)
        self._in_sync(owner, desired, live)

    # What is no longer wanted

    async def _prune(
        self, owner: Object, wanted: list[Desired], keep: Keep, outcome: Outcome, spare: Collection[Resource]
    ) -> None:
        names = {(child.resource, child.key) for child in wanted}
        metadata = owner["metadata"]
        surplus = [
            (resource, obj)
            for resource, obj in self._stores.by_owner(metadata["uid"], metadata.get("namespace", ""), without=spare)
            if (resource, key_of(obj)) not in names
            and "deletionTimestamp" not in obj["metadata"]
            and not retained(obj)
            and not keep(resource, obj)
        ]
        await settle([self._prune_one(owner, resource, obj, outcome) for resource, obj in surplus], outcome)

    async def _prune_one(self, owner: Object, resource: Resource, obj: Object, outcome: Outcome) -> None:
        with outcome.taking(resource, key_of(obj)):
            await self._deleter.delete(resource, obj, by=identity_of(owner))
            outcome.deleted += 1


def _foreign(desired: Desired, live: Object) -> WriteError:
    message = f"{describe_owner(desired.resource, live)}; delete it, or choose another name"
    return WriteError(desired.resource, desired.key, "Conflict", message)
