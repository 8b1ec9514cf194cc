"""Simulated nodes of a test's own, for tasks that follow nodes."""

from __future__ import annotations

from collections.abc import Iterable

from tests.support.tasks import running
from tests.support.waiting import eventually
from tests.support.world import World
from wharfinger.api.builtin import NODE
from wharfinger.api.resource import Object
from wharfinger.engine.errors import NotFound
from wharfinger.rollout.tasks.task import Task


class Nodes:
    """Simulated nodes of the test's own."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.label = f"example.com/{world.namespace}"
        self.made: list[str] = []

    def called(self, name: str) -> str:
        return f"{name}-{self.world.namespace}"

    async def add(self, name: str, **labels: str) -> str:
        """A node that runs pods."""
        full = self.called(name)
        marks = {"kubernetes.io/hostname": full, self.label: "yes", "wharfinger.dev/node": "simulated"}
        annotations = {"kwok.x-k8s.io/node": "fake"}
        room = {"cpu": "8", "memory": "8Gi", "pods": "110"}
        body = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": full, "labels": marks | labels, "annotations": annotations},
            "status": {"capacity": room, "allocatable": room},
        }
        await self.world.client.create(NODE, body)
        self.made.append(full)

        async def ready() -> bool:
            node = await self.world.client.get(NODE, "", full)
            conditions = {each["type"]: each["status"] for each in node.get("status", {}).get("conditions", ())}
            return conditions.get("Ready") == "True" and not node["spec"].get("taints")

        await eventually(ready, what=f"{full} takes pods")
        return full

    async def change(self, name: str, patch: Object) -> None:
        await self.world.client.patch(NODE, ("", self.called(name)), patch, manager="kubectl-edit")

    async def delete(self, name: str) -> None:
        try:
            await self.world.client.delete(NODE, ("", name))
        except NotFound:
            return

    def on(self, tasks: Iterable[Task]) -> set[str]:
        """Where tasks run, without the namespace."""
        return {(task.node or "").removesuffix(f"-{self.world.namespace}") for task in running(tasks)}
