"""``wharfinger wait``: until workloads are as wanted, and at once to an end where they never will be."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.commands import going_on, wharfinger
from tests.support.nodes import IMAGE_PULL_BACK_OFF, simulating
from tests.support.workloads import V1
from tests.support.world import World

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

FAILING = {"image": V1, "rollout": {"progressDeadline": "2s"}, **simulating(IMAGE_PULL_BACK_OFF)}


async def test_until_every_one_is_ready(world: World, operator: Operator) -> None:
    await world.workload("a", image=V1)
    await world.workload("b", image=V1, replicas=2)
    done = await wharfinger(world, "wait", "--all", "--timeout=60s")
    assert done.code == 0, done.err
    assert done.out.splitlines() == [f"containerworkload.wharfinger.dev/{name} ready" for name in ("a", "b")]
    again = await wharfinger(world, "wait", "cw/b", "--for", "condition=Ready")
    assert (again.code, again.out) == (0, "containerworkload.wharfinger.dev/b condition=Ready\n")


async def test_a_stalled_one_ends_it_at_once_with_the_reason(world: World, operator: Operator) -> None:
    """Within a minute of the five that it would wait."""
    await world.workload("good", image=V1)
    await world.workload("web", **FAILING)
    done = await asyncio.wait_for(wharfinger(world, "wait", "good", "web"), 60)
    assert done.code == 1
    assert done.err.splitlines()[-1].startswith("wharfinger: web: Stalled  RolloutFailed: Revision 1 ")
    assert "ImagePullBackOff" in done.err
    assert (await wharfinger(world, "wait", "web", "--for=stalled")).code == 0


async def test_a_time_that_is_over_says_how_it_stands(world: World) -> None:
    """Nobody operates this namespace."""
    await world.workload("web", image=V1)
    done = await wharfinger(world, "wait", "web", "--timeout", "1s")
    assert (done.code, done.out) == (1, "")
    said = "not within 1 s: web is Unseen  the operator has not looked at this version yet"
    assert done.err.splitlines()[-1] == f"wharfinger: {said}"


async def test_until_it_is_deleted(world: World) -> None:
    await world.workload("web", image=V1)
    async with going_on(world, "wait", "web", "--for", "deleted") as waiting:
        await waiting.says("web: Unseen")
        await world.delete(CONTAINER_WORKLOAD, "web")
        assert await waiting.ends() == 0
    assert waiting.lines[-1] == "containerworkload.wharfinger.dev/web deleted"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("absent",), 1, "absent: does not exist"),
        (("--all",), 1, "has no ContainerWorkloads"),
        ((), 2, "name the workloads to wait for, or say --all"),
        (("web", "--for=nothing"), 2, "must be ready, stalled, deleted, or condition=TYPE[=STATUS]"),
        (("deploy/web",), 2, "deploy/web: is no ContainerWorkload"),
    ],
)
async def test_what_cannot_be_waited_for_is_one_line(
    world: World, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = await wharfinger(world, "wait", *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1)
    assert said in done.err
