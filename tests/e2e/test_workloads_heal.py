"""Containers that end, turn unhealthy, crash or cannot start: they come back, or the last good version does."""

from __future__ import annotations

import pytest
from tests.support.containers import BUSYBOX, DEMO, ask, client, restarts, tell, the_pod, web
from tests.support.waiting import eventually
from tests.support.workloads import problem_reasons, rollout_of
from tests.support.world import World, condition, is_true

from wharfinger.api.builtin import DEPLOYMENT, POD
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operator")]

SHORT: Object = {"progressDeadline": "8s", "restartLimit": 1}
"""Given up by the deadline, even by a machine that is slow to start a container."""
ONE_CRASH: Object = {"progressDeadline": "90s", "restartLimit": 1}
"""Given up by the first crash, however long it takes to come."""

CRASHES = [{"name": "CRASH_AFTER", "value": "200ms"}]


def not_ready(workload: Object) -> bool:
    return condition(workload, "Ready").get("status") == "False"


async def version(world: World) -> str:
    """What the Service answers, once it answers: kube-proxy hears of a ready pod a moment after the workload does."""

    async def answer() -> str:
        try:
            return await ask(world, "http://web/")
        except AssertionError:
            return ""

    return (await eventually(answer, what="the Service answers")).split()[1]


async def test_a_killed_container_is_back(world: World) -> None:
    await client(world)
    await world.workload("web", **web())
    await world.ready("web", timeout=60)
    before = await the_pod(world, "web")
    name = before["metadata"]["name"]
    await tell(world, name, "/exit?code=3")
    again = await world.until(POD, name, lambda pod: restarts(pod, "web") > restarts(before, "web"), timeout=60)
    assert again["metadata"]["uid"] == before["metadata"]["uid"]
    assert again["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 3
    await eventually(lambda: _answers(world, "1"), timeout=60, what="it answers again")
    await world.ready("web", timeout=60)


async def test_a_deployment_deleted_by_hand_is_back_with_its_containers(world: World) -> None:
    await client(world)
    await world.workload("web", **web())
    await world.ready("web", timeout=60)
    before = await world.until(DEPLOYMENT, "web", bool)
    await world.delete(DEPLOYMENT, "web")
    await world.until(DEPLOYMENT, "web", lambda live: live["metadata"]["uid"] != before["metadata"]["uid"])
    await world.ready("web", timeout=60)
    await eventually(lambda: _answers(world, "1"), timeout=60, what="it answers")


async def test_an_unhealthy_container_is_taken_out_of_the_service_and_not_restarted(world: World) -> None:
    await client(world)
    await world.workload("web", **web())
    await world.ready("web", timeout=60)
    pod = (await the_pod(world, "web"))["metadata"]["name"]
    await tell(world, pod, "/health?ok=false")
    unwell = await world.until(CONTAINER_WORKLOAD, "web", not_ready, timeout=60)
    assert condition(unwell, "Ready")["message"]
    await eventually(lambda: _silent(world), what="no request reaches it")
    await tell(world, pod, "/health?ok=true")
    await world.ready("web", timeout=60)
    after = await the_pod(world, "web")
    assert restarts(after, "web") == 0
    await eventually(lambda: _answers(world, "1"), timeout=60, what="it answers again")


async def test_an_unhealthy_container_is_restarted_on_request(world: World) -> None:
    await client(world)
    spec = web()
    await world.workload("web", **{**spec, "healthCheck": {**spec["healthCheck"], "onUnhealthy": "restart"}})
    await world.ready("web", timeout=60)
    pod = (await the_pod(world, "web"))["metadata"]["name"]
    await tell(world, pod, "/health?ok=false")
    await world.until(POD, pod, lambda seen: restarts(seen, "web") == 1, timeout=60)
    await world.ready("web", timeout=60)


@pytest.mark.parametrize("mode", ["service", "stateful"])
async def test_a_version_that_crashes_is_rolled_back(world: World, mode: str) -> None:
    await client(world)
    await world.workload("web", mode=mode, **web(rollout=ONE_CRASH))
    await world.ready("web", timeout=60)
    crashing = {"image": f"{DEMO}:2", "env": [*CRASHES, {"name": "START_DELAY", "value": "60s"}]}
    await world.workload("web", mode=mode, **web(rollout=ONE_CRASH, **crashing))
    back = await world.stalled("web", reason="RolledBack", timeout=90)
    message = condition(back, "Stalled")["message"]
    assert "revision 2 crashed" in message
    assert "exit code 1" in message
    assert rollout_of(back)["runningRevision"] == 1
    await eventually(lambda: _answers(world, "1"), timeout=60, what="the last good version answers")

    await world.workload("web", mode=mode, **web(rollout=ONE_CRASH, image=f"{DEMO}:2"))
    await world.ready("web", timeout=60)
    await eventually(lambda: _answers(world, "2"), timeout=60, what="the version that was put right answers")


async def test_a_version_that_is_healthy_for_a_moment_only_is_rolled_back(world: World) -> None:
    """It passes its first check and crashes then: what `minReady` is for."""
    await client(world)
    careful = {"rollout": {**ONE_CRASH, "minReady": "3s"}}
    await world.workload("web", **web(**careful))
    await world.ready("web", timeout=60)
    await world.workload("web", **web(**careful, image=f"{DEMO}:2", env=CRASHES))
    await world.stalled("web", reason="RolledBack", timeout=90)
    await eventually(lambda: _answers(world, "1"), timeout=60, what="the last good version answers")


async def test_an_image_that_nobody_has_is_named_and_rolled_back(world: World) -> None:
    await client(world)
    await world.workload("web", **web(rollout=SHORT))
    await world.ready("web", timeout=60)
    await world.workload("web", **web(rollout=SHORT, image=f"{DEMO}:does-not-exist"))
    seen = await world.until(
        CONTAINER_WORKLOAD, "web", lambda live: problem_reasons(live) & {"ImagePullBackOff", "ErrImagePull"}, timeout=60
    )
    problem = seen["status"]["problems"][0]
    assert problem["container"] == "web"
    assert "does-not-exist" in problem["message"]
    assert await version(world) == "1", "the last good version serves meanwhile"
    await world.stalled("web", reason="RolledBack", timeout=60)
    assert await version(world) == "1"


async def test_a_version_that_never_gets_healthy_is_rolled_back(world: World) -> None:
    await client(world)
    await world.workload("web", **web(rollout=SHORT))
    await world.ready("web", timeout=60)
    await world.workload("web", **web(rollout=SHORT, image=f"{DEMO}:2", env=[{"name": "UNHEALTHY", "value": "true"}]))
    await world.stalled("web", reason="RolledBack", timeout=90)
    await eventually(lambda: _answers(world, "1"), timeout=60, what="the last good version answers")


async def test_a_missing_secret_is_named_and_its_coming_heals(world: World) -> None:
    missing = {"envFrom": [{"secretRef": {"name": "later"}}]}
    await world.workload("web", **web(**missing))
    seen = await world.until(CONTAINER_WORKLOAD, "web", lambda live: "later" in _worst(live), timeout=60)
    assert problem_reasons(seen) == {"CreateContainerConfigError"}
    await world.kubectl("create", "secret", "generic", "later", "--from-literal=A=1")
    await world.ready("web", timeout=90)


async def test_a_container_out_of_memory_is_named(world: World) -> None:
    """A shell that doubles a string until it is killed."""
    spec: Object = {
        "image": BUSYBOX,
        "command": ["sh", "-c", "a=x; while :; do a=$a$a; done"],
        "resources": {"limits": {"memory": "16Mi"}},
        "pod": {"securityContext": {"runAsUser": 65532}},
    }
    await world.workload("web", **spec)
    seen = await world.until(CONTAINER_WORKLOAD, "web", problem_reasons, timeout=60)
    named = await world.until(CONTAINER_WORKLOAD, "web", lambda live: "OOMKilled" in str(live["status"]), timeout=60)
    assert not is_true("Ready")(named)
    assert seen["status"]["problems"][0]["container"] == "web"


async def test_a_bare_pod_is_back_after_its_end_and_after_its_loss(world: World) -> None:
    await client(world)
    await world.workload("web", mode="pod", **web())
    await world.ready("web", timeout=60)
    before = await the_pod(world, "web")
    await world.delete(POD, "web")
    await world.until(POD, "web", lambda pod: pod["metadata"]["uid"] != before["metadata"]["uid"], timeout=60)
    await world.ready("web", timeout=60)


def _worst(workload: Object) -> str:
    """The message of the worst problem."""
    problems = workload.get("status", {}).get("problems", ())
    return str(problems[0]["message"]) if problems else ""


async def _silent(world: World) -> bool:
    return not await _answers(world, "1")


async def _answers(world: World, wanted: str) -> bool:
    try:
        return await version(world) == wanted
    except AssertionError:  # between two versions, nobody may answer
        return False
