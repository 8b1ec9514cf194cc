"""Simulated nodes of a test's own, pods on them, and the policies about them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.support.waiting import eventually, until
from tests.support.world import World, condition

from wharfinger.api import API_VERSION
from wharfinger.api.builtin import DEPLOYMENT, NODE, POD, POD_DISRUPTION_BUDGET
from wharfinger.api.kinds import NODE_POLICY
from wharfinger.api.resource import Object
from wharfinger.cluster.nodes.simulated import node as simulated
from wharfinger.engine.errors import NotFound

PATIENCE = 90.0
"""Seconds: machines that run tests may be slow."""
SCENE = "example.com/scene"
"""Label of the nodes of one test, which no other test's pods prefer."""


@dataclass
class Scene:
    """Everything is named after the test's namespace, since nodes and policies are in none."""

    world: World
    nodes: list[str] = field(default_factory=list)
    _policies: list[str] = field(default_factory=list)

    # Nodes

    async def join(self, *, schedulable: bool = True, **labels: str) -> str:
        """A node of kwok's, once it takes pods; where something will cordon it, once it is ready."""
        name = f"{self.world.namespace}-{len(self.nodes)}"
        body = simulated(name)
        body["metadata"]["labels"] |= {SCENE: self.world.namespace, **labels}
        await self.world.client.create(NODE, body)
        self.nodes.append(name)
        await self.node(name, lambda node: _ready(node) and not (schedulable and node["spec"].get("taints")))
        return name

    async def node(self, name: str, holds: Callable[[Object], Any] = lambda _node: True) -> Object:
        """The node, once that holds of it."""
        return await until(lambda: self.world.client.get(NODE, "", name), holds, timeout=PATIENCE, what=f"node {name}")

    async def edit(self, name: str, patch: Object) -> Object:
        """Change a node by hand."""
        return await self.world.client.patch(NODE, ("", name), patch, manager="kubectl-edit")

    async def vanish(self, name: str) -> None:
        """The node is deleted."""
        with suppress(NotFound):
            await self.world.client.delete(NODE, ("", name))

    # Policies

    def called(self, name: str) -> str:
        """Full name of the policy that the test calls so."""
        return f"{self.world.namespace}-{name}"

    async def policy(self, name: str, **spec: Any) -> Object:
        """Apply a policy, as kubectl would."""
        full = self.called(name)
        self.keep_for_clearing(full)
        body = {"apiVersion": API_VERSION, "kind": "NodePolicy", "metadata": {"name": full}, "spec": spec}
        return await self.world.client.apply(NODE_POLICY, body, manager="kubectl")

    def keep_for_clearing(self, full: str) -> None:
        """A policy that goes with the scene, whoever made it."""
        self._policies.append(full)

    async def told(self, name: str, holds: Callable[[Object], Any]) -> Object:
        """The policy, once that holds of it, and its status is about its newest generation."""

        def current(obj: Object) -> Any:
            return obj["status"].get("observedGeneration") == obj["metadata"]["generation"] and holds(obj)

        return await self.world.until(NODE_POLICY, self.called(name), current, timeout=PATIENCE)

    async def ready(self, name: str) -> Object:
        """The policy, once its nodes are what it says."""
        return await self.told(name, lambda obj: condition(obj, "Ready").get("status") == "True")

    async def delete(self, name: str) -> None:
        """Delete a policy, and wait until it is gone."""
        await self.world.client.delete(NODE_POLICY, ("", self.called(name)))
        await self.world.gone(NODE_POLICY, self.called(name), timeout=PATIENCE)

    # Pods

    async def deployment(self, name: str, *, replicas: int, healthy: int | None = None) -> None:
        """Pods that run on this test's nodes only; `healthy` is what a budget wants of them."""
        pods = {"app": name}
        spec = {**self.pod_spec(), "terminationGracePeriodSeconds": 1}
        template = {"metadata": {"labels": pods}, "spec": spec}
        await self.world.create(
            DEPLOYMENT, name, spec={"replicas": replicas, "selector": {"matchLabels": pods}, "template": template}
        )
        await self.running(name, replicas)
        if healthy is not None:
            await self.world.create(
                POD_DISRUPTION_BUDGET, name, spec={"minAvailable": healthy, "selector": {"matchLabels": pods}}
            )
            await self.world.until(
                POD_DISRUPTION_BUDGET, name, lambda obj: obj.get("status", {}).get("currentHealthy") == replicas
            )

    def pod_spec(self) -> Object:
        """On this test's nodes only."""
        return {
            "nodeSelector": {SCENE: self.world.namespace},
            "containers": [{"name": "main", "image": "registry.example.com/shop/web:1"}],
        }

    async def running(self, name: str, count: int, *, nodes: tuple[str, ...] | None = None) -> list[Object]:
        """The pods of a deployment, once so many are Ready, on these nodes if any are given."""

        async def look() -> list[Object] | None:
            pods = [pod for pod in await self.world.list(POD, f"app={name}") if _ready(pod)]
            here = [pod for pod in pods if nodes is None or pod["spec"].get("nodeName") in nodes]
            return here if len(here) >= count else None

        found = await eventually(look, timeout=PATIENCE, what=f"{count} pods of {name} on {nodes or 'any node'}")
        assert found is not None
        return found

    async def on(self, node: str) -> list[str]:
        """Names of the pods of the test's namespace on a node."""
        return [pod["metadata"]["name"] for pod in await self.world.list(POD) if pod["spec"].get("nodeName") == node]

    async def clear(self) -> None:
        """Take everything away, whether or not an operator lives."""
        for name in self._policies:
            with suppress(NotFound):
                await self.world.client.delete(NODE_POLICY, ("", name))
                await self.world.client.patch(NODE_POLICY, ("", name), {"metadata": {"finalizers": None}})
        await asyncio.gather(*(self.vanish(name) for name in self.nodes))


@asynccontextmanager
async def scene_of(world: World) -> AsyncIterator[Scene]:
    """A scene, cleared at the end."""
    scene = Scene(world)
    try:
        yield scene
    finally:
        await scene.clear()


def cordoned(node: Object) -> bool:
    """Whether the scheduler leaves it out."""
    return bool(node["spec"].get("unschedulable"))


def report_of(policy: Object, node: str) -> Object:
    """What the policy's status says of a node; empty if nothing."""
    found = [each for each in policy["status"].get("nodes", ()) if each["name"] == node]
    return found[0] if found else {}


def reasons(policy: Object, node: str) -> set[str]:
    """What the pods wait for that are still to go."""
    return {each["reason"] for each in report_of(policy, node).get("waiting", ())}


def _ready(obj: Object) -> bool:
    conditions = obj.get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
