"""Operators as a whole on a real API server: leases, shards, kinds that come and go, restarts, replicas handed over."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.integration.engine.widgets import CONTROLLER, OURS, WIDGET, config, definition, deployment, reconcile, widget
from tests.support.waiting import eventually, never

from wharfinger.api.builtin import CONFIG_MAP, CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT, LEASE, NAMESPACE
from wharfinger.api.resource import Key, Object, Resource
from wharfinger.cluster import Cluster
from wharfinger.engine.census import State
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection
from wharfinger.engine.controller import Context, Controller, Result, Watch
from wharfinger.engine.desired import SCALE_MANAGER
from wharfinger.engine.errors import Forbidden, Gone, LeadershipLost, NotFound, Unauthorized, Unavailable
from wharfinger.engine.leadership import shard_of
from wharfinger.engine.lease import LeaseTiming
from wharfinger.engine.runtime import Operator
from wharfinger.engine.settings import Settings

pytestmark = pytest.mark.integration

QUICK = LeaseTiming(duration=2.0, deadline=1.5, retry=0.2)


def _is(condition: Callable[[], object]) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return bool(condition())

    return look


@asynccontextmanager
async def running(kubeconfig: Path, settings: Settings, controller: Controller = CONTROLLER) -> AsyncIterator[Operator]:
    """An operator, caches synced."""
    async with (
        KubeClient(Connection.from_kubeconfig(kubeconfig)) as own,
        Operator(own, [controller], settings) as operator,
    ):
        yield operator


async def _until(
    client: KubeClient, resource: Resource, namespace: str, name: str, holds: Callable[[Object], Any]
) -> Object:
    async def look() -> Object | None:
        try:
            found = await client.get(resource, namespace, name)
        except NotFound:
            return None
        return found if holds(found) else None

    found = await eventually(look, timeout=20, what=f"{resource.kind} {name}")
    assert found is not None
    return found


# Leases


@pytest.fixture
def elected(settings: Settings, namespace: str) -> Settings:
    """Settings with leader election in the test's namespace."""
    return replace(settings, leader_election=True, lease_namespace=namespace, timing=QUICK)


async def test_one_leads_and_hands_over_when_it_stops(
    widgets: None, client: KubeClient, kubeconfig: Path, elected: Settings, namespace: str
) -> None:
    first_settings, second_settings = replace(elected, identity="first"), replace(elected, identity="second")
    async with running(kubeconfig, first_settings) as first:
        await eventually(_is(lambda: first.leadership.allows(namespace)), timeout=5)
        async with running(kubeconfig, second_settings) as second:
            await client.create(WIDGET, widget(namespace, "w", config("a", x="1")), manager="user")
            await _until(client, CONFIG_MAP, namespace, "a", bool)
            assert not second.leadership.allows(namespace)
            await first.stop()
            # Released, so that nobody waits for the lease to run out.
            await eventually(_is(lambda: second.leadership.allows(namespace)), timeout=1.5)
            await client.delete(CONFIG_MAP, (namespace, "a"))
            await _until(client, CONFIG_MAP, namespace, "a", bool)
    lease = await client.get(LEASE, namespace, "wharfinger")
    assert lease["spec"]["holderIdentity"] == ""


async def test_a_killed_leader_is_followed_when_its_lease_has_run_out(
    widgets: None, client: KubeClient, kubeconfig: Path, elected: Settings, namespace: str
) -> None:
    async with running(kubeconfig, replace(elected, identity="first")) as first:
        await eventually(_is(lambda: first.leadership.allows(namespace)), timeout=5)
        async with running(kubeconfig, replace(elected, identity="second")) as second:
            first.kill()
            await never(_is(lambda: second.leadership.allows(namespace)), during=1.0, what="took over too early")
            await eventually(_is(lambda: second.leadership.allows(namespace)), timeout=5)


async def test_a_stolen_lease_ends_the_operator_and_its_writes(
    widgets: None, client: KubeClient, kubeconfig: Path, elected: Settings, namespace: str
) -> None:
    async with running(kubeconfig, elected) as operator:
        await eventually(_is(lambda: operator.leadership.allows(namespace)), timeout=5)
        theft = {"spec": {"holderIdentity": "thief", "leaseDurationSeconds": 60}}
        await client.patch(LEASE, (namespace, "wharfinger"), theft, manager="user")
        with pytest.raises(LeadershipLost):
            await asyncio.wait_for(operator.failed, timeout=5)
        with pytest.raises(LeadershipLost):
            operator.leadership.check(namespace)


