"""Has pods leave their node, by the Eviction API, and remembers who would not go."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from wharfinger.api.duration import seconds
from wharfinger.api.nodepolicy import Drain, NodePolicyStatus, RemainingPod
from wharfinger.api.resource import Object
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import ApiError, NotFound, TooManyRequests
from wharfinger.reconcilers.nodepolicy.leaving import Verdict, judge
from wharfinger.reconcilers.nodepolicy.memory import Memory
from wharfinger.reconcilers.nodepolicy.report import Draining

_AT_ONCE: Final = 16
"""Nodes whose pods are asked to leave at the same time; the pods of one node leave one after the other."""
_MESSAGE: Final = 512

Pods = Mapping[str, Iterable[Object]]
"""By node."""


async def drain(
    client: KubeClient, options: Drain, pods: Pods, *, memory: Memory, status: NodePolicyStatus, now: datetime
) -> dict[str, Draining]:
    """Evict what can be evicted now; how the drain of each node stands after that.

    Raises `LeadershipLost`. What the API server answers to an eviction is told, and tried again later.
    """
    verdicts = {node: judge(there, options) for node, there in pods.items()}
    memory.keep(verdicts, (each.pod["metadata"]["uid"] for there in verdicts.values() for each in there))
    grace = math.ceil(seconds(options.grace_period)) if options.grace_period is not None else None
    limit = asyncio.Semaphore(_AT_ONCE)

    async def empty(node: str) -> None:
        progress = memory.progress(node, status, now)
        async with limit:
            for verdict in verdicts[node]:
                if verdict.fate == "goes" and memory.due(verdict.pod["metadata"]["uid"], now):
                    progress.evicted += await _evict(client, verdict.pod, grace, memory=memory, now=now)

    await asyncio.gather(*(empty(node) for node in verdicts))
    return {node: _standing(node, there, options, memory=memory, now=now) for node, there in verdicts.items()}


async def _evict(client: KubeClient, pod: Object, grace: int | None, *, memory: Memory, now: datetime) -> bool:
    """Whether the pod leaves now."""
    uid = pod["metadata"]["uid"]
    try:
        await client.evict(pod, grace_period_seconds=grace)
    except NotFound:
        memory.agreed(uid)
        return False
    except ApiError as error:
        memory.refused(uid, *_why(error), now)
        return False
    memory.agreed(uid)
    return True


def _why(error: ApiError) -> tuple[str, str]:
    """Reason and message of a refusal. A budget is named among the causes (registry/core/pod/storage/eviction.go)."""
    budgets = [cause.message for cause in error.causes if cause.reason == "DisruptionBudget"]
    if isinstance(error, TooManyRequests) and budgets:
        return "DisruptionBudget", budgets[0][:_MESSAGE]
    return "Refused", error.message[:_MESSAGE]


def _standing(node: str, verdicts: tuple[Verdict, ...], options: Drain, *, memory: Memory, now: datetime) -> Draining:
    progress = memory.nodes[node]
    waiting = [_held(each, memory) for each in verdicts if each.fate in ("goes", "waits")]
    limit = seconds(options.timeout) if options.timeout is not None else None
    return Draining(
        since=progress.since,
        evicted=progress.evicted,
        waiting=waiting,
        staying=[each.remaining for each in verdicts if each.fate == "stays"],
        late=bool(waiting) and limit is not None and (now - progress.since).total_seconds() >= limit,
    )


def _held(verdict: Verdict, memory: Memory) -> RemainingPod:
    """A pod that is still there, with what was answered when it was to go."""
    uid = verdict.pod["metadata"]["uid"]
    refusal = memory.refusals.get(uid)
    if verdict.fate == "waits" or refusal is None:
        leaving = RemainingPod(pod=verdict.remaining.pod, reason="Terminating", message="evicted, and ends")
        return verdict.remaining if verdict.fate == "waits" else leaving
    return RemainingPod(pod=verdict.remaining.pod, reason=refusal.reason, message=refusal.message)
