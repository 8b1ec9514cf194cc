"""An operator that dies in mid-deployment, by ECS's rules: the next one ends it as if nobody had died.

As tests/integration/faults has it for the other modes, but a task's name differs from run to run: what counts is how
many were made and deleted, and that the bounds hold while nobody is there and after.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

import pytest
from tests.faults.call import writes
from tests.faults.faults import DieAfter
from tests.faults.proxy import FaultProxy
from tests.support.namespaces import new_world
from tests.support.operators import mortal
from tests.support.operators import running as operating
from tests.support.tasks import deployments_of, healthy_pods, pods_seen, running, tasks_of
from tests.support.workloads import V1, V2
from tests.support.world import World

from wharfinger.api.resource import Object
from wharfinger.engine.connection import Connection

pytestmark = pytest.mark.integration

REPLICAS, LOWER, UPPER = 4, 2, 5
"""By 2.3 of docs/tasks-ecs.md: 4 tasks, 50 % of them at least, 125 % at most."""
WITHIN = 120.0
_AT_ONCE = 6
_MOST = 60
"""Writes that the deployment does not come near: more mean a hot loop."""


def service(image: str) -> Object:
    return {
        "mode": "tasks",
        "image": image,
        "replicas": REPLICAS,
        "healthCheck": {"exec": {"command": ["true"]}, "interval": "5s"},
        "tasks": {"deployment": {"minimumHealthyPercent": 50, "maximumPercent": 125}},
    }


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one run."""

    died: bool
    deployments: list[tuple[str, str, str, str]]
    updated: Counter[str]
    """By cause, the tasks of the new revision that run."""
    made: int
    deleted: int
    most: int
    """Tasks at one time."""
    fewest: int
    """Healthy tasks at one time."""


@pytest.mark.timeout(420)
async def test_death_after_each_write_makes_and_stops_no_task_more(world: World) -> None:
    """2.3: as many starts and stops as there are tasks, whenever it dies, and never beyond the bounds."""
    for first in range(1, _MOST, _AT_ONCE):
        runs = await asyncio.gather(*(_run(world, first + each) for each in range(_AT_ONCE)))
        for k, run in enumerate(runs, first):
            told = f"after death at write {k}: {run}"
            assert [each[:3] for each in run.deployments] == [("ecs-svc/2", "PRIMARY", "COMPLETED")], told
            assert run.updated == {"update": REPLICAS}, told
            assert (run.made, run.deleted) == (REPLICAS, REPLICAS), told
            assert run.most <= UPPER, told
            assert run.fewest >= LOWER, told
        if not all(run.died for run in runs):
            assert first > 1, "hardly anybody died: this test has shown nothing"
            return
    pytest.fail(f"the deployment takes more than {_MOST} writes")


async def _run(base: World, dies_after: int) -> Run:
    upstream = Connection.from_kubeconfig(base.kubeconfig)
    async with new_world(base.client, base.kubeconfig) as world, FaultProxy(upstream) as proxy:
        async with operating(world.kubeconfig, namespaces=(world.namespace,)) as operator:
            await world.workload("web", **service(V1))
            await world.ready("web", timeout=WITHIN)
            await operator.wait_idle()
        async with pods_seen(world, "web", lambda pods: (len(pods), len(healthy_pods(pods)))) as seen:
            died = await _first_life(world, proxy, dies_after)
            proxy.heal()
            if died:
                async with operating(
                    world.kubeconfig, connection=proxy.connection, namespaces=(world.namespace,)
                ) as second:
                    await world.ready("web", timeout=WITHIN)
                    await second.wait_idle()
        ready = await world.ready("web", timeout=WITHIN)
        pods = [each for each in proxy.answered(writes) if each.call.resource == "pods"]
        return Run(
            died=died,
            deployments=deployments_of(ready),
            updated=Counter(task.cause for task in running(await tasks_of(world, "web"))),
            made=len({each.name for each in pods if each.code == 201}),
            deleted=len({each.call.name for each in pods if each.call.verb == "delete" and each.code < 300}),
            most=max(most for most, _ in seen),
            fewest=min(healthy for _, healthy in seen),
        )


async def _first_life(world: World, proxy: FaultProxy, dies_after: int) -> bool:
    """Until death, or until the deployment is done; whether it died."""
    async with mortal(proxy.connection, namespaces=(world.namespace,)) as operator:
        death = DieAfter(dies_after, operator.kill)
        proxy.inject(death, writes, times=None)
        await operator.wait_synced()
        await world.workload("web", **service(V2))
        done = asyncio.create_task(world.ready("web", timeout=WITHIN))
        dead = asyncio.create_task(death.dead.wait())
        await asyncio.wait({done, dead}, return_when=asyncio.FIRST_COMPLETED)
        if death.dead.is_set():
            done.cancel()
            return True
        dead.cancel()
        await done
        await operator.wait_idle()
        return False