async def test_shards_are_spread_over_replicas_and_taken_over(
    widgets: None, client: KubeClient, kubeconfig: Path, elected: Settings
) -> None:
    sharded = replace(elected, shards=4)

    def held(operator: Operator) -> int:
        names = {shard_of(name, 4): name for name in map(str, range(100))}
        return sum(operator.leadership.allows(name) for name in names.values())

    async with running(kubeconfig, replace(sharded, identity="first")) as first:
        await eventually(_is(lambda: held(first) == 4), timeout=5, what="all shards, while alone")
        async with running(kubeconfig, replace(sharded, identity="second")) as second:
            await eventually(_is(lambda: (held(first), held(second)) == (2, 2)), timeout=10, what="two shards each")
            first.kill()
            await eventually(_is(lambda: held(second) == 4), timeout=10, what="all shards, alone again")


async def test_a_replica_that_loses_a_shard_no_longer_counts_what_is_in_it(
    widgets: None, client: KubeClient, kubeconfig: Path, elected: Settings, namespace: str
) -> None:
    """A resource is counted by one replica, else the sum over all of them would be wrong for ever."""

    async def counting(context: Context, key: Key) -> None:
        context.metrics.census.note(WIDGET.kind, key, State("ready"))

    async with running(kubeconfig, replace(elected, shards=2), replace(CONTROLLER, reconcile=counting)) as operator:

        def counted() -> float | None:
            labels = {"kind": "Widget", "workload_namespace": namespace, "state": "ready"}
            return operator.metrics.registry.get_sample_value("wharfinger_workloads", labels)

        await client.create(WIDGET, widget(namespace, "w"), manager="user")
        await eventually(_is(lambda: counted() == 1), timeout=10)
        theft = {"spec": {"holderIdentity": "thief", "leaseDurationSeconds": 60}}
        shard = f"wharfinger-shard-{shard_of(namespace, 2)}"
        await client.patch(LEASE, (namespace, shard), theft, manager="user")
        await eventually(_is(lambda: counted() is None), timeout=10, what="nothing is counted")


@pytest.mark.parametrize(("shards", "names"), [(1, ["wharfinger"]), (2, ["wharfinger-shard-0", "wharfinger-shard-1"])])
async def test_who_leads_nothing_yet_says_so(
    kubeconfig: Path, elected: Settings, shards: int, names: list[str]
) -> None:
    """An alert that nobody leads needs series that it can add up to 0."""
    async with KubeClient(Connection.from_kubeconfig(kubeconfig)) as own:
        registry = Operator(own, [CONTROLLER], replace(elected, shards=shards)).metrics.registry
    assert [registry.get_sample_value("wharfinger_leader", {"lease": name}) for name in names] == [0.0] * shards


# Kinds that come and go

GADGET = Resource(group="engine.test", version="v1", kind="Gadget", plural="gadgets")


async def test_an_optional_kind_is_picked_up_when_it_appears_and_dropped_when_it_goes(
    widgets: None, client: KubeClient, kubeconfig: Path, settings: Settings, namespace: str
) -> None:
    watches = (*CONTROLLER.watches, Watch(GADGET, label_selector=OURS, optional=True))
    async with running(kubeconfig, settings, replace(CONTROLLER, watches=watches)) as operator:
        store = operator.stores[GADGET]
        assert store.absent
        assert operator.ready() == ""
        await client.create(CUSTOM_RESOURCE_DEFINITION, definition(GADGET), manager="user")
        await eventually(_is(lambda: not store.absent), timeout=30, what="the kind is noticed")
        gadget = widget(namespace, "g") | {"kind": "Gadget"}
        gadget["metadata"]["labels"] = dict([OURS.split("=")])
        await client.create(GADGET, gadget, manager="user")
        await eventually(_is(lambda: store.get(namespace, "g")), timeout=10)
        await client.delete(CUSTOM_RESOURCE_DEFINITION, ("", str(GADGET)))
        await eventually(_is(lambda: store.absent and not len(store)), timeout=60, what="the kind is gone")


