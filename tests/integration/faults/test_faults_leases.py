"""Two operators, one Lease, or many: who writes, who waits, and who goes on when one of them ends.

Times are short here, in the proportions of the defaults (15, 10, 2 s).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest
from tests.faults.call import writes
from tests.faults.faults import LoseRequest
from tests.faults.proxy import FaultProxy
from tests.support.namespaces import new_world
from tests.support.operators import mortal, running
from tests.support.waiting import eventually, never
from tests.support.workloads import V1, V2, image_of
from tests.support.world import World

from wharfinger.api.builtin import DEPLOYMENT
from wharfinger.api.resource import Object
from wharfinger.engine.connection import Connection
from wharfinger.engine.errors import LeadershipLost
from wharfinger.engine.lease import LeaseTiming
from wharfinger.engine.operator import Operator

TIMING = LeaseTiming(duration=3.0, deadline=2.0, retry=0.4)
SPEC: Object = {"image": V1, "replicas": 1}


@dataclass(frozen=True, slots=True)
class Replica:
    """An operator and all that it asks."""

    operator: Operator
    proxy: FaultProxy

    @property
    def written(self) -> set[str]:
        """Namespaces that it has written to."""
        return {each.call.namespace for each in self.proxy.answered(writes)}


@asynccontextmanager
async def replica(world: World, *others: World, dies: bool = False, **settings: Any) -> AsyncIterator[Replica]:
    """One of several operators for these namespaces."""
    chosen = {
        "namespaces": tuple(each.namespace for each in (world, *others)),
        "leader_election": True,
        "lease_namespace": world.namespace,
        "timing": TIMING,
        **settings,
    }
    async with FaultProxy(Connection.from_kubeconfig(world.kubeconfig)) as proxy:
        if dies:
            async with mortal(proxy.connection, **chosen) as operator:
                yield Replica(operator, proxy)
        else:
            async with running(world.kubeconfig, connection=proxy.connection, **chosen) as operator:
                yield Replica(operator, proxy)


async def leads(world: World, leader: Replica) -> None:
    """It is at work."""
    await world.workload("web", **SPEC)
    await world.ready("web")
    assert world.namespace in leader.written


async def takes_over(world: World, heir: Replica, *, within: float) -> None:
    """It goes on with what is asked for now."""
    await world.workload("web", **{**SPEC, "image": V2})
    await world.until(DEPLOYMENT, "web", lambda live: image_of(live) == V2, timeout=within)
    await world.ready("web")
    assert world.namespace in heir.written


async def test_a_leader_that_stops_hands_over_at_once(world: World) -> None:
    async with AsyncExitStack() as first_life:
        first = await first_life.enter_async_context(replica(world))
        await leads(world, first)
        async with replica(world) as second:
            assert not second.written, "who does not lead does not write"
            await first_life.aclose()
            await takes_over(world, second, within=TIMING.duration)


async def test_a_leader_that_is_killed_is_followed_after_the_lease_duration(world: World) -> None:
    async with replica(world, dies=True) as first:
        await leads(world, first)
        async with replica(world) as second:
            first.operator.kill()
            await takes_over(world, second, within=30)


async def test_a_leader_cut_off_from_the_lease_stops_before_another_starts(world: World) -> None:
    async with replica(world, dies=True) as first:
        await leads(world, first)
        async with replica(world) as second:
            cut = first.proxy.inject(LoseRequest(), lambda call: call.resource == "leases", times=None)
            with pytest.raises(LeadershipLost):
                await asyncio.wait_for(asyncio.shield(first.operator.failed), TIMING.duration + 5)
            assert cut.hits
            assert not second.written
            done = len(first.proxy.answered(writes))
            await takes_over(world, second, within=30)
            assert len(first.proxy.answered(writes)) == done, "the old leader still wrote"


async def test_a_lease_lost_in_mid_write_ends_the_writing(world: World) -> None:
    """A leader whose writes hang must not finish them after another leads."""
    async with replica(world, dies=True) as first:
        await leads(world, first)
        hung = first.proxy.inject(LoseRequest(), lambda call: writes(call) or call.resource == "leases", times=None)
        async with replica(world) as second:
            await takes_over(world, second, within=30)
            assert isinstance(first.operator.failed.exception(), LeadershipLost)
            first.proxy.heal()
            done = len(first.proxy.answered(writes))
            assert hung.hits

            async def writes_again() -> bool:
                return len(first.proxy.answered(writes)) > done

            await world.workload("web", **SPEC)
            await world.until(DEPLOYMENT, "web", lambda live: image_of(live) == V1)
            await never(writes_again, during=1, what="the old leader writes")


async def test_shards_are_shared_and_inherited(world: World) -> None:
    async with AsyncExitStack() as stack:
        more = [await stack.enter_async_context(new_world(world.client, world.kubeconfig)) for _ in range(7)]
        spaces = [world, *more]
        first = await stack.enter_async_context(replica(*spaces, shards=4, dies=True))
        second = await stack.enter_async_context(replica(*spaces, shards=4))
        await stack.enter_async_context(_one_at_a_time(spaces, first, second))
        await eventually(lambda: _shared(spaces, first, second), what="every namespace has one operator, none has all")
        await _all_ready(spaces, SPEC)
        assert first.written
        assert second.written
        assert first.written | second.written == {each.namespace for each in spaces}
        await eventually(lambda: _counted_once(spaces, first, second), what="every workload is counted by one replica")
        await eventually(lambda: _told_who_leads(first, second), what="both tell of all Leases, and one leads each")

        await first.operator.wait_idle()
        first.operator.kill()
        done = len(first.proxy.answered(writes))
        await _all_ready(spaces, {**SPEC, "image": V2})
        assert len(first.proxy.answered(writes)) == done
        assert second.written == {each.namespace for each in spaces}


@asynccontextmanager
async def _one_at_a_time(spaces: Sequence[World], *replicas: Replica) -> AsyncIterator[None]:
    """As long as this lasts, no namespace is the business of two."""

    async def look() -> list[str]:
        return [each.namespace for each in spaces if sum(_allowed(each, replica) for replica in replicas) > 1]

    looking = asyncio.create_task(never(look, during=3600, what="namespaces of two operators"))
    try:
        yield
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


def _allowed(space: World, replica: Replica) -> bool:
    return replica.operator.leadership.allows(space.namespace)


async def _shared(spaces: Sequence[World], *replicas: Replica) -> bool:
    """Whether each namespace is one replica's business, and each replica has some."""
    having = [[_allowed(space, each) for space in spaces] for each in replicas]
    return all(sum(column) == 1 for column in zip(*having, strict=True)) and all(any(row) for row in having)


async def _counted_once(spaces: Sequence[World], *replicas: Replica) -> bool:
    """Whether each namespace's workload is in one replica's metrics, as ready."""

    def ready(space: World) -> list[float | None]:
        labels = {"kind": "ContainerWorkload", "workload_namespace": space.namespace, "state": "ready"}
        return [each.operator.metrics.registry.get_sample_value("wharfinger_workloads", labels) for each in replicas]

    return all(sorted(ready(space), key=str) == [1.0, None] for space in spaces)


async def _told_who_leads(*replicas: Replica) -> bool:
    """Whether all four Leases are in the metrics of each (else nobody would miss a leader), and each Lease has one."""
    told = [each.operator.metrics.registry.restricted_registry(["wharfinger_leader"]).collect() for each in replicas]
    values = [[sample.value for family in families for sample in family.samples] for families in told]
    return all(len(of_one) == 4 for of_one in values) and sum(map(sum, values)) == 4


async def _all_ready(spaces: Sequence[World], spec: Object) -> None:
    for space in spaces:
        await space.workload("web", **spec)
    await asyncio.gather(*(space.ready("web", timeout=60) for space in spaces))
