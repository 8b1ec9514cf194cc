"""NodePolicy, from event to status: read `reconcile` first, it is the whole of what happens to a policy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from wharfinger.api.builtin import NODE
from wharfinger.api.duration import seconds
from wharfinger.api.kinds import NODE_POLICY
from wharfinger.api.labels import NODE_POLICY_FINALIZER
from wharfinger.api.parse import InvalidSpec
from wharfinger.api.resource import Key, Object, key_of
from wharfinger.engine.client import MANAGER
from wharfinger.engine.controller import Context, Result
from wharfinger.engine.errors import ApiError, NotFound
from wharfinger.reconcilers.nodepolicy.draining import drain
from wharfinger.reconcilers.nodepolicy.memory import Memory
from wharfinger.reconcilers.nodepolicy.plan import Edit, give_back, plan
from wharfinger.reconcilers.nodepolicy.policy import Policy, in_force, read, status_of
from wharfinger.reconcilers.nodepolicy.report import Draining, report
from wharfinger.reconcilers.nodepolicy.watching import PODS
from wharfinger.reconcilers.report import hindrance, refusal, state_of
from wharfinger.reconcilers.watches import BY_NODE
from wharfinger.rollout import Announcement

_SOON: Final = 0.2
"""Seconds until we look again after a write."""


@dataclass(slots=True)
class NodePolicies:
    """The reconciler: `reconcile`, and what it remembers from one look to the next."""

    _memories: dict[str, Memory] = field(default_factory=dict)
    """By the policy's uid."""
    _told: dict[str, int] = field(default_factory=dict)
    """By the policy's uid: the generation of which the other policies know."""

    async def reconcile(self, context: Context, key: Key) -> Result | None:
        """Bring the nodes of one policy closer to what it says. Whatever woke us, all of it is looked at."""
        obj = context.store.get(*key)
        if obj is None or "deletionTimestamp" in obj["metadata"]:
            _wake_others(context, key)
            await self._give_back(context, obj)
            context.metrics.census.forget(NODE_POLICY.kind, key)
            return None

        try:
            policy = read(obj)
        except InvalidSpec as invalid:
            _tell(context, obj, refusal(obj, invalid.findings, now=context.now()))
            return None

        self._tell_others(context, obj)
        obj = await _hold_on(context, obj)
        chosen = plan(policy, in_force(context.store.values()), _nodes(context))
        failures = await _write(context, key, chosen.edits)
        for heir in chosen.heirs:
            context.enqueue(("", heir), 0.0)
        drains = await self._drain(context, policy, obj, [name for name in chosen.held if name not in failures])

        for told in _drained(obj, drains):
            _announce(context, obj, told)
        _tell(context, obj, report(obj, policy, chosen, drains=drains, failures=failures, now=context.now()))
        return self._again(policy, drains, context.now())

    def troubled(self, context: Context, key: Key, error: Exception) -> None:
        """Say on the policy what makes its reconciles fail again and again."""
        obj = context.store.get(*key)
        if obj is not None and "deletionTimestamp" not in obj["metadata"]:
            _tell(context, obj, hindrance(obj, error, now=context.now()))

    async def _give_back(self, context: Context, obj: Object | None) -> None:
        """Restore the nodes of a policy that goes, and let it go once none bears its name."""
        if obj is None:
            return
        uid, key = obj["metadata"]["uid"], key_of(obj)
        self._memories.pop(uid, None)
        self._told.pop(uid, None)
        finalizers = obj["metadata"].get("finalizers") or []
        if NODE_POLICY_FINALIZER not in finalizers:
            return
        back = give_back(uid, in_force(context.store.values()), _nodes(context))
        failures = await _write(context, key, back.edits)
        for name, message in failures.items():
            _announce(context, obj, Announcement("Warning", "NodeNotRestored", f"Node {name}: {message}"))
        if back.heirs or failures:
            # The heirs were woken, and their writes wake us.
            context.enqueue(key, _RETRY if failures else 1.0)
            return
        await _set_finalizers(context, obj, [each for each in finalizers if each != NODE_POLICY_FINALIZER])

    def _tell_others(self, context: Context, obj: Object) -> None:
        """Have the others look again after each change of a spec, once."""
        uid, generation = obj["metadata"]["uid"], obj["metadata"]["generation"]
        if self._told.get(uid) != generation:
            self._told[uid] = generation
            _wake_others(context, key_of(obj))

    async def _drain(self, context: Context, policy: Policy, obj: Object, held: Iterable[str]) -> dict[str, Draining]:
        if policy.spec.availability != "drain":
            self._memories.pop(policy.uid, None)
            return {}
        memory = self._memories.setdefault(policy.uid, Memory())
        pods = {name: context.stores[PODS].by_index(BY_NODE, name) for name in held}
        status = status_of(obj)
        return await drain(context.client, policy.spec.drain, pods, memory=memory, status=status, now=context.now())

    def _again(self, policy: Policy, drains: Mapping[str, Draining], now: datetime) -> Result | None:
        """When to look again unasked: pods tell when they go, budgets do not tell when they give way."""
        memory = self._memories.get(policy.uid)
        moments = [memory.next_try] if memory is not None and memory.next_try is not None else []
        if policy.spec.drain.timeout is not None:
            limit = timedelta(seconds=seconds(policy.spec.drain.timeout))
            moments += [each.since + limit for each in drains.values() if each.waiting and not each.late]
        return Result(requeue_after=max((min(moments) - now).total_seconds(), _SOON)) if moments else None