async def test_a_required_kind_that_is_absent_keeps_the_operator_unready(
    kubeconfig: Path, client: KubeClient, settings: Settings
) -> None:
    missing = replace(CONTROLLER, resource=replace_kind("Gizmo"), watches=())
    async with KubeClient(Connection.from_kubeconfig(kubeconfig)) as own:
        operator = Operator(own, [missing], settings)
        await operator.start()
        try:
            await eventually(_is(lambda: operator.stores[missing.resource].absent), timeout=10)
            assert "gizmos.engine.test" in operator.ready()
            assert operator.alive() == ""
        finally:
            await operator.stop()


def replace_kind(kind: str) -> Resource:
    """A resource that no server has."""
    return Resource(group="engine.test", version="v1", kind=kind, plural=f"{kind.lower()}s")


# The view


async def test_the_api_server_restarts(
    widgets: None, client: KubeClient, wharfinger_cluster: Cluster, kubeconfig: Path, settings: Settings, namespace: str
) -> None:
    async with running(kubeconfig, settings) as operator:
        await client.create(WIDGET, widget(namespace, "w", config("a", x="1")), manager="user")
        await _until(client, CONFIG_MAP, namespace, "a", bool)
        wharfinger_cluster.restart("kube-apiserver")
        await eventually(_is_served(client, namespace), timeout=60, what="the API server is back")
        await client.delete(CONFIG_MAP, (namespace, "a"))
        await _until(client, CONFIG_MAP, namespace, "a", bool)
        assert operator.alive() == ""


async def test_a_version_that_the_server_forgot_is_gone(client: KubeClient, namespace: str) -> None:
    with pytest.raises(Gone):
        async for _ in client.watch(CONFIG_MAP, namespace, resource_version="1", timeout_seconds=5):
            pass


def _is_served(client: KubeClient, namespace: str) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        try:
            await client.get(NAMESPACE, "", namespace)
        except (Unavailable, Unauthorized, Forbidden):
            return False
        return True

    return look


async def test_a_restart_with_everything_in_place_writes_nothing(
    widgets: None, client: KubeClient, kubeconfig: Path, settings: Settings, namespace: str
) -> None:
    async with running(kubeconfig, settings):
        for index in range(5):
            children = (config(f"c{index}", x="1"), deployment(f"d{index}", replicas=2))
            await client.create(WIDGET, widget(namespace, f"w{index}", *children), manager="user")
        for index in range(5):
            await _until(client, WIDGET, namespace, f"w{index}", lambda w: w.get("status", {}).get("children") == 2)
    async with running(kubeconfig, settings) as successor:
        await successor.wait_idle()
        verbs = {
            sample.labels["verb"]
            for metric in successor.metrics.registry.collect()
            for sample in metric.samples
            if sample.name == "wharfinger_api_requests_total"
        }
    assert verbs == {"list"}


# Replicas


def _scale(kubeconfig: Path, namespace: str, name: str, replicas: int, manager: str) -> None:
    """As an autoscaler does: through the scale subresource, under its own field manager."""
    patch = f'{{"spec":{{"replicas":{replicas}}}}}'
    command = ["kubectl", "--kubeconfig", str(kubeconfig), "patch", "deployment", name, "-n", namespace]
    command += ["--subresource=scale", "--type=merge", "-p", patch, f"--field-manager={manager}"]
    subprocess.run(command, check=True, capture_output=True, timeout=30)


