"""A rollout that does not get through goes back by itself, says so, and is not tried again until the wish changes."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.nodes import CRASH_LOOP, IMAGE_PULL_BACK_OFF, NEVER_READY, Kubelet, simulating
from tests.support.operators import running
from tests.support.waiting import eventually, never
from tests.support.workloads import HTTP, V1, V2, image_of, pods_of, rollout_of, told
from tests.support.world import World, condition, is_true

from wharfinger.api.builtin import DEPLOYMENT, EVENT, SERVICE
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

V3 = "registry.example.com/shop/web:3"
SOON: Object = {"progressDeadline": "3s"}
GOOD: Object = {"image": V1, "replicas": 2, "rollout": SOON}
BAD: Object = {"image": V2, "replicas": 2, "rollout": SOON, **simulating(IMAGE_PULL_BACK_OFF)}


async def rolled_back(world: World, operator: Operator, **more: object) -> Object:
    """A workload whose second revision failed, back on the first."""
    await world.workload("web", **GOOD)
    await world.ready("web")
    await world.workload("web", **BAD | more)
    return await world.stalled("web", reason="RolledBack")


def rollbacks(operator: Operator) -> float:
    labels = {"kind": "ContainerWorkload"}
    return operator.metrics.registry.get_sample_value("wharfinger_rollbacks_total", labels) or 0.0


async def made_ready(world: World) -> None:
    """Be the kubelet of every pod of the second revision, until the workload is Ready."""
    kubelet = Kubelet(world, "web")

    async def look() -> bool:
        for pod in await pods_of(world, "web"):
            started = "containerStatuses" in pod.get("status", {})
            if image_of(pod) == V2 and started and condition(pod, "Ready").get("status") != "True":
                await kubelet.ready(pod)
        found = await world.get(CONTAINER_WORKLOAD, "web")
        return found is not None and is_true("Ready")(found)

    await eventually(look, what="ready after all")


async def test_back_to_the_last_good_revision(world: World, operator: Operator) -> None:
    stalled = await rolled_back(world, operator)
    rollout = rollout_of(stalled)
    assert rollout["state"] == "RolledBack"
    assert (rollout["revision"], rollout["runningRevision"], rollout["lastGoodRevision"]) == (2, 1, 1)
    assert rollout["failedRevision"] == 2
    assert condition(stalled, "Ready")["status"] == "False"
    assert not condition(stalled, "Reconciling")
    deployment = await world.client.get(DEPLOYMENT, world.namespace, "web")
    assert image_of(deployment) == V1
    assert {image_of(pod) for pod in await pods_of(world, "web")} == {V1}


async def test_the_spec_keeps_the_wish(world: World, operator: Operator) -> None:
    stalled = await rolled_back(world, operator)
    assert stalled["spec"]["image"] == V2
    assert {each["manager"] for each in stalled["metadata"]["managedFields"] if not each.get("subresource")} == {
        "kubectl"
    }


async def test_it_says_what_went_wrong_and_what_to_do(world: World, operator: Operator) -> None:
    message = condition(await rolled_back(world, operator), "Stalled")["message"]
    assert "Rolled back to revision 1" in message
    assert "revision 2" in message
    assert "3s" in message
    assert "ImagePullBackOff" in message
    assert "fix the spec" in message


async def test_events_tell_of_the_failure_and_of_the_rollback(world: World, operator: Operator) -> None:
    await rolled_back(world, operator)
    failed = await told(world, "web", "RolloutFailed")
    assert failed["type"] == "Warning"
    assert "ImagePullBackOff" in failed["note"]
    assert (await told(world, "web", "RolledBack"))["type"] == "Warning"


async def test_it_is_counted_once(world: World, operator: Operator) -> None:
    await rolled_back(world, operator)
    assert rollbacks(operator) == 1


async def test_there_is_no_gap(world: World, operator: Operator) -> None:
    """Neither the failed rollout nor the way back takes a ready pod away."""
    await world.workload("web", **GOOD)
    await world.ready("web")
    fewest = [2]

    async def count() -> bool:
        status = (await world.client.get(DEPLOYMENT, world.namespace, "web"))["status"]
        fewest[0] = min(fewest[0], status.get("readyReplicas", 0))
        found = await world.get(CONTAINER_WORKLOAD, "web")
        return found is not None and is_true("Stalled", reason="RolledBack")(found)

    await world.workload("web", **BAD)
    await eventually(count, what="rolled back")
    assert fewest == [2]


async def test_it_is_not_tried_again(world: World, operator: Operator) -> None:
    """Not by an event, not by a change that is no new revision, not by a restarted operator."""
    await rolled_back(world, operator)
    before = await world.client.get(DEPLOYMENT, world.namespace, "web")

    async def tried_again() -> bool:
        now = await world.client.get(DEPLOYMENT, world.namespace, "web")
        return image_of(now) != V1 or now["spec"]["template"] != before["spec"]["template"]

    await world.kubectl("delete", "pods", "--all", "--wait=false")
    await world.kubectl("annotate", "cw/web", "example.com/touched=yes")
    await never(tried_again, during=1.0, what="the failed revision is tried again")
    await operator.stop()
    async with running(world.kubeconfig, namespaces=(world.namespace,)):
        await world.kubectl("label", "cw/web", "touched=again")
        await never(tried_again, during=1.0, what="a new operator tries the failed revision again")
        await world.stalled("web", reason="RolledBack")


async def test_what_is_not_of_the_revision_follows_the_spec(world: World, operator: Operator) -> None:
    """Replicas and Service are not rolled back."""
    await rolled_back(world, operator)
    await world.workload("web", **BAD | {"replicas": 3, "service": {"annotations": {"example.com/a": "b"}}})
    await world.until(DEPLOYMENT, "web", lambda obj: obj["spec"]["replicas"] == 3 and image_of(obj) == V1)
    found = await world.stalled("web", reason="RolledBack")
    assert rollout_of(found)["failedRevision"] == 2


async def test_a_fixed_spec_goes_forward(world: World, operator: Operator) -> None:
    await rolled_back(world, operator)
    await world.workload("web", **GOOD | {"image": V3, "rollout": {}})
    rollout = rollout_of(await world.ready("web"))
    assert (rollout["state"], rollout["revision"], rollout["lastGoodRevision"]) == ("Completed", 3, 3)
    assert "failedRevision" not in rollout
    assert {image_of(pod) for pod in await pods_of(world, "web")} == {V3}


async def test_a_spec_that_goes_back_is_ready_at_once(world: World, operator: Operator) -> None:
    await rolled_back(world, operator)
    pods = {pod["metadata"]["uid"] for pod in await pods_of(world, "web")}
    await world.workload("web", **GOOD)
    rollout = rollout_of(await world.ready("web"))
    assert (rollout["state"], rollout["revision"], rollout["runningRevision"]) == ("Completed", 1, 1)
    assert {pod["metadata"]["uid"] for pod in await pods_of(world, "web")} == pods


async def test_the_failed_revision_is_tried_again_when_it_is_wished_for_again(world: World, operator: Operator) -> None:
    await rolled_back(world, operator)
    await world.workload("web", **GOOD)
    await world.ready("web")
    await world.workload("web", **BAD)
    await world.until(DEPLOYMENT, "web", lambda obj: image_of(obj) == V2)
    await world.stalled("web", reason="RolledBack")
    assert rollbacks(operator) == 2


async def test_a_crash_loop_does_not_wait_for_the_deadline(world: World, operator: Operator) -> None:
    patient: Object = {"progressDeadline": "10m", "restartLimit": 2}
    await world.workload("web", **GOOD | {"rollout": patient})
    await world.ready("web")
    await world.workload("web", image=V2, replicas=2, rollout=patient, **simulating(NEVER_READY))
    kubelet = Kubelet(world, "web")
    (pod, *_) = await kubelet.pods(1, where=lambda pod: image_of(pod) == V2)
    await kubelet.crashed(pod, times=1)

    async def given_up() -> bool:
        found = await world.client.get(CONTAINER_WORKLOAD, world.namespace, "web")
        return bool(rollout_of(found).get("failedRevision"))

    await never(given_up, during=0.5, what="given up after one restart")
    await kubelet.crashed(pod, times=2)
    stalled = await world.stalled("web", reason="RolledBack")
    assert "crashed 2 times" in condition(stalled, "Stalled")["message"]


async def test_a_simulated_crash_loop_goes_back(world: World, operator: Operator) -> None:
    await world.workload("web", **GOOD)
    await world.ready("web")
    await world.workload("web", image=V2, replicas=2, rollout=SOON, **simulating(CRASH_LOOP))
    await world.stalled("web", reason="RolledBack")


async def test_progress_puts_the_deadline_off(world: World, operator: Operator) -> None:
    """One pod after the other, each within the deadline; all together take longer than it."""
    slow: Object = {"progressDeadline": "5s", "maxSurge": "100%"}
    await world.workload("web", image=V1, replicas=3, rollout=slow)
    await world.ready("web")
    await world.workload("web", image=V2, replicas=3, rollout=slow, **simulating(NEVER_READY))
    kubelet = Kubelet(world, "web")
    for pod in await kubelet.pods(3, where=lambda pod: image_of(pod) == V2):
        await asyncio.sleep(2.5)  # the time between two steps is what is tested
        await kubelet.ready(pod)
    assert rollout_of(await world.ready("web"))["lastGoodRevision"] == 2


async def test_a_rollback_that_fails_as_well_is_left_at_that(world: World, operator: Operator) -> None:
    """Nothing is made worse by trying a third thing."""
    await world.workload("web", **GOOD | simulating(NEVER_READY))
    kubelet = Kubelet(world, "web")
    old = await kubelet.pods(2)
    for pod in old:
        await kubelet.ready(pod)
    await world.ready("web")
    await world.workload("web", **BAD)
    await world.until(DEPLOYMENT, "web", lambda obj: image_of(obj) == V2)
    for pod in old:
        await kubelet.unready(pod)
    stalled = await world.stalled("web", reason="RolloutFailed")
    assert rollout_of(stalled)["runningRevision"] == 1
    assert (await told(world, "web", "RollbackFailed"))["type"] == "Warning"
    assert rollbacks(operator) == 1

    for pod in old:
        await kubelet.ready(pod)
    await world.stalled("web", reason="RolledBack")


# Where no way leads back, and where the policy says otherwise


async def test_a_first_rollout_has_nothing_to_go_back_to(world: World, operator: Operator) -> None:
    await world.workload("web", **GOOD | simulating(NEVER_READY))
    stalled = await world.stalled("web", reason="RolloutFailed")
    assert rollout_of(stalled)["runningRevision"] == 1
    assert rollbacks(operator) == 0
    kubelet = Kubelet(world, "web")
    for pod in await kubelet.pods(2):
        await kubelet.ready(pod)
    well = await world.ready("web")
    assert rollout_of(well)["state"] == "Completed"


async def test_pause_stays_where_it_is(world: World, operator: Operator) -> None:
    policy = SOON | {"onFailure": "pause"}
    await world.workload("web", **GOOD | {"rollout": policy})
    await world.ready("web")
    await world.workload("web", **BAD | {"rollout": policy})
    stalled = await world.stalled("web", reason="RolloutPaused")
    assert rollout_of(stalled)["state"] == "Paused"
    paused = await world.until(DEPLOYMENT, "web", lambda obj: obj["spec"].get("paused"))
    assert image_of(paused) == V2
    assert rollbacks(operator) == 0

    await world.workload("web", **GOOD | {"rollout": policy, "image": V3})
    await world.ready("web")
    resumed = await world.client.get(DEPLOYMENT, world.namespace, "web")
    assert not resumed["spec"].get("paused")


async def test_continue_keeps_trying(world: World, operator: Operator) -> None:
    policy = SOON | {"onFailure": "continue"}
    await world.workload("web", **GOOD | {"rollout": policy})
    await world.ready("web")
    await world.workload("web", **GOOD | {"image": V2, "rollout": policy} | simulating(NEVER_READY))
    stalled = await world.stalled("web", reason="RolloutFailed")
    assert rollout_of(stalled)["runningRevision"] == 2
    await made_ready(world)
    assert rollbacks(operator) == 0


async def test_what_crashes_after_its_rollout_is_not_rolled_back(world: World, operator: Operator) -> None:
    await world.workload("web", **GOOD)
    await world.ready("web")
    await world.workload("web", **GOOD | {"image": V2} | simulating(NEVER_READY))
    kubelet = Kubelet(world, "web")
    await made_ready(world)
    for pod in await kubelet.pods(2):
        await kubelet.crashed(pod, times=9)
    found = await world.until(CONTAINER_WORKLOAD, "web", lambda obj: condition(obj, "Ready")["status"] == "False")
    assert condition(found, "Ready")["reason"] == "CrashLoopBackOff"

    async def went_back() -> bool:
        now = await world.client.get(DEPLOYMENT, world.namespace, "web")
        return image_of(now) != V2

    await never(went_back, during=4.0, what="a completed revision is rolled back")
    assert rollbacks(operator) == 0


async def test_the_service_and_its_event_survive(world: World, operator: Operator) -> None:
    """Events are told once, however often the workload is looked at."""
    await rolled_back(world, operator, ports=[HTTP])
    assert await world.get(SERVICE, "web") is not None
    for number in range(3):
        await world.kubectl("label", "cw/web", f"touched={number}", "--overwrite")
    await operator.wait_idle()
    failures = [event for event in await world.list(EVENT) if event["reason"] == "RolloutFailed"]
    assert len(failures) == 1
    assert failures[0].get("series", {}).get("count", 1) == 1
