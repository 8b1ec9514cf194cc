"""``wharfinger logs`` of containers that really write."""

from __future__ import annotations

import re

import pytest
from tests.support.commands import going_on, wharfinger
from tests.support.containers import BUSYBOX, IDLE, NOBODY, shell, tell, the_pod, web
from tests.support.waiting import eventually
from tests.support.workloads import pods_of
from tests.support.world import World, condition

from wharfinger.api.builtin import POD
from wharfinger.api.kinds import CONTAINER_WORKLOAD

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operator")]

STARTED = 'version "1" listens on port 8080'


async def test_the_logs_of_all_pods_and_containers(world: World) -> None:
    script = f"echo eins; echo zwei; {IDLE}"
    beside = {"name": "beside", "image": BUSYBOX, "command": ["sh", "-c", script]}
    pod = {"containers": [{**beside, "securityContext": {"runAsUser": NOBODY}}]}
    await world.workload("web", **web(replicas=2, terminationGracePeriod="1s", pod=pod))
    await world.ready("web", timeout=120)
    names = sorted(pod["metadata"]["name"] for pod in await pods_of(world, "web"))

    plain = await wharfinger(world, "logs", "web")
    assert plain.code == 0, plain.err
    assert sorted(line.split()[0] for line in plain.out.splitlines() if STARTED in line) == names
    assert "eins" not in plain.out
    assert "\x1b" not in plain.out

    other = await wharfinger(world, "logs", "web", "-c", "beside", "--tail", "1", "--timestamps", "--since", "1h")
    stamped = [line.split() for line in other.out.splitlines()]
    assert sorted(label for label, _, _ in stamped) == [f"{name}/beside" for name in names]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", time) and text == "zwei" for _, time, text in stamped)

    both = await wharfinger(world, "logs", "web", "--all-containers", "--no-prefix")
    assert both.out.splitlines().count("eins") == 2
    assert STARTED in both.out


async def test_following_picks_up_what_starts_and_tells_what_ends(world: World) -> None:
    await world.workload("web", **web())
    await world.ready("web", timeout=60)
    first = (await the_pod(world, "web"))["metadata"]["name"]
    async with going_on(world, "logs", "web", "-f") as following:
        await following.says(first, STARTED)
        await tell(world, first, "/exit?code=3")

        async def started_again() -> bool:
            return len([line for line in following.lines if line.startswith(first) and STARTED in line]) == 2

        await eventually(started_again, timeout=90, what="the restarted container's first line")
        await world.delete(POD, first)
        await following.says(f"{first} is gone", timeout=90)
        second = (await the_pod(world, "web"))["metadata"]["name"]
        await following.says(second, STARTED, timeout=90)
        assert await following.interrupted() == 130
    assert "Traceback" not in following.text


async def test_the_log_before_a_restart(world: World) -> None:
    await world.workload("web", **shell("echo 'this run'; sleep 1; exit 3"))

    async def before() -> str:
        done = await wharfinger(world, "logs", "web", "--previous", "--no-prefix")
        return done.out if done.code == 0 else ""

    assert await eventually(before, timeout=90, what="a log before the restart") == "this run\n"


async def test_following_a_job_ends_with_the_job(world: World) -> None:
    """Every line of it, the last without an end too."""
    script = "for i in 1 2 3; do echo step $i; sleep 0.3; done; printf done"
    spec = shell(script, mode="job", job={"backoffLimit": 0})
    await world.workload("migrate", **spec)
    async with going_on(world, "logs", "migrate", "-f", "--no-prefix") as following:
        assert await following.ends(timeout=120) == 0
    said = [line for line in following.lines if line.startswith(("step", "done"))]
    assert said == ["step 1", "step 2", "step 3", "done"]
    found = await world.get(CONTAINER_WORKLOAD, "migrate")
    assert found is not None
    assert condition(found, "Complete")["status"] == "True"
