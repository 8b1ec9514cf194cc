"""What is asked for by annotation moves no generation, so Ready alone says whether it is there: it must never be early.

Whoever runs ``kubectl wait --for=condition=Ready`` may see any status that was ever written, and these tests see each.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.support.workloads import MODES, V1, V2, annotate, rollout_of
from tests.support.world import World, condition

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

SETTLED = ("Completed", "RolledBack")


async def statuses(world: World, asked: Object) -> AsyncIterator[Object]:
    """The workload as it is with each write after the annotation was."""
    metadata = asked["metadata"]
    batches = world.client.watch(
        CONTAINER_WORKLOAD,
        world.namespace,
        resource_version=metadata["resourceVersion"],
        field_selector=f"metadata.name={metadata['name']}",
        timeout_seconds=60,
    )
    async for batch in batches:
        for event in batch:
            if event["type"] == "MODIFIED":
                yield event["object"]


async def until_settled(world: World, asked: Object, running: int) -> list[Object]:
    """Every status from the first that has the new revision running, to the first that says that this is done."""
    seen: list[Object] = []
    async with asyncio.timeout(60):
        async for each in statuses(world, asked):
            if rollout_of(each)["runningRevision"] == running:
                seen.append(each)
                if rollout_of(each)["state"] in SETTLED:
                    break
    return seen


def told(seen: list[Object]) -> list[tuple[str, str]]:
    """State of the rollout, and Ready, of each."""
    return [(rollout_of(each)["state"], condition(each, "Ready")["status"]) for each in seen]


@pytest.mark.parametrize("mode", ["service", "stateful", "daemon", "cron", "pod"])
async def test_ready_goes_with_the_write_that_begins_a_restart(world: World, operator: Operator, mode: str) -> None:
    await world.workload("web", **MODES[mode])
    await world.ready("web")
    asked = await annotate(world, "web", restartedAt="2026-01-01T00:00:00Z")
    first, *more, last = await until_settled(world, asked, 2)
    assert condition(first, "Ready")["reason"] == "Progressing"
    assert condition(first, "Reconciling")["status"] == "True", "kstatus: in progress"
    assert set(told([first, *more])) == {("Progressing", "False")}
    assert told([last]) == [("Completed", "True")]
    assert {each["metadata"]["generation"] for each in (asked, last)} == {asked["metadata"]["generation"]}


async def test_ready_goes_with_the_write_that_begins_a_rollback_and_its_end(world: World, operator: Operator) -> None:
    for image in (V1, V2):
        await world.workload("web", **MODES["service"] | {"image": image})
        await world.ready("web")
    pinned = await annotate(world, "web", rollback_to="1")
    back = await until_settled(world, pinned, 1)
    assert len(back) > 1
    assert {ready for _, ready in told(back)} == {"False"}

    freed = await annotate(world, "web", rollback_to=None)
    first, *more, last = await until_settled(world, freed, 2)
    assert condition(first, "Reconciling")["status"] == "True"
    assert condition(first, "Stalled") == {}
    assert set(told([first, *more])) == {("Progressing", "False")}
    assert told([last]) == [("Completed", "True")]
