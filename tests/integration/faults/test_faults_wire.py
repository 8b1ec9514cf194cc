"""A bad wire between operator and API server: whatever breaks, the workload ends as it would have without."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

import pytest
from tests.faults.call import continues, lists, watches, writes
from tests.faults.faults import Delay, EndWatch, LoseAnswer, LoseEvent, LoseRequest, Refuse, Stale, gone
from tests.faults.proxy import FaultProxy, Injection
from tests.support.operators import mortal, running
from tests.support.waiting import eventually
from tests.support.workloads import HTTP, V1, V2, image_of
from tests.support.world import World, is_true

from wharfinger.api.builtin import CONFIG_MAP, DEPLOYMENT, SERVICE
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.connection import Connection
from wharfinger.engine.operator import Operator

SPEC: Object = {"image": V1, "replicas": 2, "ports": [HTTP], "files": [{"path": "/etc/web", "content": "one"}]}


@pytest.fixture
async def proxy(world: World) -> AsyncIterator[FaultProxy]:
    """A proxy without any faults yet."""
    async with FaultProxy(Connection.from_kubeconfig(world.kubeconfig)) as opened:
        yield opened


@pytest.fixture
async def behind(world: World, proxy: FaultProxy) -> AsyncIterator[Operator]:
    """An operator behind the proxy."""
    async with running(world.kubeconfig, connection=proxy.connection, namespaces=(world.namespace,)) as operator:
        yield operator


async def _reopened(fault: Injection) -> bool:
    return fault.hits > 0


async def heals(world: World) -> None:
    """The operator still sees: a spec's change, a deletion by hand, an edit by hand."""
    await world.workload("web", **{**SPEC, "image": V2})
    await world.until(DEPLOYMENT, "web", lambda live: image_of(live) == V2)
    await world.delete(SERVICE, "web")
    await world.until(SERVICE, "web", bool)
    await world.patch(DEPLOYMENT, "web", {"spec": {"minReadySeconds": 7}})
    await world.until(DEPLOYMENT, "web", lambda live: not live["spec"].get("minReadySeconds"))
    await world.ready("web")


async def test_every_watch_is_cut_again_and_again(world: World, proxy: FaultProxy, behind: Operator) -> None:
    await world.workload("web", **SPEC)
    await world.ready("web")
    listed = len(proxy.answered(lists("deployments")))
    fault = proxy.inject(EndWatch(after_events=1), lambda call: call.verb == "watch", times=30)
    proxy.cut()
    await heals(world)
    assert fault.hits > 20
    assert len(proxy.answered(lists("deployments"))) == listed, "a cut watch goes on where it was"


@pytest.mark.parametrize("resource", ["containerworkloads", "deployments", "pods"])
async def test_a_watch_that_has_fallen_too_far_behind(
    world: World, proxy: FaultProxy, behind: Operator, resource: str
) -> None:
    await world.workload("web", **SPEC)
    await world.ready("web")
    listed = len(proxy.answered(lists(resource)))
    fault = proxy.inject(EndWatch(after_events=1, error=410), watches(resource))
    proxy.cut()
    await heals(world)
    assert fault.hits == 1
    assert len(proxy.answered(lists(resource))) > listed


async def test_lists_that_expire_before_their_last_page(world: World, proxy: FaultProxy) -> None:
    for number in range(501):
        await world.create(CONFIG_MAP, f"m{number}")
    fault = proxy.inject(gone(), continues("configmaps"), times=2)
    async with running(world.kubeconfig, connection=proxy.connection, namespaces=(world.namespace,)):
        await world.workload("web", **SPEC)
        await world.ready("web")
    assert fault.hits >= 1


@pytest.mark.parametrize("fault", [gone(), Refuse(500, "InternalError"), Refuse(429, "TooManyRequests", 1)], ids=repr)
async def test_first_lists_that_fail(world: World, proxy: FaultProxy, fault: Refuse) -> None:
    met = proxy.inject(fault, lambda call: call.verb == "list", times=10)
    async with running(world.kubeconfig, connection=proxy.connection, namespaces=(world.namespace,)):
        await world.workload("web", **SPEC)
        await world.ready("web")
    assert met.hits == 10


