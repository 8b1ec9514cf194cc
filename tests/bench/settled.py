"""(b) and (d) to (h), on simulated nodes: until all is Ready, and what an operator costs that has nothing to do.

The workloads of the last turn of (b) stay; the other figures are taken from them.
"""

from __future__ import annotations

import asyncio
import functools
import re
from collections import Counter
from collections.abc import Collection
from time import perf_counter

import orjson

from tests.bench.bare import Arrivals, each, name_in
from tests.bench.figures import Figure, of_samples, tell
from tests.bench.process import Labels, OperatorProcess, is_ready, requests, samples
from tests.bench.ready import Settled, populate, reach
from tests.bench.scene import CONTROLLERS, Scene, names
from tests.bench.written import written
from wharfinger.api.builtin import DEPLOYMENT, POD
from wharfinger.api.resource import Object

_BASE, _EACH = 110e6, 12e3
"""(g): bytes, and bytes an owned object."""
_CAUGHT_UP = 10.0
_DELETIONS = 100
_ROUNDS = 5


async def measure(scene: Scene, n: int, parts: Collection[str], repetitions: int, idle_seconds: float) -> list[Figure]:
    """The parts asked for, after all workloads are Ready (without nodes: after all children are written)."""
    if scene.has_nodes:
        settled, figures = await reach(scene, n, repetitions if "ready" in parts else 1, compare="ready" in parts)
        _stop(scene, *CONTROLLERS, "kwok")
    else:  # nobody makes pods that would wait for a node, and none of their events are in the way
        _stop(scene, *CONTROLLERS)
        settled, figures = await populate(scene, n), []
    measurements = {
        "restart": functools.partial(_restart, scene, settled),
        "idle": functools.partial(_idle, scene, settled, idle_seconds),
        "events": functools.partial(_events, scene, settled),
        "heal": functools.partial(_heal, scene, settled),
    }
    for part, measured in measurements.items():
        if part in parts:
            tell(f"{part}, {n}")
            figures += await measured()
    return figures


def _stop(scene: Scene, *components: str) -> None:
    for component in components:
        scene.cluster.stop(component)


# (e) and (g)


async def _restart(scene: Scene, settled: Settled) -> list[Figure]:
    """Start an operator that finds everything in place; caught up is when it has looked at each workload."""
    n = settled.n
    before = await requests(scene.client)
    async with scene.operating(settled.namespace, wait=False) as operator:
        loaded = await operator.until(is_ready, 300, "ready")
        caught_up = await operator.until(lambda each: _looked_at(each) >= n, 300, "caught up")
        await operator.quiet()
        resident, cpu = operator.resident(), operator.cpu()
        owned = _owned(operator)
    writes = written(await requests(scene.client) - before)
    return [
        Figure(name="e: restart, caught up", n=n, value=caught_up - operator.started, unit="s", target=_CAUGHT_UP),
        Figure(name="e: restart, caches full", n=n, value=loaded - operator.started, unit="s"),
        Figure(name="e: restart, CPU", n=n, value=cpu, unit="s"),
        Figure(name="e: restart, writes", n=n, value=writes, unit="", target=0),
        Figure(
            name="g: memory",
            n=n,
            value=resident / 1e6,
            unit="MB",
            target=(_BASE + _EACH * owned) / 1e6,
            note=f"{owned} owned objects",
        ),
        Figure(name="g: memory an owned object beyond 110 MB", n=n, value=(resident - _BASE) / owned / 1e3, unit="KB"),
    ]


def _looked_at(operator: OperatorProcess) -> float:
    """How many reconciles have ended."""
    return operator.total("wharfinger_reconciles_total")


def _owned(operator: OperatorProcess) -> int:
    """Objects in the caches that belong to workloads: children, and pods."""
    text = operator.ask("/metrics") or ""
    found = re.findall(r'^wharfinger_store_objects\{resource="([^"]+)"\} (\S+)$', text, re.MULTILINE)
    others = ("containerworkloads", "nodes", "events", "content-")
    return int(sum(float(count) for resource, count in found if not resource.startswith(others)))


# (f)


