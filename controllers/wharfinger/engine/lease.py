"""One Lease and one candidate for it: coordination.k8s.io as client-go uses it.

Clocks of machines differ, so nobody compares the times in a Lease with its own: what counts is how long, by our own
monotonic clock, the Lease has not changed. The holder counts from before it asked for the renewal, and stops 5 s before
anybody else may start.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from wharfinger.api.builtin import LEASE
from wharfinger.api.resource import Object
from wharfinger.engine.client import KubeClient
from wharfinger.engine.conditions import micro_timestamp
from wharfinger.engine.errors import ApiError, Conflict, NotFound

_log = logging.getLogger(__name__)

_Seen = tuple[str | None, str | None, int | None]


@dataclass(frozen=True, slots=True)
class LeaseTiming:
    """Seconds, as controller-runtime has them."""

    duration: float = 15.0
    """Others wait this long after the last renewal that they saw."""
    deadline: float = 10.0
    """The holder stops this long after its last renewal that went well."""
    retry: float = 2.0
    """Between attempts to take or renew."""


class Lease:
    """A candidate for the Lease ``name``. `tick` must be called every `LeaseTiming.retry` seconds."""

    def __init__(
        self,
        client: KubeClient,
        *,
        namespace: str,
        name: str,
        identity: str,
        timing: LeaseTiming,
        labels: dict[str, str] | None = None,
    ) -> None:
        self._client = client
        self._key = (namespace, name)
        self._identity = identity
        self._timing = timing
        self._labels = labels or {}
        self._live: Object | None = None
        self._seen: _Seen | None = None
        self._seen_at = 0.0
        self._until = float("-inf")
        self.name = name

    @property
    def held(self) -> bool:
        """Whether we hold it, and safely so, at this moment."""
        return _now() < self._until

    @property
    def holder(self) -> str:
        """Who holds it as far as we have seen; empty for nobody."""
        return str((self._live or {}).get("spec", {}).get("holderIdentity") or "")

    @property
    def free_for(self) -> float:
        """Seconds for which it has been free to take; negative while somebody holds it."""
        if self._live is None:
            return 0.0
        duration = self._live["spec"].get("leaseDurationSeconds") or self._timing.duration
        since = self._seen_at if not self.holder else self._seen_at + duration
        return _now() - since

    def observe(self, live: Object | None) -> None:
        """Take in the Lease as the server has it; None if there is none."""
        self._live = live
        spec = (live or {}).get("spec", {})
        if spec.get("holderIdentity") != self._identity:
            self._until = float("-inf")
        seen = (spec.get("holderIdentity"), spec.get("renewTime"), spec.get("leaseTransitions"))
        if seen != self._seen:
            self._seen, self._seen_at = seen, _now()

    async def look(self) -> None:
        """Read it from the server."""
        try:
            self.observe(await self._client.get(LEASE, *self._key))
        except NotFound:
            self.observe(None)

    async def tick(self) -> bool:
        """Renew it if we hold it, take it if it is free; whether we hold it now. Never raises for the server's sake."""
        try:
            async with asyncio.timeout(self._timing.deadline):
                if not self.held:
                    await self.look()
                await self._take_or_renew()
        except (ApiError, TimeoutError) as error:
            _log.warning("lease %s: %s", self.name, error or "time-out")
        return self.held

    async def _take_or_renew(self) -> None:
        if not (self.held or self.holder == self._identity or self.free_for >= 0):
            return
        try:
            await self.write(self._identity)
        except Conflict:  # somebody was faster, or only put a label on it: `observe` tells which
            await self.look()

    async def write(self, holder: str) -> None:
        """Make ``holder`` (us, or nobody) its holder. Raises `Conflict` where somebody was faster."""
        started = _now()
        body = self._body(holder)
        if self._live is None:
            answer = await self._client.create(LEASE, body)
        else:
            answer = await self._client.replace(LEASE, body)
        self.observe(answer)
        self._until = started + self._timing.deadline if holder else float("-inf")

    async def release(self) -> None:
        """Give it back, so that nobody has to wait. Failure only means that they wait."""
        if not self.held:
            return
        self._until = float("-inf")
        try:
            async with asyncio.timeout(self._timing.retry):
                await self._give_up()
        except (ApiError, TimeoutError) as error:
            _log.warning("lease %s not released: %s", self.name, error or "time-out")

    async def _give_up(self) -> None:
        try:
            await self.write("")
        except Conflict:
            # A renewal was under way when we stopped, and its answer never read: it may still be ours.
            await self.look()
            if self.holder == self._identity:
                await self.write("")

    async def remove(self) -> None:
        """Delete it: nobody will ever ask for it again. Failure only leaves it lying about."""
        self._until = float("-inf")
        uid = (self._live or {}).get("metadata", {}).get("uid")
        try:
            async with asyncio.timeout(self._timing.retry):
                await self._client.delete(LEASE, self._key, uid=uid)
        except (ApiError, TimeoutError) as error:
            _log.debug("lease %s not removed: %s", self.name, error or "time-out")

    def _body(self, holder: str) -> Object:
        now = micro_timestamp(datetime.now(UTC))
        live = self._live or {"metadata": {}, "spec": {}}
        spec = live["spec"]
        moved = holder != (spec.get("holderIdentity") or "")
        metadata = {"name": self._key[1], "namespace": self._key[0], "labels": self._labels}
        if version := live["metadata"].get("resourceVersion"):
            metadata["resourceVersion"] = version
        return {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.kind,
            "metadata": metadata,
            "spec": {
                "holderIdentity": holder,
                # Whole seconds: the API has no others. 1 for nobody's: free at once.
                "leaseDurationSeconds": max(1, round(self._timing.duration)) if holder else 1,
                "acquireTime": now if moved else spec.get("acquireTime", now),
                "renewTime": now,
                "leaseTransitions": (spec.get("leaseTransitions") or 0) + (1 if moved and holder else 0),
            },
        }


def _now() -> float:
    return asyncio.get_running_loop().time()
