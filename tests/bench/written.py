"""(a) and (c): how long until the last child is written, and the CPU that a write costs.

No controllers run, so that both cores do nothing but these writes. A bare watch of the Deployments, which are written
last, says when the last one is there: for the operator and for the bare client alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter, process_time

from tests.bench.bare import added, each
from tests.bench.figures import Figure, of_samples, tell
from tests.bench.process import Labels, requests
from tests.bench.recipe import SERVED, Recipe, make_children, make_workload
from tests.bench.scene import CONTROLLERS, Scene, names
from wharfinger.api.builtin import DEPLOYMENT

_TIMEOUT = 900.0
"""Seconds; five thousand workloads are thirty thousand writes."""
_WRITES = frozenset({"POST", "PUT", "PATCH", "APPLY", "DELETE"})


@dataclass(frozen=True, slots=True)
class Turn:
    """One side, once."""

    seconds: float
    cpu: float
    """Seconds of CPU of the process that wrote the children."""
    writes: int
    """Requests that this process wrote with."""


async def measure(scene: Scene, n: int, repetitions: int) -> list[Figure]:
    """Operator and bare client by turns, each going first as often as the other."""
    recipe = await scene.record(SERVED)
    for controller in CONTROLLERS:
        scene.cluster.stop(controller)
    ours: list[Turn] = []
    bare: list[Turn] = []
    for number in range(repetitions):
        for by_operator in (number % 2 == 0, number % 2 == 1):
            side, turns = (_operator, ours) if by_operator else (_bare, bare)
            turns.append(await side(scene, recipe, n))
            tell(f"written, {n}: {side.__name__.strip('_')} {turns[-1].seconds:.2f} s")
    return _figures(n, recipe, ours, bare)


async def _operator(scene: Scene, recipe: Recipe, n: int) -> Turn:
    namespace = await scene.namespace()
    async with scene.operating(namespace) as operator:
        await operator.quiet()
        before, cpu = await requests(scene.client), operator.cpu()
        async with scene.client.watching(DEPLOYMENT.path(namespace), added, n) as arrivals:
            start = perf_counter()
            await each(names(n), lambda name: make_workload(scene.client, recipe, namespace, name))
            seconds = await arrivals.complete(_TIMEOUT) - start
        await operator.quiet()
        cpu = operator.cpu() - cpu
        sent = await requests(scene.client) - before
    return Turn(seconds, cpu, written(sent) - n)


async def _bare(scene: Scene, recipe: Recipe, n: int) -> Turn:
    namespace = await scene.namespace()

    async def make(name: str) -> None:
        uid = await make_workload(scene.client, recipe, namespace, name)
        await make_children(scene.client, recipe, namespace, name, uid)

    async with scene.client.watching(DEPLOYMENT.path(namespace), added, n) as arrivals:
        start, cpu = perf_counter(), process_time()
        await each(names(n), make)
        seconds = await arrivals.complete(_TIMEOUT) - start
    return Turn(seconds, process_time() - cpu, n * (1 + len(recipe.children)))


def written(sent: Counter[Labels]) -> int:
    """How many of the requests were writes, those of the API server to itself left out: a Service's IPAddress."""
    own = {"leases", "tokenreviews", "subjectaccessreviews", "endpointslices", "ipaddresses"}
    return sum(count for (verb, resource, _), count in sent.items() if verb in _WRITES and resource not in own)


def _figures(n: int, recipe: Recipe, ours: Sequence[Turn], bare: Sequence[Turn]) -> list[Figure]:
    ratios = [a.seconds / b.seconds for a, b in zip(ours, bare, strict=True)]
    note = f"{n} resources, {n * len(recipe.children)} children"
    return [
        of_samples("a: written, over bare client", n, ratios, "", target=1.05, note=note),
        of_samples("a: written by the operator", n, [turn.seconds for turn in ours], "s"),
        of_samples("a: written by the bare client", n, [turn.seconds for turn in bare], "s"),
        of_samples("c: CPU a write", n, [1000 * turn.cpu / turn.writes for turn in ours], "ms", target=0.3),
        of_samples("c: CPU a write, bare client", n, [1000 * turn.cpu / turn.writes for turn in bare], "ms"),
        of_samples("d: writes a workload, no pods", n, [turn.writes / n for turn in ours], ""),
    ]
