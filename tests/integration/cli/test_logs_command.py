"""``wharfinger logs`` where there is nothing to read; real logs need real containers: tests/e2e/test_logs.py."""

from __future__ import annotations

import pytest
from tests.support.commands import going_on, wharfinger
from tests.support.nodes import IMAGE_PULL_BACK_OFF, Kubelet, simulating
from tests.support.tasks import running, tasks_of
from tests.support.workloads import V1
from tests.support.world import World

from wharfinger.api.kinds import CONTAINER_WORKLOAD

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator")]


async def test_a_pod_that_has_not_started_says_why(world: World) -> None:
    await world.workload("web", image=V1, **simulating(IMAGE_PULL_BACK_OFF))
    pod = (await Kubelet(world, "web").pods(1))[0]["metadata"]["name"]
    done = await wharfinger(world, "logs", "web")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"{pod}: has not started yet: ImagePullBackOff")


async def test_a_log_that_no_kubelet_gives_is_one_line(world: World) -> None:
    """A simulated node has none."""
    await world.workload("web", image=V1)
    await world.ready("web", timeout=60)
    pod = (await Kubelet(world, "web").pods(1))[0]["metadata"]["name"]
    for arguments in (("logs", "web"), ("logs", "web", "--timestamps", "--tail=5", "--since=10m")):
        done = await wharfinger(world, *arguments)
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
        assert done.err.startswith(f"{pod}: the log of container web cannot be read: ")


async def test_the_log_of_each_task_is_asked_for(world: World) -> None:
    """As of the pods of other modes; what a task that ended has written: tests/e2e/test_logs.py."""
    await world.workload("web", image=V1, mode="tasks", replicas=2)
    await world.ready("web", timeout=60)
    names = sorted(task.pod.name for task in running(await tasks_of(world, "web")) if task.pod)
    done = await wharfinger(world, "logs", "web")
    assert (done.code, done.out) == (1, "")
    said = sorted(done.err.splitlines())
    assert len(said) == len(names) == 2
    for line, name in zip(said, names, strict=True):
        assert line.startswith(f"{name}: the log of container web cannot be read: ")


async def test_containers_that_are_not_there_are_told_with_those_that_are(world: World) -> None:
    await world.workload("web", image=V1, pod={"containers": [{"name": "proxy", "image": V1}]})
    await world.ready("web", timeout=60)
    done = await wharfinger(world, "logs", "web", "-c", "absent")
    assert done.code == 1
    assert "has no container absent; it has web, proxy" in done.err
    done = await wharfinger(world, "logs", "web", "--previous")
    assert (done.code, "was not restarted" in done.err) == (1, True)


async def test_a_workload_without_pods_has_no_logs(world: World) -> None:
    await world.workload("web", image=V1, replicas=0)
    await world.ready("web", timeout=60)
    done = await wharfinger(world, "logs", "web")
    assert (done.code, done.out, done.err) == (0, "", "web: has no pods\n")


async def test_following_ends_with_the_workload(world: World) -> None:
    await world.workload("web", image=V1, replicas=0)
    await world.ready("web", timeout=60)
    async with going_on(world, "logs", "web", "-f") as following:
        await following.says("web: has no pods yet")
        await world.workload("web", image=V1, replicas=1, **simulating(IMAGE_PULL_BACK_OFF))
        await following.says("web-", "is there")
        await world.delete(CONTAINER_WORKLOAD, "web")
        await following.says("web-", "is gone")
        assert await following.ends() == 0


async def test_options_that_contradict_each_other_are_wrong_usage(world: World) -> None:
    assert (await wharfinger(world, "logs", "web", "-f", "-p")).code == 2
    assert (await wharfinger(world, "logs", "web", "-c", "a", "--all-containers")).code == 2
    assert (await wharfinger(world, "logs", "web", "--since", "soon")).code == 2
