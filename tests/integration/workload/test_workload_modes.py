"""Every mode comes to run, says so by the rules of kstatus, and goes without a trace."""

from __future__ import annotations

import pytest
from tests.support.waiting import eventually, never
from tests.support.workloads import (
    HTTP,
    MODES,
    RUNNERS,
    V1,
    V2,
    container_of,
    image_of,
    is_of,
    of_workload,
    pods_of,
    rollout_of,
    runner,
)
from tests.support.world import World, condition, is_true

from wharfinger.api.builtin import CONTROLLER_REVISION, JOB, NODE, POD, SERVICE, STATEFUL_SET
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

LONG_RUNNING = ("service", "stateful", "daemon", "pod")


async def pods_wanted(world: World, mode: str) -> int:
    """As many as the mode makes on this cluster."""
    return len(await world.client.list(NODE)) if mode == "daemon" else int(MODES[mode].get("replicas", 1))


@pytest.mark.parametrize("mode", LONG_RUNNING)
async def test_it_becomes_ready(world: World, operator: Operator, mode: str) -> None:
    wanted = await pods_wanted(world, mode)
    await world.workload("web", **MODES[mode])
    status = (await world.ready("web"))["status"]
    assert status["readyReplicas"] == status["updatedReplicas"] == status["desiredReplicas"] == wanted
    assert status["rollout"]["state"] == "Completed"
    assert status["rollout"]["revision"] == status["rollout"]["runningRevision"] == 1
    assert {each["type"] for each in status["conditions"]} == {"Ready"}
    assert {each["observedGeneration"] for each in status["conditions"]} == {1}
    assert len(await pods_of(world, "web")) == wanted


@pytest.mark.parametrize("mode", MODES)
async def test_what_runs_is_the_spec_and_belongs_to_it(world: World, operator: Operator, mode: str) -> None:
    made = await world.workload("web", **MODES[mode], env=[{"name": "GREETING", "value": "hello"}])
    found = await runner(world, "web", mode)
    reference = found["metadata"]["ownerReferences"][0]
    assert (reference["uid"], reference["controller"]) == (made["metadata"]["uid"], True)
    assert image_of(found) == V1
    assert {"name": "GREETING", "value": "hello"} in container_of(found)["env"]


@pytest.mark.parametrize("mode", LONG_RUNNING)
async def test_another_image_is_rolled_out(world: World, operator: Operator, mode: str) -> None:
    await world.workload("web", **MODES[mode])
    await world.ready("web")
    await world.workload("web", **MODES[mode] | {"image": V2})
    status = (await world.ready("web"))["status"]
    assert status["rollout"]["lastGoodRevision"] == 2
    assert {image_of(pod) for pod in await pods_of(world, "web")} == {V2}
    assert len(await world.list(CONTROLLER_REVISION, of_workload("web"))) >= 2


@pytest.mark.parametrize("mode", LONG_RUNNING)
async def test_it_is_in_progress_until_it_is_ready(world: World, mode: str) -> None:
    """No operator has seen it: kstatus must not take it for current."""
    made = await world.workload("web", **MODES[mode])
    assert made["status"]["observedGeneration"] == -1


@pytest.mark.parametrize("mode", MODES)
async def test_deleting_it_deletes_all_it_made(world: World, operator: Operator, mode: str) -> None:
    await world.workload("web", **MODES[mode], ports=[HTTP])
    await runner(world, "web", mode)
    await world.delete(CONTAINER_WORKLOAD, "web")
    await world.gone(CONTAINER_WORKLOAD, "web")

    left: list[Object] = []

    async def nothing_left() -> bool:
        kinds = (RUNNERS[mode], POD, SERVICE, CONTROLLER_REVISION)
        left[:] = [obj for resource in kinds for obj in await world.list(resource, of_workload("web"))]
        return not left

    try:
        await eventually(nothing_left, what="everything of web gone")
    except AssertionError as error:
        raise AssertionError(f"{error}\nleft: {left}") from None


async def test_a_stateful_workload_has_a_governing_service(world: World, operator: Operator) -> None:
    await world.workload("db", **MODES["stateful"])
    await world.ready("db")
    governing = await world.get(SERVICE, "db-headless")
    assert governing is not None
    assert governing["spec"]["clusterIP"] == "None"
    assert governing["spec"]["publishNotReadyAddresses"] is True
    stateful_set = await world.get(STATEFUL_SET, "db")
    assert stateful_set is not None
    assert stateful_set["spec"]["serviceName"] == "db-headless"
    assert {pod["metadata"]["name"] for pod in await pods_of(world, "db")} == {"db-0", "db-1"}


