"""Replicas belong to whoever scales, and change hands without a jump."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from tests.support.waiting import eventually, never
from tests.support.workloads import MODES, RUNNERS, V1, V2, finding_reasons, image_of
from tests.support.world import World

from wharfinger.api.builtin import DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object, Resource
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

HPA_MANAGER = "kube-controller-manager"
AUTOSCALE: Object = {"minReplicas": 2, "maxReplicas": 9, "metrics": [{"resource": "cpu", "averageUtilization": 50}]}


def replicas(count: int) -> Any:
    return lambda obj: obj["spec"]["replicas"] == count


async def scale_as_hpa(world: World, resource: Resource, name: str, count: int) -> None:
    """What the HPA controller does once its metrics ask for it: an update of /scale under its own field manager."""
    await world.client.patch(
        resource,
        (world.namespace, name),
        {"spec": {"replicas": count}},
        subresource="scale",
        manager=HPA_MANAGER,
    )


async def point_hpa_at(world: World, resource: Resource, name: str, *, low: int, high: int) -> None:
    """An HPA of a user's own. Without metrics it still keeps replicas within its bounds."""
    await world.create(
        HORIZONTAL_POD_AUTOSCALER,
        "theirs",
        spec={
            "scaleTargetRef": {"apiVersion": resource.api_version, "kind": resource.kind, "name": name},
            "minReplicas": low,
            "maxReplicas": high,
        },
    )


@asynccontextmanager
async def recorded_replicas(world: World, resource: Resource, name: str) -> AsyncIterator[list[int]]:
    """Every value that spec.replicas of the object has while the block runs, as a watch sees it."""
    version = (await world.client.get(resource, world.namespace, name))["metadata"]["resourceVersion"]
    seen: list[int] = []

    async def record() -> None:
        events = world.client.watch(
            resource,
            world.namespace,
            resource_version=version,
            field_selector=f"metadata.name={name}",
            timeout_seconds=120,
        )
        async for batch in events:
            seen.extend(event["object"]["spec"]["replicas"] for event in batch if event["type"] == "MODIFIED")

    task = asyncio.create_task(record())
    try:
        yield seen
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


# The spec scales


