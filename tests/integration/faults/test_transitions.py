"""Acto's oracles (SOSP '23): a state reached by detours is the one reached directly; what was put right recovers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.integration.faults.specs import BAD, journeys
from tests.support.namespaces import new_world
from tests.support.operators import running
from tests.support.state import State, state
from tests.support.workloads import HTTP, V1
from tests.support.world import World, is_true

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.errors import Invalid
from wharfinger.engine.operator import Operator

NAME = "web"
GOOD: Object = {"image": V1, "replicas": 2, "ports": [HTTP]}


@pytest.fixture
async def everywhere(world: World) -> AsyncIterator[Operator]:
    """An operator of all namespaces, for the many that a test makes."""
    async with running(world.kubeconfig) as operator:
        yield operator


@pytest.mark.timeout(300)
@settings(
    max_examples=20,
    derandomize=True,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # shrinking would take hours of a cluster's time
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(journey=journeys())
async def test_detours_lead_to_the_same_state(world: World, everywhere: Operator, journey: list[Object]) -> None:
    async with new_world(world.client, world.kubeconfig) as direct, new_world(world.client, world.kubeconfig) as around:
        *way, goal = journey
        for index, spec in enumerate(way):
            await _apply(around, spec)
            if index % 2:  # every other change is overtaken by the next
                await _settled(around)
        await asyncio.gather(_arrive(direct, goal), _arrive(around, goal))
        await everywhere.wait_idle()
        assert _comparable(await state(around, NAME), goal) == _comparable(await state(direct, NAME), goal)


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
async def test_a_bad_value_put_right_recovers(world: World, everywhere: Operator, bad: Object) -> None:
    await _arrive(world, GOOD)
    await everywhere.wait_idle()
    before = await state(world, NAME)
    if await _apply(world, {**GOOD, **bad, "rollout": {"progressDeadline": "2s", "restartLimit": 1}}):
        await world.until(CONTAINER_WORKLOAD, NAME, is_true("Stalled"), timeout=30)
    await _arrive(world, GOOD)
    await everywhere.wait_idle()
    assert _comparable(await state(world, NAME), GOOD) == _comparable(before, GOOD)


async def _apply(world: World, spec: Object) -> bool:
    """Whether the API server took it."""
    try:
        await world.workload(NAME, **spec)
    except Invalid:
        return False
    return True


async def _arrive(world: World, spec: Object) -> None:
    await world.workload(NAME, **spec)
    await world.ready(NAME, timeout=60)


async def _settled(world: World) -> None:
    """Until the operator has said something about the newest spec."""

    def said(workload: Object) -> bool:
        status = workload.get("status", {})
        return bool(status.get("observedGeneration") == workload["metadata"]["generation"])

    await world.until(CONTAINER_WORKLOAD, NAME, said)


def _comparable(found: State, goal: Object) -> State:
    """Without what remembers the way: earlier revisions, the text that they mount, and replicas that are an HPA's."""
    kept = {name: obj for name, obj in found.items() if not name.startswith("ControllerRevision ")}
    mounted = str(kept.get(f"Deployment {NAME}"))
    kept = {name: obj for name, obj in kept.items() if not _unmounted_text(name, mounted)}
    for obj in kept.values():
        obj["annotations"].pop("wharfinger.dev/revision-number", None)
    if "autoscale" in goal:
        kept[f"Deployment {NAME}"]["content"]["spec"].pop("replicas")
    return kept


def _unmounted_text(name: str, mounted: str) -> bool:
    kind, _, of = name.partition(" ")
    return kind == "ConfigMap" and of not in mounted