async def test_replicas_are_handed_over_without_a_reset(
    widgets: None, client: KubeClient, kubeconfig: Path, settings: Settings, namespace: str
) -> None:
    """Dropping replicas from the apply that alone owned it would set it to 1."""
    async with running(kubeconfig, settings) as operator:
        await client.create(WIDGET, widget(namespace, "w", deployment("d", replicas=3)), manager="user")
        await _until(client, DEPLOYMENT, namespace, "d", lambda d: d["spec"]["replicas"] == 3)
        seen: list[int] = []
        operator.stores[DEPLOYMENT].subscribe(
            lambda _old, new, _origin, _by: seen.append(new["spec"]["replicas"]) if new else None
        )
        without = {"spec": {"children": [deployment("d", env={"A": "1"})]}}
        await client.patch(WIDGET, (namespace, "w"), without, manager="user")

        def changed(obj: Object) -> bool:
            return bool(obj["spec"]["template"]["spec"]["containers"][0].get("env"))

        handed = await _until(client, DEPLOYMENT, namespace, "d", changed)
        assert handed["spec"]["replicas"] == 3
        assert any(entry["manager"] == SCALE_MANAGER for entry in handed["metadata"]["managedFields"])
        await asyncio.to_thread(_scale, kubeconfig, namespace, "d", 7, "autoscaler")
        again = {"spec": {"children": [deployment("d", env={"A": "2"})]}}
        await client.patch(WIDGET, (namespace, "w"), again, manager="user")

        def second(obj: Object) -> bool:
            return bool(obj["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] == "2")

        scaled = await _until(client, DEPLOYMENT, namespace, "d", second)
        assert scaled["spec"]["replicas"] == 7
        assert 1 not in seen


async def test_initial_replicas_count_at_the_creation_only(
    widgets: None, client: KubeClient, kubeconfig: Path, settings: Settings, namespace: str
) -> None:
    async with running(kubeconfig, settings) as operator:
        await client.create(WIDGET, widget(namespace, "w", deployment("d"), initialReplicas=4), manager="user")
        await _until(client, DEPLOYMENT, namespace, "d", lambda d: d["spec"]["replicas"] == 4)
        await asyncio.to_thread(_scale, kubeconfig, namespace, "d", 6, "autoscaler")
        await eventually(
            _is(lambda: operator.stores[DEPLOYMENT].get(namespace, "d")["spec"]["replicas"] == 6), timeout=10
        )
        await operator.wait_idle()
    assert (await client.get(DEPLOYMENT, namespace, "d"))["spec"]["replicas"] == 6


# Work


async def test_rollbacks_are_counted_from_zero(kubeconfig: Path, settings: Settings) -> None:
    """Of a series that begins at 1, `increase()` sees nothing."""
    async with KubeClient(Connection.from_kubeconfig(kubeconfig)) as own:
        registry = Operator(own, [CONTROLLER], settings).metrics.registry
    assert registry.get_sample_value("wharfinger_rollbacks_total", {"kind": "Widget"}) == 0


async def test_a_reconcile_that_raises_is_counted_and_tried_again(
    widgets: None, client: KubeClient, kubeconfig: Path, settings: Settings, namespace: str
) -> None:
    failures = iter([RuntimeError("made to fail")] * 2)

    async def fragile(context: Any, key: Any) -> Any:
        if error := next(failures, None):
            raise error
        return await reconcile(context, key)

    async with running(kubeconfig, settings, replace(CONTROLLER, reconcile=fragile)) as operator:
        await client.create(WIDGET, widget(namespace, "w", config("a", x="1")), manager="user")
        await _until(client, CONFIG_MAP, namespace, "a", bool)
        errors = operator.metrics.registry.get_sample_value(
            "wharfinger_reconciles_total", {"kind": "Widget", "result": "error"}
        )
        assert errors == 2


async def test_a_stop_finishes_what_is_under_way(
    widgets: None, client: KubeClient, kubeconfig: Path, settings: Settings, namespace: str
) -> None:
    started = asyncio.Event()

    async def slow(context: Any, key: Any) -> Any:
        started.set()
        await asyncio.sleep(0.5)
        return await reconcile(context, key)

    async with running(kubeconfig, settings, replace(CONTROLLER, reconcile=slow)):
        await client.create(WIDGET, widget(namespace, "w", config("a", x="1")), manager="user")
        await asyncio.wait_for(started.wait(), timeout=10)
    found = await client.get(WIDGET, namespace, "w")
    assert found["status"]["children"] == 1


async def test_a_key_that_is_always_due_leaves_time_for_others(
    widgets: None, client: KubeClient, kubeconfig: Path, settings: Settings, namespace: str
) -> None:
    """A reconcile that has nothing to wait for must not keep the loop from watches, Leases and the status."""
    rounds, turns = [0], 0

    async def eager(_context: Any, _key: Any) -> Result | None:
        rounds[0] += 1
        return Result(requeue_after=0.0) if rounds[0] < 2000 else None

    async with running(kubeconfig, settings, replace(CONTROLLER, reconcile=eager)):
        await client.create(WIDGET, widget(namespace, "w"), manager="user")
        while rounds[0] < 2000:
            turns += rounds[0] > 0
            await asyncio.sleep(0)
    assert turns > 10  # the 64 workers each go once in a turn