async def test_replicas_changed_by_hand_are_put_right(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"])
    await world.ready("web")
    await world.kubectl("scale", "deployment/web", "--replicas=5")
    await world.until(DEPLOYMENT, "web", replicas(2))


async def test_to_nothing_and_back(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"])
    await world.ready("web")
    await world.workload("web", **MODES["service"] | {"replicas": 0})
    assert (await world.ready("web"))["status"].get("readyReplicas", 0) == 0
    await world.workload("web", **MODES["service"] | {"replicas": 3})
    assert (await world.ready("web"))["status"]["readyReplicas"] == 3


# spec.autoscale scales


@pytest.mark.parametrize("mode", ["service", "stateful"])
async def test_autoscale_begins_with_its_minimum(world: World, operator: Operator, mode: str) -> None:
    await world.workload("web", mode=mode, image=V1, autoscale=AUTOSCALE | {"minReplicas": 3})
    await world.until(RUNNERS[mode], "web", replicas(3))
    assert (await world.ready("web"))["status"]["readyReplicas"] == 3


@pytest.mark.parametrize("mode", ["service", "stateful"])
async def test_autoscale_takes_over_without_a_jump(world: World, operator: Operator, mode: str) -> None:
    resource = RUNNERS[mode]
    await world.workload("web", mode=mode, image=V1, replicas=4)
    await world.ready("web")
    async with recorded_replicas(world, resource, "web") as seen:
        await world.workload("web", mode=mode, image=V1, replicas=4, autoscale=AUTOSCALE)
        await world.until(HORIZONTAL_POD_AUTOSCALER, "web", lambda _: True)
        await scale_as_hpa(world, resource, "web", 6)
        await world.workload("web", mode=mode, image=V2, replicas=4, autoscale=AUTOSCALE)
        await world.until(resource, "web", lambda obj: image_of(obj) == V2)
        await world.ready("web")
        await eventually(lambda: asyncio.sleep(0, 6 in seen), what="the watch sees 6 replicas")
    assert set(seen) <= {4, 6}, "replicas were reset on the way"
    assert (await world.client.get(resource, world.namespace, "web"))["spec"]["replicas"] == 6


async def test_autoscale_turned_off_gives_replicas_back(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, replicas=3, autoscale=AUTOSCALE)
    await world.ready("web")
    await scale_as_hpa(world, DEPLOYMENT, "web", 6)
    async with recorded_replicas(world, DEPLOYMENT, "web") as seen:
        await world.workload("web", image=V1, replicas=3, autoscale=AUTOSCALE | {"enabled": False})
        await world.gone(HORIZONTAL_POD_AUTOSCALER, "web")
        await world.until(DEPLOYMENT, "web", replicas(3))
        assert (await world.ready("web"))["status"]["readyReplicas"] == 3
    assert 1 not in seen


async def test_a_rollout_goes_through_while_the_autoscaler_scales(world: World, operator: Operator) -> None:
    """Scaling in the middle of a rollout neither fails it nor is undone by it."""
    await world.workload("web", image=V1, autoscale=AUTOSCALE)
    await world.ready("web")
    await world.workload("web", image=V2, autoscale=AUTOSCALE)
    for count in (3, 5, 4, 7):
        await scale_as_hpa(world, DEPLOYMENT, "web", count)
    done = await world.until(
        CONTAINER_WORKLOAD,
        "web",
        lambda found: found["status"].get("readyReplicas") == 7 and found["status"]["rollout"]["state"] == "Completed",
    )
    assert done["status"]["rollout"]["lastGoodRevision"] == 2


# Somebody else's HPA scales


async def test_an_hpa_on_the_workload_itself(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, replicas=2)
    await world.ready("web")
    await point_hpa_at(world, CONTAINER_WORKLOAD, "web", low=5, high=8)
    await world.until(DEPLOYMENT, "web", replicas(5), timeout=60)
    assert (await world.ready("web"))["status"]["readyReplicas"] == 5


async def test_an_hpa_on_the_deployment_wins_and_is_named(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, replicas=2)
    await world.ready("web")
    async with recorded_replicas(world, DEPLOYMENT, "web") as seen:
        await point_hpa_at(world, DEPLOYMENT, "web", low=5, high=8)
        await world.until(DEPLOYMENT, "web", replicas(5), timeout=60)

        async def fought_over() -> bool:
            return seen[-1:] != [5] and 5 in seen

        await never(fought_over, during=2.0, what="the operator takes replicas back")
        await world.workload("web", image=V2, replicas=2)
        await world.until(DEPLOYMENT, "web", lambda obj: image_of(obj) == V2)
    assert set(seen) <= {2, 5}
    told = await world.until(CONTAINER_WORKLOAD, "web", lambda found: "ScaledElsewhere" in finding_reasons(found))
    assert any("theirs" in finding["message"] for finding in told["status"]["findings"])
    assert (await world.ready("web"))["status"]["readyReplicas"] == 5


async def test_replicas_come_back_when_the_hpa_goes(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, replicas=2)
    await world.ready("web")
    await point_hpa_at(world, DEPLOYMENT, "web", low=4, high=8)
    await world.until(DEPLOYMENT, "web", replicas(4), timeout=60)
    await world.delete(HORIZONTAL_POD_AUTOSCALER, "theirs")
    await world.until(DEPLOYMENT, "web", replicas(2))
    well = await world.ready("web")
    assert "ScaledElsewhere" not in finding_reasons(well)


async def test_another_scaler_than_an_hpa_is_left_its_replicas(world: World, operator: Operator) -> None:
    """KEDA, a home-made autoscaler: whoever writes /scale under a name of its own."""
    await world.workload("web", image=V1, replicas=2)
    await world.ready("web")
    await world.client.patch(
        DEPLOYMENT, (world.namespace, "web"), {"spec": {"replicas": 4}}, subresource="scale", manager="home-made"
    )
    told = await world.until(CONTAINER_WORKLOAD, "web", lambda found: "ScaledElsewhere" in finding_reasons(found))
    assert any("home-made" in finding["message"] for finding in told["status"]["findings"])
    deployment = await world.get(DEPLOYMENT, "web")
    assert deployment is not None
    assert deployment["spec"]["replicas"] == 4
