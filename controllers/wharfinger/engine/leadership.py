"""May this process write? With one Lease for everything, or with shards: a Lease each, namespaces spread over them.

Sharing out is a matter of counting. Each replica keeps a member Lease, so that all know how many there are. A replica
takes free shards up to its fair share; beyond that only what has been free for a further lease duration (somebody
should have taken it), and gives one back when another member has less than its share.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from hashlib import blake2b

from wharfinger.api.builtin import LEASE
from wharfinger.api.labels import ELECTION_LABEL
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import ApiError, LeadershipLost, NotFound
from wharfinger.engine.lease import Lease, LeaseTiming
from wharfinger.engine.settings import Settings

_log = logging.getLogger(__name__)

_OUTSIDE = "wharfinger-system"
"""Namespace of the Leases where the operator does not run in a pod."""

_FORGET = 20
"""Lease durations after which a member that is gone is forgotten."""

Gained = Callable[[Callable[[str], bool]], None]
"""Told which namespaces this process has just become responsible for, as a predicate."""


class NoLeaseNamespace(Exception):  # noqa: N818 - says what there is not
    """The namespace of the Leases does not exist, so there will be no leader."""


class Leadership:
    """The simplest answer: always. For a single process, and for tests."""

    def allows(self, namespace: str) -> bool:
        """Whether objects of this namespace are this process' business now."""
        return True

    def check(self, namespace: str) -> None:
        """Raise `LeadershipLost` unless `allows`."""
        if not self.allows(namespace):
            raise LeadershipLost(f"no lease for namespace {namespace or '(none)'}")

    async def run(self, gained: Gained) -> None:
        """Until cancelled; raises `LeadershipLost` where the process had better start anew."""
        gained(lambda _namespace: True)
        await asyncio.Event().wait()

    async def release(self) -> None:
        """Let others go on at once."""


class SingleLease(Leadership):
    """One leader; the others wait with warm caches."""

    def __init__(self, client: KubeClient, *, namespace: str, name: str, identity: str, timing: LeaseTiming) -> None:
        labels = {ELECTION_LABEL: name}
        self._lease = Lease(client, namespace=namespace, name=name, identity=identity, timing=timing, labels=labels)
        self._timing = timing
        self._gauge = client.metrics.leader.labels(name)

    def allows(self, namespace: str) -> bool:
        """While the Lease is held."""
        return self._lease.held

    async def run(self, gained: Gained) -> None:
        """Take the Lease, keep it; raises `LeadershipLost` when it is lost."""
        while not await self._lease.tick():  # noqa: ASYNC110 - a Lease is asked for until it is free
            await asyncio.sleep(self._timing.retry)
        _log.info("lease %s: leading", self._lease.name)
        self._gauge.set(1)
        gained(lambda _namespace: True)
        try:
            while self._lease.held:
                await asyncio.sleep(self._timing.retry)
                await self._lease.tick()
        finally:
            self._gauge.set(0)
        raise LeadershipLost(f"lease {self._lease.name} is lost")

    async def release(self) -> None:
        """Give the Lease back."""
        await self._lease.release()


