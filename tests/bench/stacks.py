"""(j): N services in Stacks beside the very same N workloads written by hand: until all is Ready, CPU, and writes.

Three sides take turns: ten Stacks of N/10 services each, N Stacks of one, and none. Without Stacks a bare client writes
what the Stacks' documents convert to, workloads and what stands beside them, and the operator has the rest to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import orjson

from tests.bench.bare import each, ready
from tests.bench.figures import Figure, of_samples, tell
from tests.bench.scene import Scene, names
from tests.support.composing import parser
from wharfinger.api import API_VERSION
from wharfinger.api.kinds import CONTAINER_WORKLOAD, STACK
from wharfinger.api.resource import Object
from wharfinger.compose.convert import convert
from wharfinger.compose.parser import Source
from wharfinger.reconcilers.stack.children import resource_of

_TIMEOUT: Final = 1200.0
_TEN: Final = 10
_SERVICE: Final = {
    "image": "registry.example.com/shop/web:1.4",
    "restart": "always",
    "environment": {"LOG_LEVEL": "info"},
    "expose": ["8080"],
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One side, once."""

    seconds: float
    cpu: float
    """Seconds of CPU of the operator, and of the parser that it started."""
    writes: float
    """Requests to write: the client's, that began it, and the operator's."""


async def measure(scene: Scene, n: int, repetitions: int) -> list[Figure]:
    """All sides by turns, each round beginning with another."""
    sides = {"ten": split(names(n), min(n, _TEN)), "single": split(names(n), n), "none": split(names(n), 0)}
    turns: dict[str, list[Turn]] = {side: [] for side in sides}
    for number in range(repetitions):
        first = number % len(sides)
        for side in [*sides, *sides][first : first + len(sides)]:
            turns[side].append(await _turn(scene, n, sides[side]))
            tell(f"stacks, {n}: {side} {turns[side][-1].seconds:.2f} s, CPU {turns[side][-1].cpu:.2f} s")
    return _figures(n, turns)


def split(services: Sequence[str], stacks: int) -> list[list[str]]:
    """The services of each of so many Stacks, in shares as equal as may be."""
    return [list(services[number::stacks]) for number in range(stacks)]


async def _turn(scene: Scene, n: int, stacks: Sequence[Sequence[str]]) -> Turn:
    """Write what one side writes, and wait until every workload is Ready, and every Stack."""
    namespace = await scene.namespace()
    bodies = _stacks(namespace, stacks) if stacks else _plain(namespace, names(n))
    async with scene.operating(namespace) as operator, AsyncExitStack() as watches:
        await operator.quiet()
        sent, cpu = operator.written(), operator.cpu_with_children()
        wanted = [(CONTAINER_WORKLOAD, n), (STACK, len(stacks))]
        following = [
            await watches.enter_async_context(scene.client.watching(resource.path(namespace), ready, count))
            for resource, count in wanted
            if count
        ]
        start = perf_counter()
        await each(bodies, lambda body: _create(scene, namespace, body))
        ends = await asyncio.gather(*(arrivals.complete(_TIMEOUT) for arrivals in following))
        await operator.quiet()
        cpu, sent = operator.cpu_with_children() - cpu, operator.written() - sent
    return Turn(max(ends) - start, cpu, sent + len(bodies))


def _stacks(namespace: str, stacks: Sequence[Sequence[str]]) -> list[Object]:
    return [
        {
            "apiVersion": API_VERSION,
            "kind": STACK.kind,
            "metadata": {"name": f"stack-{number:05}", "namespace": namespace},
            "spec": {"compose": orjson.dumps({"services": dict.fromkeys(services, _SERVICE)}).decode()},
        }
        for number, services in enumerate(stacks)
    ]


def _plain(namespace: str, services: Sequence[str]) -> list[Object]:
    """The objects that the Stacks would make."""
    text = orjson.dumps({"services": dict.fromkeys(services, _SERVICE)}).decode()
    source = Source(documents=["compose.yaml"], files={"compose.yaml": text}, name="bench")
    return list(convert(parser().parse(source), namespace=namespace, files=source.files).objects)


async def _create(scene: Scene, namespace: str, body: Object) -> None:
    resource = STACK if STACK.describes(body) else resource_of(body)
    await scene.client.send("POST", resource.path(namespace), orjson.dumps(body))


_SIDES: Final = {"ten": "ten Stacks", "single": "Stacks of one", "none": "no Stack"}


def _figures(n: int, turns: Mapping[str, Sequence[Turn]]) -> list[Figure]:
    figures = []
    for side in ("ten", "single"):
        pairs = list(zip(turns[side], turns["none"], strict=True))
        figures += [
            of_samples(f"j: {_SIDES[side]}, Ready, over none", n, [a.seconds / b.seconds for a, b in pairs], ""),
            of_samples(f"j: {_SIDES[side]}, CPU, over none", n, [a.cpu / b.cpu for a, b in pairs], ""),
            of_samples(f"j: {_SIDES[side]}, writes, over none", n, [a.writes / b.writes for a, b in pairs], ""),
        ]
    for side, taken in turns.items():
        figures += [
            of_samples(f"j: {_SIDES[side]}, Ready", n, [turn.seconds for turn in taken], "s"),
            of_samples(f"j: {_SIDES[side]}, CPU", n, [turn.cpu for turn in taken], "s"),
            of_samples(f"j: {_SIDES[side]}, writes a service", n, [turn.writes / n for turn in taken], ""),
        ]
    return figures
