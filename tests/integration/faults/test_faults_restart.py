"""An operator that starts where everything is in place writes nothing; one that has nothing to do asks for nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from tests.faults.call import Call
from tests.faults.proxy import FaultProxy
from tests.support.operators import running
from tests.support.workloads import HTTP, MODES, V1
from tests.support.world import World

from wharfinger.api.builtin import POD
from wharfinger.api.resource import Object
from wharfinger.engine.connection import Connection
from wharfinger.engine.lease import LeaseTiming
from wharfinger.engine.operator import Operator

_QUIET = 3.0
"""Seconds in which an idle operator is looked at: longer than any of its delays."""

_WATCHES = {"configmaps": 2}
"""Watches of one resource, where they are more than one: those that we own, and the content of all."""

EVERYTHING: Object = {
    "image": V1,
    "replicas": 2,
    "command": ["/bin/web"],
    "args": ["--listen=:8080"],
    "env": [{"name": "ME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, {"name": "EMPTY", "value": ""}],
    "ports": [HTTP, {"name": "metrics", "containerPort": 9090, "protocol": "TCP"}],
    "resources": {"requests": {"cpu": "1000m", "memory": "1024Mi"}, "limits": {"memory": "1Gi"}},
    "healthCheck": {"httpGet": {"path": "/healthz", "port": "http"}, "onUnhealthy": "restart"},
    "files": [{"path": "/etc/web/config", "content": "one"}, {"path": "/etc/web/mode", "content": "x", "mode": 256}],
    "storage": [{"name": "cache", "path": "/var/cache/web", "size": "1Gi", "retain": False}],
    "route": {"hosts": ["web.example.com"], "tls": {"secretName": "web-tls"}},
    "autoscale": {"minReplicas": 2, "maxReplicas": 5},
    "disruption": {"minAvailable": "50%"},
    "network": {"ingress": [{"fromWorkloads": ["gateway"]}], "egress": [{"dns": True}]},
    "serviceAccount": {"create": True},
    "terminationGracePeriod": "45s",
    "pod": {
        "priorityClassName": "system-node-critical",
        "containers": [{"name": "proxy", "image": "registry.example.com/proxy:2"}],
        "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "1024Mi"}}],
    },
}
"""Every block at once, with values that a server writes back in another way."""


def writes(call: Call) -> bool:
    """Every write, Events as well."""
    return call.write


@pytest.fixture
async def proxy(world: World) -> AsyncIterator[FaultProxy]:
    """Writes down what an operator asks."""
    async with FaultProxy(Connection.from_kubeconfig(world.kubeconfig)) as opened:
        yield opened


async def _in_place(world: World) -> None:
    """A workload of every mode, and one with every block, all of them Ready; no operator."""
    async with running(world.kubeconfig, namespaces=(world.namespace,)) as operator:
        await world.workload("everything", **EVERYTHING)
        for mode, spec in MODES.items():
            await world.workload(mode, **spec)
        for name in ("everything", *MODES):
            await world.ready(name)
        await operator.wait_idle()


def _said(proxy: FaultProxy) -> list[str]:
    return [f"{each.call.method} {each.call.path}: {each.call.body[:500]!r}" for each in proxy.answered(writes)]


async def test_a_restart_writes_nothing(world: World, proxy: FaultProxy) -> None:
    await _in_place(world)
    async with running(world.kubeconfig, connection=proxy.connection, namespaces=(world.namespace,)) as second:
        await second.wait_idle()
        assert second.queue("containerworkloads") is not None
        assert _reconciled(second) >= len(MODES) + 1, "each of them has been looked at"
    assert _said(proxy) == []


async def test_an_idle_operator_asks_for_nothing(world: World, proxy: FaultProxy) -> None:
    await _in_place(world)
    async with running(
        world.kubeconfig,
        connection=proxy.connection,
        namespaces=(world.namespace,),
        leader_election=True,
        lease_namespace=world.namespace,
        timing=LeaseTiming(duration=3, deadline=2, retry=0.5),
    ) as second:
        await second.wait_idle()
        before = len(proxy.exchanges)
        await asyncio.sleep(_QUIET)
        asked = [each.call for each in proxy.exchanges[before:]]
    assert {call.resource for call in asked if call.verb != "watch"} == {"leases"}
    assert sum(call.verb != "watch" for call in asked) <= _QUIET / 0.5 + 1
    watched = Counter(call.resource for call in asked if call.verb == "watch")
    assert all(count <= _WATCHES.get(resource, 1) for resource, count in watched.items()), watched


async def test_pods_that_come_and_go_cost_no_writes_but_status(world: World, proxy: FaultProxy) -> None:
    """A pod deleted by hand is its Deployment's business."""
    async with running(world.kubeconfig, connection=proxy.connection, namespaces=(world.namespace,)) as operator:
        await world.workload("web", **MODES["service"])
        await world.ready("web")
        await operator.wait_idle()
        before = len(proxy.answered(writes))
        victim = (await world.list(POD))[0]["metadata"]["name"]
        await world.delete(POD, victim)
        await world.gone(POD, victim)
        await world.ready("web")
        await operator.wait_idle()
        calls = [each.call for each in proxy.answered(writes)[before:]]
    assert {call.subresource for call in calls} <= {"status"}


def _reconciled(operator: Operator) -> float:
    count = operator.metrics.registry.get_sample_value(
        "wharfinger_reconciles_total", {"kind": "ContainerWorkload", "result": "success"}
    )
    return count or 0.0