_RETRY: Final = 15.0
"""Seconds until a node that could not be written is tried again."""


def _nodes(context: Context) -> list[Object]:
    """All nodes, by name."""
    return sorted(context.stores[NODE].values(), key=key_of)


def _wake_others(context: Context, key: Key) -> None:
    """What a policy is about, or no longer, decides what others may have."""
    for other in context.store.values():
        if key_of(other) != key:
            context.enqueue(key_of(other), 0.0)


async def _hold_on(context: Context, obj: Object) -> Object:
    """See to it that the policy does not go before its nodes are given back. Comes before any node is written."""
    finalizers = obj["metadata"].get("finalizers") or []
    if NODE_POLICY_FINALIZER in finalizers:
        return obj
    return await _set_finalizers(context, obj, [*finalizers, NODE_POLICY_FINALIZER])


async def _set_finalizers(context: Context, obj: Object, finalizers: list[str]) -> Object:
    key, metadata = key_of(obj), obj["metadata"]
    patch = {"metadata": {"resourceVersion": metadata["resourceVersion"], "finalizers": finalizers}}
    with context.store.writing(key):
        return context.store.put(await context.client.patch(NODE_POLICY, key, patch), by=(NODE_POLICY.kind, *key))


async def _write(context: Context, key: Key, edits: Iterable[Edit]) -> dict[str, str]:
    """Write nodes. What the API server says of those that it refuses for good, by node; raises what passes.

    All of them are tried before anything is raised: one node's trouble holds up no other.
    """
    done = list(edits)
    answers = await asyncio.gather(*(_write_one(context, key, edit) for edit in done), return_exceptions=True)
    failures: dict[str, str] = {}
    for edit, answer in zip(done, answers, strict=True):
        if isinstance(answer, ApiError) and answer.permanent:
            failures[edit.node["metadata"]["name"]] = answer.message
        elif isinstance(answer, BaseException):
            raise answer
    return failures


async def _write_one(context: Context, key: Key, edit: Edit) -> None:
    nodes, where = context.stores[NODE], key_of(edit.node)
    try:
        with nodes.writing(where):
            nodes.put(
                await context.client.patch(NODE, where, edit.patch, manager=_MANAGER), by=(NODE_POLICY.kind, *key)
            )
    except NotFound:
        return  # it went meanwhile, and what was on it with it


_MANAGER: Final = f"{MANAGER}-node-policy"
"""Field manager of what is written on nodes."""


def _announce(context: Context, obj: Object, told: Announcement) -> None:
    context.events.event(obj, told.type, told.reason, told.note)


def _drained(obj: Object, drains: Mapping[str, Draining]) -> Iterator[Announcement]:
    """Of each node whose last pod has gone since the last look."""
    before = {node.name for node in status_of(obj).nodes if node.state == "Draining"}
    for name in sorted(before & drains.keys()):
        if not drains[name].waiting:
            yield Announcement("Normal", "Drained", f"Node {name} is drained: {drains[name].evicted} evicted")


def _tell(context: Context, obj: Object, status: Object) -> None:
    context.status.submit(obj, status)
    context.metrics.census.note(NODE_POLICY.kind, key_of(obj), state_of(status))
