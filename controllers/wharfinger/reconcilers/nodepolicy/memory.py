"""What a process remembers of one policy's drains: how often, and until when, an eviction was refused.

All of it may be lost: a successor asks once more, and goes on from the counts in the status.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from wharfinger.api.nodepolicy import NodePolicyStatus

_FIRST: Final = 1.0
_LONGEST: Final = 30.0
"""Seconds between two evictions of one pod that is refused: doubling from the first to the longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a pod was not evicted, and when to ask again."""

    reason: str
    message: str
    times: int
    again_at: datetime


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far the drain of one node is."""

    since: datetime
    evicted: int = 0


@dataclass(slots=True)
class Memory:
    """Of one policy."""

    nodes: dict[str, Progress] = field(default_factory=dict)
    refusals: dict[str, Refusal] = field(default_factory=dict)
    """By a pod's uid."""
    evicted: set[str] = field(default_factory=set)
    """Uids of pods that the API server has agreed to evict, and that are still in our caches."""

    def progress(self, node: str, status: NodePolicyStatus, now: datetime) -> Progress:
        """How far this node is: as remembered, else as the status says, else just begun."""
        if node not in self.nodes:
            told = next((each for each in status.nodes if each.name == node and each.since), None)
            since = datetime.fromisoformat(told.since) if told and told.since else now
            self.nodes[node] = Progress(since=since, evicted=told.evicted if told else 0)
        return self.nodes[node]

    def due(self, uid: str, now: datetime) -> bool:
        """Whether to evict a pod now."""
        refusal = self.refusals.get(uid)
        return uid not in self.evicted and (refusal is None or refusal.again_at <= now)

    def agreed(self, uid: str) -> None:
        """The API server evicts the pod."""
        self.refusals.pop(uid, None)
        self.evicted.add(uid)

    def refused(self, uid: str, reason: str, message: str, now: datetime) -> None:
        """It does not, for now."""
        times = self.refusals[uid].times + 1 if uid in self.refusals else 1
        delay = min(_LONGEST, _FIRST * 2.0 ** min(times - 1, 16))
        self.refusals[uid] = Refusal(
            reason=reason, message=message, times=times, again_at=now + timedelta(seconds=delay)
        )

    def keep(self, nodes: Iterable[str], uids: Iterable[str]) -> None:
        """Forget every other node, and every other pod."""
        kept_nodes, kept_uids = set(nodes), set(uids)
        self.nodes = {name: progress for name, progress in self.nodes.items() if name in kept_nodes}
        self.refusals = {uid: refusal for uid, refusal in self.refusals.items() if uid in kept_uids}
        self.evicted &= kept_uids

    @property
    def next_try(self) -> datetime | None:
        """When the next eviction is due."""
        return min((refusal.again_at for refusal in self.refusals.values()), default=None)
