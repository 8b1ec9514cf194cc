"""``history``, ``rollback``, ``pause``, ``resume``, ``restart``, ``scale``: each says what it did, or need not do."""

from __future__ import annotations

import json

import pytest
import yaml
from tests.support.commands import wharfinger
from tests.support.nodes import NEVER_READY, simulating
from tests.support.workloads import V1, V2, image_of, pods_of, rollout_of
from tests.support.world import World, condition, is_true

from wharfinger.api.builtin import DEPLOYMENT
from wharfinger.api.kinds import CONTAINER_WORKLOAD

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator")]

WEB = "containerworkload.wharfinger.dev/web"


async def two_revisions(world: World) -> None:
    """Ready on the second."""
    await world.workload("web", image=V1, replicas=2)
    await world.ready("web", timeout=60)
    cause = {"kubernetes.io/change-cause": "release 2"}
    await world.workload("web", image=V2, replicas=2, annotations=cause)
    await world.ready("web", timeout=60)


async def running_image(world: World) -> str:
    return image_of(await world.client.get(DEPLOYMENT, world.namespace, "web"))


async def test_history_says_what_ran_and_what_runs(world: World) -> None:
    await two_revisions(world)
    done = await wharfinger(world, "history", "web")
    header, first, second = [line.split() for line in done.out.splitlines()]
    assert header == ["REVISION", "AGE", "HASH", "IMAGE", "STATE", "CHANGE-CAUSE"]
    assert (first[0], first[3:]) == ("1", [V1])
    assert (second[0], second[3:]) == ("2", [V2, "wanted,", "running,", "last", "good", "release", "2"])
    listed = json.loads((await wharfinger(world, "history", "web", "-o", "json")).out)["revisions"]
    assert [(each["revision"], each["images"]) for each in listed] == [(1, [V1]), (2, [V2])]
    shown = yaml.safe_load((await wharfinger(world, "history", "web", "--revision", "1")).out)
    assert image_of({"kind": "Deployment", "spec": {"template": shown["template"]}}) == V1


async def test_a_rollback_pins_and_clearing_lets_go(world: World) -> None:
    await two_revisions(world)
    done = await wharfinger(world, "rollback", "web", "--wait", "--timeout=60s")
    assert (done.code, done.out) == (0, f"{WEB} pinned to revision 1 ({V1})\n")
    assert await running_image(world) == V1
    again = await wharfinger(world, "rollback", "web", "--to-revision", "1", "--wait", "--timeout=60s")
    assert (again.code, again.out) == (0, f"{WEB} is pinned to revision 1 already: nothing to do\n")
    cleared = await wharfinger(world, "rollback", "web", "--clear", "--wait", "--timeout=60s")
    assert (cleared.code, cleared.out) == (0, f"{WEB} not pinned any more: revision 2 runs again\n")
    assert await running_image(world) == V2
    assert is_true("Ready")(await world.client.get(CONTAINER_WORKLOAD, world.namespace, "web"))
    nothing = await wharfinger(world, "rollback", "web", "--undo")
    assert (nothing.code, nothing.out) == (0, f"{WEB} is not pinned to a revision: nothing to do\n")


async def test_a_revision_that_is_not_kept_is_told_with_those_that_are(world: World) -> None:
    await world.workload("web", image=V1)
    await world.ready("web", timeout=60)
    for arguments in (("rollback", "web", "--to-revision=7"), ("history", "web", "--revision=7")):
        done = await wharfinger(world, *arguments)
        kept = f"1 ({V1}, wanted, running, last good)"
        assert (done.code, done.err) == (1, f"wharfinger: web has no revision 7; kept are {kept}\n")
    done = await wharfinger(world, "rollback", "web")
    assert (done.code, done.err) == (1, f"wharfinger: web has no earlier revision; kept are {kept}\n")
    found = await world.client.get(CONTAINER_WORKLOAD, world.namespace, "web")
    assert "annotations" not in found["metadata"]