# Work that ends


def complete(workload: Object) -> bool:
    return is_true("Complete")(workload)


async def jobs_of(world: World, name: str) -> list[Object]:
    return [job for job in await world.list(JOB) if is_of(job, name)]


async def test_a_job_completes(world: World, operator: Operator) -> None:
    await world.workload("sum", mode="job", image=V1, job={"completions": 2, "parallelism": 2})
    status = (await world.until(CONTAINER_WORKLOAD, "sum", complete))["status"]
    assert status["job"]["result"] == "Complete"
    assert status["job"]["succeeded"] == 2
    assert not condition({"status": status}, "Stalled")
    assert not condition({"status": status}, "Reconciling")
    assert condition({"status": status}, "Ready")["status"] == "True"


async def test_a_job_runs_once_and_its_result_outlives_it(world: World, operator: Operator) -> None:
    await world.workload("sum", mode="job", image=V1, job={"ttlAfterFinished": "1s"})
    await world.until(CONTAINER_WORKLOAD, "sum", complete)

    async def collected() -> bool:
        return not await jobs_of(world, "sum")

    await eventually(collected, what="the Job removed after its time to live")

    async def runs_again() -> bool:
        return bool(await jobs_of(world, "sum"))

    await never(runs_again, during=2.0, what="the Job runs a second time")
    found = await world.get(CONTAINER_WORKLOAD, "sum")
    assert found is not None
    assert complete(found)
    assert found["status"]["job"]["succeeded"] == 1


async def test_another_revision_of_a_job_runs_once_more(world: World, operator: Operator) -> None:
    await world.workload("sum", mode="job", image=V1)
    first = (await world.until(CONTAINER_WORKLOAD, "sum", complete))["status"]["job"]["name"]
    await world.workload("sum", mode="job", image=V2)
    second = await world.until(CONTAINER_WORKLOAD, "sum", complete)
    assert second["status"]["job"]["name"] != first
    assert rollout_of(second)["revision"] == 2
    assert {image_of(job, "sum") for job in await jobs_of(world, "sum")} == {V2}


async def test_a_suspended_job_waits(world: World, operator: Operator) -> None:
    await world.workload("sum", mode="job", image=V1, job={"suspend": True})
    job = await runner(world, "sum", "job")
    assert job["spec"]["suspend"] is True
    assert not await pods_of(world, "sum")
    await world.workload("sum", mode="job", image=V1, job={"suspend": False})
    await world.until(CONTAINER_WORKLOAD, "sum", complete)


async def test_a_cron_job_is_ready_and_tells_of_its_runs(world: World, operator: Operator) -> None:
    await world.workload("nightly", **MODES["cron"])
    await world.ready("nightly")
    await world.kubectl("create", "job", "by-hand", "--from=cronjob/nightly")
    await world.until(JOB, "by-hand", lambda job: job.get("status", {}).get("succeeded"))
    cron = await runner(world, "nightly", "cron")
    await world.client.patch(
        RUNNERS["cron"],
        (world.namespace, cron["metadata"]["name"]),
        {"status": {"lastScheduleTime": "2026-01-01T00:00:00Z"}},
        subresource="status",
    )
    told = await world.until(
        CONTAINER_WORKLOAD, "nightly", lambda found: found["status"]["cron"].get("lastScheduleTime")
    )
    assert told["status"]["cron"]["lastScheduleTime"] == "2026-01-01T00:00:00Z"


async def test_a_cron_job_takes_over_schedule_zone_and_policy(world: World, operator: Operator) -> None:
    cron = {"schedule": "5 4 * * *", "timeZone": "Europe/Berlin", "concurrencyPolicy": "Replace", "suspend": True}
    await world.workload("nightly", mode="cron", image=V1, cron=cron)
    spec = (await runner(world, "nightly", "cron"))["spec"]
    assert {field: spec[field] for field in cron} == cron


# The bare Pod


async def test_a_lost_pod_is_made_again(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["pod"])
    await world.ready("web")
    first = await runner(world, "web", "pod")
    await world.delete(POD, "web")
    second = await world.until(POD, "web", lambda pod: pod["metadata"]["uid"] != first["metadata"]["uid"])
    assert image_of(second) == V1
    await world.ready("web")
