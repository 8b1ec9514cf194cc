"""``wharfinger events``: of the workload and everything under it, merged by time."""

from __future__ import annotations

import json

import pytest
from tests.support.commands import going_on, wharfinger
from tests.support.waiting import eventually
from tests.support.workloads import V1, V2, pods_of
from tests.support.world import World

from wharfinger.api.builtin import POD

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator")]


async def test_events_of_the_whole_family_in_order(world: World) -> None:
    """Of the workload, its Deployment, a ReplicaSet, a pod, and a pod that is gone; not of another's."""
    await world.workload("web", image=V1)
    await world.workload("web-two", image=V1)
    await world.ready("web", timeout=60)
    await world.ready("web-two", timeout=60)
    gone = (await pods_of(world, "web"))[0]["metadata"]["name"]
    await world.delete(POD, gone)
    await world.gone(POD, gone, timeout=60)

    async def told() -> list[dict[str, str]] | None:
        done = await wharfinger(world, "events", "web", "-o", "json")
        assert done.code == 0, done.err
        found: list[dict[str, str]] = json.loads(done.out)["events"]
        kinds = {each["about"].split("/")[0] for each in found}
        return found if {"Deployment", "ReplicaSet", "Pod"} <= kinds else None

    found = await eventually(told, what="Events of every kind", timeout=60)
    assert found is not None
    assert f"Pod/{gone}" in {each["about"] for each in found}
    assert not [each for each in found if "web-two" in each["about"]]
    assert [each["time"][:19] for each in found] == sorted(each["time"][:19] for each in found)
    table = (await wharfinger(world, "events", "web")).out.splitlines()
    assert table[0].split("   ")[0] == "LAST SEEN"
    assert any("SuccessfulCreate" in line and "ReplicaSet/web-" in line for line in table)


async def test_watching_goes_on_with_what_happens(world: World) -> None:
    await world.workload("web", image=V1)
    await world.ready("web", timeout=60)
    async with going_on(world, "events", "web", "--watch") as watching:
        first = await watching.says("ScalingReplicaSet", "Deployment/web", "from 0 to 1")
        await world.workload("web", image=V2)
        await watching.says("Deployment/web", "from 1 to 0")
        assert await watching.interrupted() == 130
    assert watching.lines.count(first) == 1
    assert "Traceback" not in watching.text