class ShardedLeases(Leadership):
    """Namespaces spread over ``shards`` Leases, Leases over the replicas that there are."""

    def __init__(
        self, client: KubeClient, *, namespace: str, name: str, identity: str, timing: LeaseTiming, shards: int
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._name = name
        self._identity = identity
        self._timing = timing

        def lease(suffix: str) -> Lease:
            return Lease(
                client,
                namespace=namespace,
                name=f"{name}-{suffix}",
                identity=identity,
                timing=timing,
                labels={ELECTION_LABEL: name},
            )

        self._shards = [lease(f"shard-{index}") for index in range(shards)]
        self._gauges = [client.metrics.leader.labels(each.name) for each in self._shards]
        self._member = lease(f"member-{blake2b(identity.encode(), digest_size=5).hexdigest()}")
        self._others: dict[str, Lease] = {}
        self._held: set[int] = set()

    def allows(self, namespace: str) -> bool:
        """While the Lease of the namespace's shard is held."""
        return self._shards[shard_of(namespace, len(self._shards))].held

    async def run(self, gained: Gained) -> None:
        """Take part until cancelled. A lost shard is another replica's; the rest goes on."""
        while True:
            try:
                await self._round(gained)
            except ApiError as error:
                _log.warning("leases %s: %s", self._name, error)
            self._note(gained)
            await asyncio.sleep(self._timing.retry)

    async def release(self) -> None:
        """Give every shard back, and our membership."""
        await asyncio.gather(*(lease.release() for lease in self._shards), self._member.remove())

    async def _round(self, gained: Gained) -> None:
        await self._member.tick()
        held = [lease for lease in self._shards if lease.held]
        await asyncio.gather(*(lease.tick() for lease in held))
        await self._look()
        holdings = self._holdings()
        await self._give_one_back(holdings)
        await self._take(holdings, gained)

    async def _look(self) -> None:
        """See every Lease of the election in one request."""
        selector = f"{ELECTION_LABEL}={self._name}"
        live = {
            obj["metadata"]["name"]: obj
            for obj in await self._client.list(LEASE, self._namespace, label_selector=selector)
        }
        for lease in self._shards:
            lease.observe(live.get(lease.name))
        prefix = f"{self._name}-member-"
        self._others = {
            name: self._others.get(name) or self._stranger(name) for name in live if name.startswith(prefix)
        }
        for name, lease in self._others.items():
            lease.observe(live[name])
            if lease.free_for > _FORGET * self._timing.duration:
                await lease.remove()  # a replica that was killed; its successor has another name

    def _stranger(self, name: str) -> Lease:
        return Lease(self._client, namespace=self._namespace, name=name, identity="", timing=self._timing)

    def _holdings(self) -> Counter[str]:
        """How many shards each living member holds; ourselves included."""
        members = {lease.holder for lease in self._others.values() if lease.holder and lease.free_for < 0}
        holdings = Counter(dict.fromkeys(members | {self._identity}, 0))
        holdings.update(lease.holder for lease in self._shards if lease.holder in holdings and lease.free_for < 0)
        return holdings

    async def _give_one_back(self, holdings: Counter[str]) -> None:
        if surplus(holdings, self._identity, len(self._shards)):
            lease = [lease for lease in self._shards if lease.held][-1]
            _log.info("lease %s: given back, another replica has less than its share", lease.name)
            await lease.release()
            holdings[self._identity] -= 1

    async def _take(self, holdings: Counter[str], gained: Gained) -> None:
        for lease in self._shards:
            if lease.held or lease.free_for < self._patience(holdings):
                continue
            if await lease.tick():
                holdings[self._identity] += 1
                self._note(gained)

    def _patience(self, holdings: Counter[str]) -> float:
        """Seconds for which a shard must have been free until we take it: those who have less than others go first."""
        mine, fair = holdings[self._identity], len(self._shards) / len(holdings)
        if mine + 1 <= fair:
            return 0.0
        return 2 * self._timing.retry if mine < fair else self._timing.duration

    def _note(self, gained: Gained) -> None:
        """Tell what was gained since the last look."""
        held = {index for index, lease in enumerate(self._shards) if lease.held}
        new, count = held - self._held, len(self._shards)
        for index in held ^ self._held:
            self._gauges[index].set(index in held)
            _log.info("lease %s: %s", self._shards[index].name, "leading" if index in held else "no longer ours")
        self._held = held
        if new:
            gained(lambda namespace: shard_of(namespace, count) in new)


def shard_of(namespace: str, shards: int) -> int:
    """The shard that a namespace belongs to: the same in every replica, in every release.

    What belongs to no namespace is looked after where its Events go, which is ``default``.
    """
    return int.from_bytes(blake2b((namespace or "default").encode(), digest_size=8).digest(), "big") % shards


def surplus(holdings: Counter[str], identity: str, shards: int) -> bool:
    """Whether ``identity`` holds a shard that another living member should have."""
    fair = shards // len(holdings)
    mine = holdings[identity]
    return mine > fair and any(count < fair for count in holdings.values())


async def require_namespace(client: KubeClient, settings: Settings) -> None:
    """Raise `NoLeaseNamespace` where the Leases could never be made.

    Found out by a trial (a dry run), because the operator may not read namespaces. Whatever else is the matter is the
    election's business, which tries again; so is a namespace that goes away later.
    """
    if not settings.leader_election:
        return
    namespace = _namespace(settings)
    metadata = {"name": settings.lease_name, "namespace": namespace}
    trial = {"apiVersion": LEASE.api_version, "kind": LEASE.kind, "metadata": metadata}
    try:
        async with asyncio.timeout(settings.timing.deadline):
            await client.create(LEASE, trial, dry_run=True)
    except NotFound as error:
        raise NoLeaseNamespace(
            f"there is no namespace {namespace} for the Lease: create it, or give --lease-namespace, or "
            "--no-leader-election if this is the only replica"
        ) from error
    except (ApiError, TimeoutError):
        return


def _namespace(settings: Settings) -> str:
    return settings.lease_namespace or _OUTSIDE


def leadership_for(client: KubeClient, settings: Settings) -> Leadership:
    """As the settings say."""
    if not settings.leader_election:
        return Leadership()
    namespace = _namespace(settings)
    if settings.shards == 1:
        return SingleLease(
            client,
            namespace=namespace,
            name=settings.lease_name,
            identity=settings.identity,
            timing=settings.timing,
        )
    return ShardedLeases(
        client,
        namespace=namespace,
        name=settings.lease_name,
        identity=settings.identity,
        timing=settings.timing,
        shards=settings.shards,
    )
