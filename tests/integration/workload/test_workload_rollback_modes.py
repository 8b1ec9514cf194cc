"""Rolling back the modes other than ``service``: what Kubernetes does not replace by itself is removed."""

from __future__ import annotations

import pytest
from tests.support.nodes import IMAGE_PULL_BACK_OFF, NEVER_READY, Kubelet, simulating, waiting
from tests.support.waiting import eventually, never
from tests.support.workloads import MODES, V1, V2, image_of, pods_of, rollout_of, runner, told
from tests.support.world import World, condition

from wharfinger.api.builtin import POD, STATEFUL_SET
from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

V3 = "registry.example.com/shop/web:3"
SOON: Object = {"rollout": {"progressDeadline": "3s"}}
DOOMED: Object = {"image": V2, **simulating(IMAGE_PULL_BACK_OFF)}

ROLLED = ("stateful", "daemon", "pod")


async def images(world: World) -> set[str]:
    return {image_of(pod) for pod in await pods_of(world, "web")}


@pytest.mark.parametrize("mode", ROLLED)
async def test_back_to_the_last_good_revision(world: World, operator: Operator, mode: str) -> None:
    await world.workload("web", **MODES[mode] | SOON)
    await world.ready("web")
    await world.workload("web", **MODES[mode] | SOON | DOOMED)
    stalled = await world.stalled("web", reason="RolledBack")
    assert (rollout_of(stalled)["runningRevision"], rollout_of(stalled)["failedRevision"]) == (1, 2)
    assert image_of(await runner(world, "web", mode)) == V1

    async def all_old() -> bool:
        return await images(world) == {V1}

    await eventually(all_old, what="pods of the last good revision only")
    assert (await told(world, "web", "RolloutFailed"))["type"] == "Warning"


@pytest.mark.parametrize("mode", ROLLED)
async def test_a_fixed_spec_goes_forward(world: World, operator: Operator, mode: str) -> None:
    await world.workload("web", **MODES[mode] | SOON)
    await world.ready("web")
    await world.workload("web", **MODES[mode] | SOON | DOOMED)
    await world.stalled("web", reason="RolledBack")
    await world.workload("web", **MODES[mode] | {"image": V3})
    await world.ready("web")
    assert await images(world) == {V3}


@pytest.mark.parametrize("mode", ROLLED)
async def test_a_fix_reaches_a_rollout_that_hangs(world: World, operator: Operator, mode: str) -> None:
    """Before any deadline: the stuck pod of the bad revision is in the way of the good one."""
    await world.workload("web", **MODES[mode])
    await world.ready("web")
    await world.workload("web", **MODES[mode] | DOOMED)

    async def stuck() -> bool:
        return V2 in await images(world)

    await eventually(stuck, what="a pod of the bad revision")
    await world.workload("web", **MODES[mode] | {"image": V3})
    await world.ready("web", timeout=60)
    assert await images(world) == {V3}


@pytest.mark.parametrize("mode", ROLLED)
async def test_a_first_revision_that_fails_can_be_fixed(world: World, operator: Operator, mode: str) -> None:
    await world.workload("web", **MODES[mode] | SOON | DOOMED)
    await world.stalled("web", reason="RolloutFailed")
    await world.workload("web", **MODES[mode] | {"image": V3})
    await world.ready("web", timeout=60)
    assert await images(world) == {V3}


async def test_only_the_stuck_pod_of_a_stateful_set_is_removed(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["stateful"] | SOON | {"replicas": 3})
    await world.ready("web")
    before = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in await pods_of(world, "web")}
    await world.workload("web", **MODES["stateful"] | SOON | {"replicas": 3} | DOOMED)
    await world.stalled("web", reason="RolledBack")
    after = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in await pods_of(world, "web")}
    assert {name for name in before if after.get(name) != before[name]} == {"web-2"}


async def test_a_stateful_update_waits_for_each_pod(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["stateful"])
    await world.ready("web")
    await world.workload("web", **MODES["stateful"] | {"image": V2} | simulating(NEVER_READY))
    kubelet = Kubelet(world, "web")
    (last,) = await kubelet.pods(1, where=lambda pod: image_of(pod) == V2)
    assert last["metadata"]["name"] == "web-1"

    async def both() -> bool:
        return await images(world) == {V2}

    await never(both, during=1.0, what="the next pod is replaced before this one is ready")
    await kubelet.ready(last)
    for pod in await kubelet.pods(2, where=lambda pod: image_of(pod) == V2):
        await kubelet.ready(pod)
    assert rollout_of(await world.ready("web"))["lastGoodRevision"] == 2


async def test_a_daemon_takes_one_node_after_the_other(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["daemon"])
    total = (await world.ready("web"))["status"]["readyReplicas"]
    await world.workload("web", **MODES["daemon"] | SOON | DOOMED)
    stalled = await world.stalled("web", reason="RolledBack")
    assert stalled["status"]["desiredReplicas"] == total


async def test_a_bare_pod_that_fails_for_good_goes_back(world: World, operator: Operator) -> None:
    """restartPolicy Never: there is no restart to count, and no deadline to wait for."""
    once: Object = {"pod": {"restartPolicy": "Never"}, "rollout": {"progressDeadline": "10m"}}
    await world.workload("web", **MODES["pod"] | once | simulating(NEVER_READY))
    kubelet = Kubelet(world, "web")
    await kubelet.ready((await kubelet.pods(1))[0])
    await world.ready("web")
    await world.workload("web", **MODES["pod"] | once | {"image": V2} | simulating(NEVER_READY))
    (pod,) = await kubelet.pods(1, where=lambda pod: image_of(pod) == V2)
    ended = {"terminated": {"exitCode": 3, "reason": "Error", "message": "no such table"}}
    await kubelet.says(pod, phase="Failed", containerStatuses=[kubelet.container(pod, state=ended)])
    (old,) = await kubelet.pods(1, where=lambda pod: image_of(pod) == V1)
    await kubelet.ready(old)
    stalled = await world.stalled("web", reason="RolledBack")
    assert "no such table" in condition(stalled, "Stalled")["message"]


async def test_an_image_name_that_is_none_fails_at_once(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"])
    await world.ready("web")
    await world.workload("web", **MODES["service"] | {"image": V2} | simulating(IMAGE_PULL_BACK_OFF))
    kubelet = Kubelet(world, "web")
    (pod, *_) = await kubelet.pods(1, where=lambda pod: image_of(pod) == V2)
    await kubelet.held_up(pod, waiting("InvalidImageName", 'couldn\'t parse image name "Shop/web:2"'))
    stalled = await world.stalled("web", reason="RolledBack")
    assert "InvalidImageName" in condition(stalled, "Stalled")["message"]


async def test_the_order_of_writes_leaves_no_pod_of_a_forgotten_revision(world: World, operator: Operator) -> None:
    """Three wishes in a row, faster than any of them can be had: the last one counts."""
    await world.workload("web", **MODES["stateful"])
    for image in (V2, V3, V1, V3):
        await world.workload("web", **MODES["stateful"] | {"image": image})
    await world.ready("web", timeout=60)
    assert await images(world) == {V3}
    assert {image_of(found) for found in await world.list(STATEFUL_SET)} == {V3}
    assert len(await world.list(POD)) == 2
