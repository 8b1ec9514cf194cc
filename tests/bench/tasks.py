"""(i): a rolling update of one workload of mode ``tasks``: requests that write, and CPU of the operator, a task."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any, Final

import orjson

from tests.bench.figures import Figure, of_samples, tell
from tests.bench.scene import Scene
from wharfinger.api import API_VERSION
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object

PARALLELISM: Final = 50
_NAME: Final = "tasks"
_TIMEOUT: Final = 1200.0


async def measure(scene: Scene, n: int, repetitions: int) -> list[Figure]:
    """Update all of `n` tasks, so many at a time, several times over."""
    namespace = await scene.namespace()
    writes, cpu, seconds = [], [], []
    async with scene.operating(namespace) as operator:
        await scene.client.send("POST", CONTAINER_WORKLOAD.path(namespace), orjson.dumps(_workload(namespace, n)))
        await _complete(scene, namespace, 1)
        for turn in range(repetitions):
            await operator.quiet()
            sent, used, start = operator.written(), operator.cpu(), perf_counter()
            await _change(scene, namespace, turn)
            await _complete(scene, namespace, turn + 2)
            seconds.append(perf_counter() - start)
            await operator.quiet()
            writes.append((operator.written() - sent) / n)
            cpu.append(1000 * (operator.cpu() - used) / n)
            tell(f"tasks, {n}: {writes[-1]:.2f} writes and {cpu[-1]:.2f} ms a task in {seconds[-1]:.0f} s")
    note = f"rolling update, parallelism {PARALLELISM}"
    return [
        of_samples("i: tasks, writes a task", n, writes, "", target=2.2, note=note),
        of_samples("i: tasks, CPU a task", n, cpu, "ms", target=1.0, note=note),
        of_samples("i: tasks, the update took", n, seconds, "s"),
    ]


def _workload(namespace: str, n: int) -> Object:
    update = {"parallelism": PARALLELISM, "monitor": "1s"}
    spec = {"mode": "tasks", "image": "registry.example.com/shop/web:1", "replicas": n, "tasks": {"update": update}}
    metadata = {"name": _NAME, "namespace": namespace}
    return {"apiVersion": API_VERSION, "kind": CONTAINER_WORKLOAD.kind, "metadata": metadata, "spec": spec}


async def _change(scene: Scene, namespace: str, turn: int) -> None:
    patch = {"spec": {"image": f"registry.example.com/shop/web:{turn + 2}"}}
    path = CONTAINER_WORKLOAD.path(namespace, _NAME)
    await scene.client.send("PATCH", path, orjson.dumps(patch), "application/merge-patch+json")


async def _complete(scene: Scene, namespace: str, generation: int) -> None:
    """Wait until that generation runs in full, asked once a second: asking costs the operator nothing."""
    limit = perf_counter() + _TIMEOUT
    while not _runs(await scene.client.get(CONTAINER_WORKLOAD.path(namespace, _NAME)), generation):
        if perf_counter() > limit:
            raise RuntimeError(f"the tasks are not updated after {_TIMEOUT:.0f} s")
        await asyncio.sleep(1)


def _runs(workload: Object, generation: int) -> bool:
    conditions: list[dict[str, Any]] = workload.get("status", {}).get("conditions", [])
    return any(
        each["type"] == "Ready" and each["status"] == "True" and each.get("observedGeneration") == generation
        for each in conditions
    )