async def _idle(scene: Scene, settled: Settled, seconds: float) -> list[Figure]:
    """What the operator sends while nothing happens; beside it what the server served, its own loops included."""
    async with scene.operating(settled.namespace, leader_election=True) as operator:
        await operator.quiet()
        sent, served, cpu = _sent(operator), await requests(scene.client), operator.cpu()
        await asyncio.sleep(seconds)
        cpu = operator.cpu() - cpu
        sent, served = _sent(operator) - sent, await requests(scene.client) - served
    note = ", ".join(f"{verb} {resource} {count}" for (verb, resource, _), count in served.items() if verb != "WATCH")
    return [
        Figure(
            name=f"f: idle, requests in {seconds:.0f} s but watches and the Lease",
            n=settled.n,
            value=sent.total(),
            unit="",
            target=0,
            note=f"all that the server served: {note}",
        ),
        Figure(name="f: idle, CPU", n=settled.n, value=100 * cpu / seconds, unit="% of a core"),
    ]


def _sent(operator: OperatorProcess) -> Counter[Labels]:
    """Requests of the operator by verb and resource, as it counts them itself."""
    counted: Counter[Labels] = Counter()
    for labels, value in samples(operator.ask("/metrics") or "", "wharfinger_api_requests_total").items():
        of = dict(labels)
        if of["verb"] != "watch" and not of["resource"].startswith("leases"):
            counted[of["verb"], of["resource"]] += int(value)
    return counted


# (c), the other half


async def _events(scene: Scene, settled: Settled) -> list[Figure]:
    """CPU of pods' events in bulk: such as tell nothing new, and such as have a workload looked at again."""
    silent = {"status": {"hostIP": "192.0.2.{}", "hostIPs": [{"ip": "192.0.2.{}"}]}}
    telling = {"metadata": {"annotations": {"bench.wharfinger.dev/round": "{}"}}}
    async with scene.operating(settled.namespace) as operator:
        await operator.quiet()
        taken_in = await _cpu_an_event(scene, settled, operator, "/status", silent)
        looked_at = await _cpu_an_event(scene, settled, operator, "", telling)
    return [
        Figure(name="c: CPU a watch event", n=settled.n, value=taken_in, unit="ms", target=0.05),
        Figure(name="c: CPU a watch event with a reconcile", n=settled.n, value=looked_at, unit="ms"),
    ]


async def _cpu_an_event(
    scene: Scene, settled: Settled, operator: OperatorProcess, subresource: str, patch: Object
) -> float:
    """Milliseconds of the operator's CPU, after five patches of every pod."""
    pods = [each["metadata"]["name"] for each in (await scene.client.get(POD.path(settled.namespace)))["items"]]
    events, cpu = operator.total("wharfinger_watch_events_total"), operator.cpu()
    for number in range(1, _ROUNDS + 1):
        body = orjson.dumps(patch).replace(b"{}", str(number).encode())
        send = functools.partial(_patch, scene, body)
        await each([f"{POD.path(settled.namespace, pod)}{subresource}" for pod in pods], send)
    await operator.quiet()
    cpu = operator.cpu() - cpu
    return 1000 * cpu / (operator.total("wharfinger_watch_events_total") - events)


async def _patch(scene: Scene, body: bytes, target: str) -> None:
    await scene.client.send("PATCH", target, body, "application/merge-patch+json")


# (h)


async def _heal(scene: Scene, settled: Settled) -> list[Figure]:
    """Delete Deployments one after the other; a watch sees each go and come back."""
    gone: dict[bytes, float] = {}
    waits: list[float] = []
    back = Arrivals(1)

    def take(line: bytes) -> None:
        if line.startswith(b'{"type":"DELETED"'):
            gone[name_in(line)] = perf_counter()
        elif line.startswith(b'{"type":"ADDED"'):
            waits.append(perf_counter() - gone[name_in(line)])
            back.add(name_in(line))

    async with scene.operating(settled.namespace) as operator:
        await operator.quiet()
        async with scene.client.following(DEPLOYMENT.path(settled.namespace), take):
            for name in names(min(_DELETIONS, settled.n)):
                back = Arrivals(1)
                await scene.client.send("DELETE", DEPLOYMENT.path(settled.namespace, name))
                await back.complete(30)
    return [of_samples("h: a deleted child is back", settled.n, [1000 * wait for wait in waits], "ms", target=50)]
