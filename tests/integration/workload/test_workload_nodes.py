"""A node dies: its pods come back on others, also those that no controller of Kubernetes stands behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from tests.support.nodes import timestamp
from tests.support.operators import running
from tests.support.waiting import eventually
from tests.support.workloads import MODES, V1, pods_of, problem_reasons
from tests.support.world import World, condition

from wharfinger.api.builtin import NODE, POD
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.errors import NotFound
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Node:
    """A node of which the test is the kubelet, until that dies."""

    world: World
    name: str

    async def join(self) -> None:
        """Appear, ready, with room."""
        labels = {"kubernetes.io/hostname": self.name, "example.com/doomed": self.world.namespace}
        await self.world.client.create(
            NODE, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": self.name, "labels": labels}}
        )
        room = {"cpu": "8", "memory": "8Gi", "pods": "110"}
        await self.says(ready="True", capacity=room, allocatable=room)

        async def schedulable() -> bool:
            return not (await self.world.client.get(NODE, "", self.name))["spec"].get("taints")

        await eventually(schedulable, what=f"{self.name} takes pods")

    async def says(self, *, ready: str, **status: Any) -> None:
        """Write the node's status."""
        condition = {
            "type": "Ready",
            "status": ready,
            "reason": "Test",
            "lastHeartbeatTime": timestamp(),
            "lastTransitionTime": timestamp(),
        }
        patch = {"status": {"conditions": [condition], **status}}
        await self.world.client.patch(NODE, ("", self.name), patch, subresource="status", manager="kubelet")

    async def run(self, name: str) -> Object:
        """Take the pod of that workload, and run it."""

        async def bound() -> list[Object]:
            return [pod for pod in await pods_of(self.world, name) if pod["spec"].get("nodeName") == self.name]

        pod = (await eventually(bound, what=f"a pod of {name} on {self.name}"))[0]
        conditions = [
            {"type": kind, "status": "True", "lastTransitionTime": timestamp()}
            for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
        ]
        await self.world.client.patch(
            POD,
            (self.world.namespace, pod["metadata"]["name"]),
            {"status": {"phase": "Running", "conditions": conditions}},
            subresource="status",
            manager="kubelet",
        )
        return pod

    async def vanish(self) -> None:
        """Be deleted, as a cloud does it."""
        with suppress(NotFound):
            await self.world.client.delete(NODE, ("", self.name))


@pytest.fixture
async def doomed(world: World) -> AsyncIterator[Node]:
    node = Node(world, f"doomed-{world.namespace}")
    await node.join()
    yield node
    await node.vanish()


@pytest.fixture
async def cluster_operator(world: World) -> AsyncIterator[Operator]:
    """An operator of all namespaces: only such a one may watch nodes."""
    async with running(world.kubeconfig) as started:
        yield started


def attracted(node: Node) -> Object:
    """A pod that prefers that node, and leaves it soon when it does not answer."""
    expression = {"key": "example.com/doomed", "operator": "In", "values": [node.world.namespace]}
    preferred = [{"weight": 100, "preference": {"matchExpressions": [expression]}}]
    tolerations = [
        {"key": f"node.kubernetes.io/{taint}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 1}
        for taint in ("not-ready", "unreachable")
    ]
    return {
        "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}},
        "tolerations": tolerations,
        "terminationGracePeriodSeconds": 1,
    }


async def replaced(world: World, name: str, old: Object) -> bool:
    """Whether a pod on a living node runs in the place of `old`."""
    return any(
        pod["metadata"]["uid"] != old["metadata"]["uid"] and pod["spec"].get("nodeName") != old["spec"]["nodeName"]
        for pod in await pods_of(world, name)
    )


@pytest.mark.parametrize("mode", ["service", "pod"])
async def test_pods_of_a_node_that_does_not_answer_come_back(
    world: World, cluster_operator: Operator, doomed: Node, mode: str
) -> None:
    await world.workload("web", mode=mode, image=V1, pod=attracted(doomed))
    old = await doomed.run("web")
    await world.ready("web")
    await doomed.says(ready="False")
    await eventually(partial(replaced, world, "web", old), what="the pod is made again elsewhere")
    await world.ready("web")


async def test_pods_of_a_node_that_is_gone_come_back(world: World, cluster_operator: Operator, doomed: Node) -> None:
    """Kubernetes' garbage collector waits 40 s for a node to come back, and looks each 20 s: all modes in one wait."""
    old = {}
    for mode in ("service", "pod"):
        await world.workload(mode, mode=mode, image=V1, pod=attracted(doomed))
        old[mode] = await doomed.run(mode)
        await world.ready(mode)
    await doomed.vanish()
    for mode, pod in old.items():
        await eventually(partial(replaced, world, mode, pod), timeout=120, what=f"the {mode} is made again elsewhere")
        await world.ready(mode)


async def test_a_stateful_pod_waits_for_a_person(world: World, cluster_operator: Operator, doomed: Node) -> None:
    """Two pods of one identity may write to one volume: nobody but a person may say that the node is dead."""
    await world.workload("db", mode="stateful", image=V1, pod=attracted(doomed))
    old = await doomed.run("db")
    await world.ready("db")
    await doomed.says(ready="False")
    await world.until(POD, "db-0", lambda pod: "deletionTimestamp" in pod["metadata"])
    await world.until(CONTAINER_WORKLOAD, "db", lambda found: condition(found, "Ready")["status"] == "False")
    still_there = await world.get(POD, "db-0")
    assert still_there is not None
    assert still_there["metadata"]["uid"] == old["metadata"]["uid"]
    taint = {"key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown", "effect": "NoExecute"}
    node = await world.client.get(NODE, "", doomed.name)
    taints = [*node["spec"].get("taints", ()), taint]
    await world.client.patch(NODE, ("", doomed.name), {"spec": {"taints": taints}})
    await eventually(partial(replaced, world, "db", old), timeout=60, what="the pod is made again elsewhere")
    await world.ready("db")


async def test_an_evicted_bare_pod_is_made_again(world: World, cluster_operator: Operator, doomed: Node) -> None:
    await world.workload("web", **MODES["pod"], pod=attracted(doomed))
    old = await doomed.run("web")
    await world.ready("web")
    evicted = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}
    await world.client.patch(
        POD, (world.namespace, "web"), {"status": evicted}, subresource="status", manager="kubelet"
    )

    async def another() -> bool:
        pod = await world.get(POD, "web")
        return pod is not None and pod["metadata"]["uid"] != old["metadata"]["uid"]

    await eventually(another, timeout=40, what="the pod is made again")


async def test_a_pod_that_hangs_on_a_dead_node_is_named(world: World, cluster_operator: Operator, doomed: Node) -> None:
    await world.workload("web", image=V1, pod=attracted(doomed))
    pod = await doomed.run("web")
    await world.ready("web")
    await world.client.patch(
        POD,
        (world.namespace, pod["metadata"]["name"]),
        {"status": {"phase": "Unknown", "reason": "NodeLost", "message": "node stopped answering"}},
        subresource="status",
        manager="node-controller",
    )
    await world.client.patch(
        POD,
        (world.namespace, pod["metadata"]["name"]),
        {"status": {"conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": timestamp()}]}},
        subresource="status",
        manager="node-controller",
    )
    await world.until(CONTAINER_WORKLOAD, "web", lambda found: "NodeLost" in problem_reasons(found))
