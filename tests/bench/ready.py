"""(b) and (d): how long until everything is Ready on simulated nodes, and how many writes that took.

The bare client creates the same Deployments, nothing else, and waits until each is available. Besides, for what it
explains: the same with all the objects that the operator writes.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import orjson

from tests.bench.bare import added, available, each, ready
from tests.bench.figures import Figure, of_samples, tell
from tests.bench.process import Labels, requests
from tests.bench.recipe import SERVED, Recipe, make_children, make_workload, workloads_path
from tests.bench.scene import Scene, names
from tests.faults.call import Call
from wharfinger.api.builtin import DEPLOYMENT

_TIMEOUT = 1200.0
_OURS = frozenset({"POST", "PATCH", "APPLY", "DELETE"})
"""With these verbs nobody but the operator writes what it writes: Kubernetes' controllers PUT."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One side, once."""

    namespace: str
    seconds: float
    writes: float = 0.0
    """Of the operator, a workload."""
    cpu: float = 0.0
    """Of the operator, in seconds."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Workloads that are Ready."""

    namespace: str
    n: int
    recipe: Recipe


async def reach(scene: Scene, n: int, repetitions: int, *, compare: bool) -> tuple[Settled, list[Figure]]:
    """Make all Ready: by the operator and, to ``compare``, by bare clients, in turns that begin with another each."""
    recipe = await scene.record(SERVED)
    sides: dict[str, Callable[[str], Awaitable[Turn]]] = {"operator": functools.partial(_operator, scene, recipe, n)}
    if compare:
        sides["alone"] = functools.partial(_deployments, scene, _lone(recipe), n)
        sides["all"] = functools.partial(_everything, scene, recipe, n)
    turns: dict[str, list[Turn]] = {side: [] for side in sides}
    for number in range(repetitions):
        first = number % len(sides)
        for side in [*sides, *sides][first : first + len(sides)]:
            turns[side].append(await sides[side](await scene.namespace()))
            tell(f"ready, {n}: {side} {turns[side][-1].seconds:.2f} s")
    settled = Settled(turns["operator"][-1].namespace, n, recipe)
    return settled, _figures(settled, turns) if compare else []


async def populate(scene: Scene, n: int) -> Settled:
    """Have an operator write all children; without nodes and controllers no more can become of them."""
    namespace, recipe = await scene.namespace(), Recipe(SERVED, "", (), 0)
    async with scene.operating(namespace) as operator:
        async with scene.client.watching(DEPLOYMENT.path(namespace), added, n) as arrivals:
            await each(names(n), lambda name: make_workload(scene.client, recipe, namespace, name))
            await arrivals.complete(_TIMEOUT)
        await operator.quiet()
    return Settled(namespace, n, recipe)


async def _operator(scene: Scene, recipe: Recipe, n: int, namespace: str) -> Turn:
    async with scene.operating(namespace) as operator:
        await operator.quiet()
        before, cpu = await requests(scene.client), operator.cpu()
        async with scene.client.watching(workloads_path(namespace), ready, n) as arrivals:
            start = perf_counter()
            await each(names(n), lambda name: make_workload(scene.client, recipe, namespace, name))
            seconds = await arrivals.complete(_TIMEOUT) - start
        await operator.quiet()
        cpu = operator.cpu() - cpu
        sent = await requests(scene.client) - before
    return Turn(namespace, seconds, (_by_operator(sent, recipe) - n) / n, cpu)


async def _deployments(scene: Scene, recipe: Recipe, n: int, namespace: str) -> Turn:
    async with scene.client.watching(DEPLOYMENT.path(namespace), available, n) as arrivals:
        start = perf_counter()
        await each(names(n), lambda name: make_children(scene.client, recipe, namespace, name, ""))
        return Turn(namespace, await arrivals.complete(_TIMEOUT) - start)


async def _everything(scene: Scene, recipe: Recipe, n: int, namespace: str) -> Turn:
    async def make(name: str) -> None:
        uid = await make_workload(scene.client, recipe, namespace, name)
        await make_children(scene.client, recipe, namespace, name, uid)

    async with scene.client.watching(DEPLOYMENT.path(namespace), available, n) as arrivals:
        start = perf_counter()
        await each(names(n), make)
        return Turn(namespace, await arrivals.complete(_TIMEOUT) - start)


def _lone(recipe: Recipe) -> Recipe:
    """The Deployment alone, owned by nobody: there is no workload, and the garbage collector would see that."""
    children = tuple(_unowned(call) for call in recipe.children if call.resource == DEPLOYMENT.plural)
    return replace(recipe, children=children)


def _unowned(call: Call) -> Call:
    body = orjson.loads(call.body)
    del body["metadata"]["ownerReferences"]
    return replace(call, body=orjson.dumps(body))


def _by_operator(sent: Counter[Labels], recipe: Recipe) -> int:
    """Writes of the kinds that the operator writes, by the verbs that it uses, the resources' creation included."""
    kinds = {call.resource for call in recipe.children} | {"containerworkloads"}
    return sum(count for (verb, resource, _), count in sent.items() if verb in _OURS and resource in kinds)


def _figures(settled: Settled, turns: Mapping[str, list[Turn]]) -> list[Figure]:
    n, children = settled.n, len(settled.recipe.children)
    seconds = {side: [turn.seconds for turn in taken] for side, taken in turns.items()}
    over = {side: [a / b for a, b in zip(seconds["operator"], times, strict=True)] for side, times in seconds.items()}
    return [
        of_samples("b: Ready, over bare client", n, over["alone"], "", target=1.1, note="that writes Deployments only"),
        of_samples("b: Ready, over bare client", n, over["all"], "", note="that writes the very same objects"),
        of_samples("b: Ready by the operator", n, seconds["operator"], "s"),
        of_samples("b: CPU of the operator", n, [turn.cpu for turn in turns["operator"]], "s"),
        of_samples("b: available, Deployments only", n, seconds["alone"], "s"),
        of_samples("b: available, the very same objects", n, seconds["all"], "s"),
        of_samples(
            "d: writes a workload",
            n,
            [turn.writes for turn in turns["operator"]],
            "",
            target=children + 2.0,
            note=f"{children} children",
        ),
    ]
