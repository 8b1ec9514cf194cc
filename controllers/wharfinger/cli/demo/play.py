"""The demo from start to end: set up, the samples, one step after another, the summary, how to go on."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

from wharfinger.cli.console import yaml_text
from wharfinger.cli.demo import setup
from wharfinger.cli.demo.scene import PODS, Scene, describe, is_well
from wharfinger.cli.demo.stage import NAMESPACE, Operator, Place, operator
from wharfinger.cli.demo.steps import STEPS, Step
from wharfinger.cli.demo.tasking import TASK_STEPS
from wharfinger.cli.demo.view import View, took
from wharfinger.cli.demo.waiting import NotSeenError, until
from wharfinger.cli.demo.workloads import hello, orders, stack
from wharfinger.cli.kube import WORKLOAD, connect
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import ApiError

T = TypeVar("T")

ALIVE = 0.5
"""Seconds between two looks at the operator's process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one step went."""

    title: str
    passed: bool
    seen: str
    seconds: float


def show(view: View, place: AbstractContextManager[Place], *, keep: bool) -> bool:
    """Play the demo at a place. True if every step passed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was set up is taken down
    view.title("A cluster")
    with place as where:
        view.say(where.described)
        results = asyncio.run(_play(view, where, keep=keep))
        view.title("Summary")
        view.results([(each.title, each.passed, each.seen, each.seconds) for each in results])
        view.title("How to go on")
        for line in where.next_steps() if keep else where.new_start():
            view.command(line)
        view.say("docs/concepts.md says what a workload can be, docs/operations.md how to install for good.")
    return all(each.passed for each in results)


async def _play(view: View, place: Place, *, keep: bool) -> list[Result]:
    async with connect(kubeconfig=place.kubeconfig, context=place.context) as kube:
        view.title("The CRDs and the operator")
        async with _installed(kube.client, place, tidy=not (keep or place.passing)):
            with operator(place, keep=keep) as running:
                view.say(f"operator: process {running.process.pid}, log {running.log}, metrics {running.metrics}")
                return await _while_alive(running, _steps(view, place, kube.client))


@asynccontextmanager
async def _installed(client: KubeClient, place: Place, *, tidy: bool) -> AsyncIterator[None]:
    brought = await setup.install(client, NAMESPACE, replace=place.cluster is not None)
    try:
        yield
    finally:
        if tidy:
            await setup.remove(client, NAMESPACE, brought)


async def _while_alive(running: Operator, work: Awaitable[T]) -> T:
    """The work's result; CommandError, as soon as the operator has ended by itself."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=ALIVE))[0]:
            running.require_alive()
        return await task
    finally:
        task.cancel()


async def _steps(view: View, place: Place, client: KubeClient) -> list[Result]:
    scene = Scene(client=client, namespace=NAMESPACE, server=place.server, real=place.real, view=view)
    first = await _become_ready(scene, place)
    return [first, *[await _step(scene, step) for step in (*STEPS, *TASK_STEPS)]] if first.passed else [first]


async def _become_ready(scene: Scene, place: Place) -> Result:
    """Apply the samples and our own workloads, and follow them until every one is Ready."""
    view, title = scene.view, "Everything becomes Ready"
    mine = [make(scene.server, scene.namespace) for make in (hello, stack, orders)]
    documents = [*(setup.samples(scene.namespace) if place.samples else []), *mine]
    view.title(title)
    view.say("One resource says what should run; this is all of it:")
    view.document(yaml_text(mine[0]))
    view.command(
        f"kubectl apply -f hello.yaml -f stack.yaml -f orders.yaml{' -f manifests/samples' if place.samples else ''}"
    )
    return await _tried(scene.view, title, _follow(scene, documents))


async def _follow(scene: Scene, documents: list[setup.Object]) -> str:
    for document in documents:
        await setup.apply(scene.client, document)
    names = {document["metadata"]["name"] for document in documents if WORKLOAD.describes(document)}
    with scene.view.board() as board:
        seconds = await until(
            scene.client,
            WORKLOAD,
            scene.namespace,
            lambda objects: names <= objects.keys() and all(map(is_well, objects.values())),
            deadline=PODS * 2,
            tell=lambda objects: describe({name: obj for name, obj in objects.items() if not is_well(obj)}),
            on_change=board,
        )
    return f"{len(names)} of {len(names)} workloads Ready after {took(seconds)}"


async def _step(scene: Scene, step: Step) -> Result:
    scene.view.title(step.title)
    scene.view.say(scene.fill(step.tells))
    scene.view.command(scene.fill(step.command))
    return await _tried(scene.view, step.title, step.play(scene))


async def _tried(view: View, title: str, work: Awaitable[str]) -> Result:
    started = monotonic()
    try:
        seen, passed = await work, True
    except NotSeenError as error:
        seen, passed = str(error), False
    except ApiError as error:
        seen, passed = f"the API server answered {error.code}: {error.message}", False
    seconds = monotonic() - started
    if passed:
        view.seen(seen, seconds)
    else:
        view.failed(seen)
    return Result(title=title, passed=passed, seen=seen, seconds=seconds)