@pytest.mark.parametrize(
    "fault",
    [
        Refuse(500, "InternalError"),
        Refuse(503, "ServiceUnavailable", 1),
        Refuse(429, "TooManyRequests", 1),
        Refuse(409, "Conflict"),
        LoseRequest(),
    ],
    ids=lambda fault: f"{type(fault).__name__}{getattr(fault, 'code', '')}",
)
async def test_writes_that_fail_are_made_again(
    world: World, proxy: FaultProxy, behind: Operator, fault: Refuse | LoseRequest
) -> None:
    met = proxy.inject(fault, writes, times=8)
    await world.workload("web", **SPEC)
    await world.ready("web", timeout=60)
    assert met.hits == 8
    await heals(world)


async def test_writes_whose_answer_is_lost_are_not_made_twice(
    world: World, proxy: FaultProxy, behind: Operator
) -> None:
    met = proxy.inject(LoseAnswer(), lambda call: call.verb == "create" and writes(call), times=None)
    await world.workload("web", **SPEC)
    await world.ready("web", timeout=60)
    created = Counter(each.call.resource for each in proxy.answered(lambda call: call in met.met) if each.code == 201)
    assert set(created) >= {"configmaps", "controllerrevisions", "deployments", "services"}
    assert set(created.values()) == {1}
    await heals(world)


async def test_a_slow_api_server(world: World, proxy: FaultProxy, behind: Operator) -> None:
    fault = proxy.inject(Delay(0.5), writes, times=None)
    await world.workload("web", **SPEC)
    await world.ready("web")
    await heals(world)
    assert fault.hits > 5


async def test_an_operator_that_starts_from_old_lists(world: World, proxy: FaultProxy) -> None:
    """Sieve's stale view: the lists show what was before the last change, as a lagging API server's cache would."""
    fault = proxy.inject(Stale(), lists("deployments"), times=None)
    revisions = proxy.inject(Stale(), lists("controllerrevisions"), times=None)
    async with mortal(proxy.connection, namespaces=(world.namespace,)) as first:
        await first.wait_synced()
        await world.workload("web", **SPEC)
        await world.ready("web")
        await world.workload("web", **{**SPEC, "image": V2})
        await world.ready("web")
    deployment = await world.until(DEPLOYMENT, "web", bool)

    async with running(world.kubeconfig, connection=proxy.connection, namespaces=(world.namespace,)) as second:
        await second.wait_idle()
        await heals(world)
    assert fault.hits >= 2
    assert revisions.hits >= 2
    after = await world.until(DEPLOYMENT, "web", bool)
    assert after["metadata"]["uid"] == deployment["metadata"]["uid"], "nothing is made again that was there"


@pytest.mark.parametrize(
    ("resource", "number"), [("containerworkloads", 0), ("deployments", 0), ("deployments", 1), ("pods", 0)]
)
async def test_an_event_that_never_arrives(
    world: World, proxy: FaultProxy, behind: Operator, resource: str, number: int
) -> None:
    """Only the newest state counts: the next event about the object brings it."""
    await world.workload("web", **SPEC)
    await world.ready("web")
    fault = proxy.inject(LoseEvent(number), watches(resource))
    proxy.cut()
    await eventually(lambda: _reopened(fault), what=f"a new watch of {resource}")
    await world.workload("web", **{**SPEC, "image": V2})
    await world.workload("web", **{**SPEC, "image": V2, "replicas": 3})
    await world.until(DEPLOYMENT, "web", lambda live: image_of(live) == V2 and live["spec"]["replicas"] == 3)
    await world.ready("web")


async def test_the_resource_is_never_ready_before_it_is(world: World, proxy: FaultProxy, behind: Operator) -> None:
    """A spec's change whose event is late: what the status said before does not count for it."""
    await world.workload("web", **SPEC)
    await world.ready("web")
    proxy.inject(Delay(2), writes, times=None)
    changed = await world.workload("web", **{**SPEC, "image": V2})
    assert not is_true("Ready")(changed)
    ready = await world.until(CONTAINER_WORKLOAD, "web", is_true("Ready"))
    assert ready["status"]["observedGeneration"] == changed["metadata"]["generation"]
    live = await world.until(DEPLOYMENT, "web", bool)
    assert image_of(live) == V2