async def test_pause_holds_a_change_back_until_resume(world: World) -> None:
    await world.workload("web", image=V1)
    await world.ready("web", timeout=60)
    said = [(await wharfinger(world, "pause", "web")).out for _ in range(2)]
    assert said == [f"{WEB} paused\n", f"{WEB} is paused already: nothing to do\n"]
    await world.patch(CONTAINER_WORKLOAD, "web", {"spec": {"image": V2}})
    await world.until(CONTAINER_WORKLOAD, "web", lambda obj: condition(obj, "Ready")["reason"] == "Paused", timeout=60)
    restarted = await wharfinger(world, "restart", "web")
    assert "web: it is paused, so nothing moves until `wharfinger resume`\n" in restarted.err
    resumed = await wharfinger(world, "resume", "web", "--wait", "--timeout=60s")
    assert (resumed.code, resumed.out) == (0, f"{WEB} resumed\n"), resumed.err
    assert await running_image(world) == V2
    assert (await wharfinger(world, "resume", "web")).out == f"{WEB} is not paused: nothing to do\n"


async def test_what_a_failure_stopped_is_not_for_resume(world: World) -> None:
    policy = {"onFailure": "pause", "progressDeadline": "2s"}
    await world.workload("web", image=V1, rollout=policy)
    await world.ready("web", timeout=60)
    await world.workload("web", image=V2, rollout=policy, **simulating(NEVER_READY))
    await world.stalled("web", reason="RolloutPaused", timeout=60)
    done = await wharfinger(world, "resume", "web")
    assert done.out.startswith(f"{WEB} was stopped by the failure of revision 2, not by hand: ")


async def test_a_restart_waits_for_new_pods(world: World) -> None:
    await world.workload("web", image=V1, replicas=2)
    before = rollout_of(await world.ready("web", timeout=60))
    old = {pod["metadata"]["uid"] for pod in await pods_of(world, "web")}
    done = await wharfinger(world, "restart", "web", "--wait", "--timeout=60s")
    assert (done.code, done.out) == (0, f"{WEB} restarted\n"), done.err
    after = await world.client.get(CONTAINER_WORKLOAD, world.namespace, "web")
    assert rollout_of(after)["runningRevision"] == before["runningRevision"] + 1
    assert is_true("Ready")(after)
    assert old.isdisjoint(pod["metadata"]["uid"] for pod in await pods_of(world, "web"))


async def test_scale_sets_replicas_by_the_scale_subresource(world: World) -> None:
    await world.workload("web", image=V1, replicas=1)
    await world.ready("web", timeout=60)
    done = await wharfinger(world, "scale", "web", "--replicas=3", "--wait", "--timeout=60s")
    assert (done.code, done.out) == (0, f"{WEB} scaled from 1 to 3\n"), done.err
    found = await world.client.get(CONTAINER_WORKLOAD, world.namespace, "web")
    assert found["status"]["readyReplicas"] == 3
    subresources = {each["manager"]: each.get("subresource") for each in found["metadata"]["managedFields"]}
    assert subresources["wharfinger-cli"] == "scale"
    again = await wharfinger(world, "scale", "web", "--replicas=3")
    assert (again.code, again.out) == (0, f"{WEB} has 3 replicas already: nothing to do\n")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"mode": "daemon"}, "web is of mode daemon, which has no replicas"),
        ({"autoscale": {"maxReplicas": 5}}, "web is scaled by its autoscaler"),
    ],
)
async def test_what_is_not_scaled_by_hand_says_so(world: World, spec: dict[str, object], said: str) -> None:
    await world.workload("web", image=V1, **spec)
    done = await wharfinger(world, "scale", "web", "--replicas=3")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"wharfinger: {said}")


async def test_a_job_has_no_rollout_to_steer(world: World) -> None:
    await world.workload("web", image=V1, mode="job")
    for verb in ("rollback", "pause"):
        done = await wharfinger(world, verb, "web")
        said = "wharfinger: web is of mode job: each revision is a Job of its own, which runs once\n"
        assert (done.code, done.out, done.err) == (1, "", said)


@pytest.mark.parametrize("verb", ["history", "rollback", "pause", "resume", "restart", "events", "logs"])
async def test_a_name_that_is_not_there_is_told_in_one_line(world: World, verb: str) -> None:
    done = await wharfinger(world, verb, "absent")
    assert (done.code, done.out) == (1, "")
    assert done.err == 'wharfinger: containerworkloads.wharfinger.dev "absent" not found\n'
