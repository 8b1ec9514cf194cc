"""Operators as a whole on a real API server: restarts of it and of them, replicas handed over, work that fails."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.integration.engine.operators import running, until, when
from tests.integration.engine.widgets import CONTROLLER, WIDGET, config, deployment, reconcile, widget
from tests.support.waiting import eventually

from wharfinger.api.builtin import CONFIG_MAP, DEPLOYMENT, NAMESPACE
from wharfinger.api.resource import Object
from wharfinger.cluster import Cluster
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection
from wharfinger.engine.controller import Result
from wharfinger.engine.desired import SCALE_MANAGER
from wharfinger.engine.errors import Forbidden, Gone, Unauthorized, Unavailable
from wharfinger.engine.runtime import Operator
from wharfinger.engine.settings import Settings

pytestmark = pytest.mark.integration

# The view


async def test_the_api_server_restarts(
    widgets: None, client: KubeClient, wharfinger_cluster: Cluster, kubeconfig: Path, settings: Settings, namespace: str
) -> None:
    async with running(kubeconfig, settings) as operator:
        await client.create(WIDGET, widget(namespace, "w", config("a", x="1")), manager="user")
        await until(client, CONFIG_MAP, namespace, "a", bool)
        wharfinger_cluster.restart("kube-apiserver")
        await eventually(_is_served(client, namespace), timeout=60, what="the API server is back")
        await client.delete(CONFIG_MAP, (namespace, "a"))
        await until(client, CONFIG_MAP, namespace, "a", bool)
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
            await until(client, WIDGET, namespace, f"w{index}", lambda w: w.get("status", {}).get("children") == 2)
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
        await until(client, DEPLOYMENT, namespace, "d", lambda d: d["spec"]["replicas"] == 3)
        seen: list[int] = []
        operator.stores[DEPLOYMENT].subscribe(
            lambda _old, new, _origin, _by: seen.append(new["spec"]["replicas"]) if new else None
        )
        without = {"spec": {"children": [deployment("d", env={"A": "1"})]}}
        await client.patch(WIDGET, (namespace, "w"), without, manager="user")

        def changed(obj: Object) -> bool:
            return bool(obj["spec"]["template"]["spec"]["containers"][0].get("env"))

        handed = await until(client, DEPLOYMENT, namespace, "d", changed)
        assert handed["spec"]["replicas"] == 3
        assert any(entry["manager"] == SCALE_MANAGER for entry in handed["metadata"]["managedFields"])
        await asyncio.to_thread(_scale, kubeconfig, namespace, "d", 7, "autoscaler")
        again = {"spec": {"children": [deployment("d", env={"A": "2"})]}}
        await client.patch(WIDGET, (namespace, "w"), again, manager="user")

        def second(obj: Object) -> bool:
            return bool(obj["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] == "2")

        scaled = await until(client, DEPLOYMENT, namespace, "d", second)
        assert scaled["spec"]["replicas"] == 7
        assert 1 not in seen


async def test_initial_replicas_count_at_the_creation_only(
    widgets: None, client: KubeClient, kubeconfig: Path, settings: Settings, namespace: str
) -> None:
    async with running(kubeconfig, settings) as operator:
        await client.create(WIDGET, widget(namespace, "w", deployment("d"), initialReplicas=4), manager="user")
        await until(client, DEPLOYMENT, namespace, "d", lambda d: d["spec"]["replicas"] == 4)
        await asyncio.to_thread(_scale, kubeconfig, namespace, "d", 6, "autoscaler")
        await eventually(
            when(lambda: operator.stores[DEPLOYMENT].get(namespace, "d")["spec"]["replicas"] == 6), timeout=10
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
        await until(client, CONFIG_MAP, namespace, "a", bool)
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
