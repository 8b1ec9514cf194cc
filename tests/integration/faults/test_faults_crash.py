"""Sieve's recipe: the operator dies right after its k-th write, for every k, and another one goes on.

In the end the cluster must look as if nobody had died, and each object must have been created and deleted as often:
most bugs of operators show in no error, but there (OSDI '22). Exactly k writes reach the API server: the last one is
done, and the dead never heard of it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from tests.faults.call import writes
from tests.faults.faults import DieAfter
from tests.faults.proxy import Exchange, FaultProxy
from tests.integration.faults.scenarios import NAME, SCENARIOS, Scenario
from tests.support.namespaces import new_world
from tests.support.operators import mortal, running
from tests.support.state import State, state
from tests.support.world import World

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.engine.connection import Connection
from wharfinger.engine.operator import Operator

_AT_ONCE = 6
"""Runs side by side, each in a namespace of its own."""
_MOST = 60
"""Writes that no scenario comes near: more mean a hot loop."""

NEVER = 10_000


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one run."""

    died: bool
    end: State
    counts: Counter[str]


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.timeout(420)
async def test_death_after_each_write_changes_nothing_in_the_end(world: World, name: str) -> None:
    scenario = SCENARIOS[name]
    undisturbed = await _run(world, scenario, dies_after=NEVER)
    assert not undisturbed.died
    assert undisturbed.end

    for first in range(1, _MOST, _AT_ONCE):
        turns = range(first, first + _AT_ONCE)
        runs = await asyncio.gather(*(_run(world, scenario, dies_after=k) for k in turns))
        for k, run in zip(turns, runs, strict=True):
            assert run.end == undisturbed.end, f"another end after death at write {k}"
            assert run.counts == undisturbed.counts, f"other creations or deletions after death at write {k}"
        if not all(run.died for run in runs):
            assert any(run.died for run in runs) or first > 1, "nobody ever died: this test has shown nothing"
            return
    pytest.fail(f"{name} takes more than {_MOST} writes")


async def _run(base: World, scenario: Scenario, *, dies_after: int) -> Run:
    upstream = Connection.from_kubeconfig(base.kubeconfig)
    async with new_world(base.client, base.kubeconfig) as world, FaultProxy(upstream) as proxy:
        await _prepare(world, scenario)
        died = await _first_life(world, scenario, proxy, dies_after)
        if died:
            proxy.heal()
            async with running(world.kubeconfig, connection=proxy.connection, namespaces=(world.namespace,)) as second:
                await _done(world, scenario, second)
        return Run(died, await state(world, NAME), _made_and_deleted(proxy.answered(writes)))


async def _prepare(world: World, scenario: Scenario) -> None:
    if scenario.before is None:
        return
    async with running(world.kubeconfig, namespaces=(world.namespace,)) as operator:
        await world.workload(NAME, **scenario.before)
        await world.ready(NAME)
        await operator.wait_idle()


async def _first_life(world: World, scenario: Scenario, proxy: FaultProxy, dies_after: int) -> bool:
    """Until death, or until the work is done; returns whether it died."""
    async with mortal(proxy.connection, namespaces=(world.namespace,)) as operator:
        death = DieAfter(dies_after, operator.kill)
        proxy.inject(death, writes, times=None)
        await operator.wait_synced()
        await world.workload(NAME, **scenario.after)
        done = asyncio.create_task(_done(world, scenario, operator))
        dead = asyncio.create_task(death.dead.wait())
        await asyncio.wait({done, dead}, return_when=asyncio.FIRST_COMPLETED)
        if death.dead.is_set():
            done.cancel()
            return True
        dead.cancel()
        await done
        return False


async def _done(world: World, scenario: Scenario, operator: Operator) -> None:
    await world.until(CONTAINER_WORKLOAD, NAME, scenario.ends, timeout=60)
    await operator.wait_idle()


def _made_and_deleted(exchanges: Iterable[Exchange]) -> Counter[str]:
    """How often each object was created and deleted, by what the API server answered."""
    counts: Counter[str] = Counter()
    for each in exchanges:
        if each.code == 201:
            counts[f"create {each.call.resource} {each.name}"] += 1
        elif each.call.verb == "delete" and each.code < 300:
            counts[f"delete {each.call.resource} {each.call.name}"] += 1
    return counts
