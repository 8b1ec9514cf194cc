"""Leases and shards on a real API server: who leads, who takes over, and what is counted as whose."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.engine.operators import running, until, when
from tests.integration.engine.widgets import CONTROLLER, WIDGET, config, widget
from tests.support.waiting import eventually, never

from wharfinger.api.builtin import CONFIG_MAP, LEASE
from wharfinger.api.resource import Key
from wharfinger.engine.census import State
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection
from wharfinger.engine.controller import Context
from wharfinger.engine.errors import LeadershipLost
from wharfinger.engine.leadership import shard_of
from wharfinger.engine.lease import LeaseTiming
from wharfinger.engine.runtime import Operator
from wharfinger.engine.settings import Settings

pytestmark = pytest.mark.integration

QUICK = LeaseTiming(duration=2.0, deadline=1.5, retry=0.2)


@pytest.fixture
def elected(settings: Settings, namespace: str) -> Settings:
    """Settings with leader election in the test's namespace."""
    return replace(settings, leader_election=True, lease_namespace=namespace, timing=QUICK)


async def test_one_leads_and_hands_over_when_it_stops(
    widgets: None, client: KubeClient, kubeconfig: Path, elected: Settings, namespace: str
) -> None:
    first_settings, second_settings = replace(elected, identity="first"), replace(elected, identity="second")
    async with running(kubeconfig, first_settings) as first:
        await eventually(when(lambda: first.leadership.allows(namespace)), timeout=5)
        async with running(kubeconfig, second_settings) as second:
            await client.create(WIDGET, widget(namespace, "w", config("a", x="1")), manager="user")
            await until(client, CONFIG_MAP, namespace, "a", bool)
            assert not second.leadership.allows(namespace)
            await first.stop()
            # Released, so that nobody waits for the lease to run out.
            await eventually(when(lambda: second.leadership.allows(namespace)), timeout=1.5)
            await client.delete(CONFIG_MAP, (namespace, "a"))
            await until(client, CONFIG_MAP, namespace, "a", bool)
    lease = await client.get(LEASE, namespace, "wharfinger")
    assert lease["spec"]["holderIdentity"] == ""


async def test_a_killed_leader_is_followed_when_its_lease_has_run_out(
    widgets: None, client: KubeClient, kubeconfig: Path, elected: Settings, namespace: str
) -> None:
    async with running(kubeconfig, replace(elected, identity="first")) as first:
        await eventually(when(lambda: first.leadership.allows(namespace)), timeout=5)
        async with running(kubeconfig, replace(elected, identity="second")) as second:
            first.kill()
            await never(when(lambda: second.leadership.allows(namespace)), during=1.0, what="took over too early")
            await eventually(when(lambda: second.leadership.allows(namespace)), timeout=5)


async def test_a_stolen_lease_ends_the_operator_and_its_writes(
    widgets: None, client: KubeClient, kubeconfig: Path, elected: Settings, namespace: str
) -> None:
    async with running(kubeconfig, elected) as operator:
        await eventually(when(lambda: operator.leadership.allows(namespace)), timeout=5)
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
        await eventually(when(lambda: held(first) == 4), timeout=5, what="all shards, while alone")
        async with running(kubeconfig, replace(sharded, identity="second")) as second:
            await eventually(when(lambda: (held(first), held(second)) == (2, 2)), timeout=10, what="two shards each")
            first.kill()
            await eventually(when(lambda: held(second) == 4), timeout=10, what="all shards, alone again")


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
        await eventually(when(lambda: counted() == 1), timeout=10)
        theft = {"spec": {"holderIdentity": "thief", "leaseDurationSeconds": 60}}
        shard = f"wharfinger-shard-{shard_of(namespace, 2)}"
        await client.patch(LEASE, (namespace, shard), theft, manager="user")
        await eventually(when(lambda: counted() is None), timeout=10, what="nothing is counted")


@pytest.mark.parametrize(("shards", "names"), [(1, ["wharfinger"]), (2, ["wharfinger-shard-0", "wharfinger-shard-1"])])
async def test_who_leads_nothing_yet_says_so(
    kubeconfig: Path, elected: Settings, shards: int, names: list[str]
) -> None:
    """An alert that nobody leads needs series that it can add up to 0."""
    async with KubeClient(Connection.from_kubeconfig(kubeconfig)) as own:
        registry = Operator(own, [CONTROLLER], replace(elected, shards=shards)).metrics.registry
    assert [registry.get_sample_value("wharfinger_leader", {"lease": name}) for name in names] == [0.0] * shards
