"""`spec.dependsOn` on the real API server: what waits, for what, until when, and what is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.nodes import IMAGE_PULL_BACK_OFF, NEVER_READY, Kubelet, simulating, terminated
from tests.support.waiting import eventually, never
from tests.support.workloads import (
    HTTP,
    MODES,
    RUNNERS,
    V1,
    V2,
    annotate,
    finding_reasons,
    image_of,
    of_workload,
    pods_of,
    rollout_of,
    runner,
    told,
)
from tests.support.world import World, condition, is_true

from wharfinger.api.builtin import CONTROLLER_REVISION, DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER, SERVICE
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

TASKS: Object = {"mode": "tasks", "image": V1, "replicas": 2}
UNREADY: Object = {"image": V1, **simulating(NEVER_READY), "healthCheck": {"tcpSocket": {"port": 80}}}
HEALTHY: Object = {"dependsOn": [{"name": "db", "condition": "Healthy"}]}
JOB: Object = {"mode": "job", "image": V1, "job": {"backoffLimit": 0}, **simulating(NEVER_READY)}
LONG = 60.0


def waits(*words: str) -> Any:
    """A predicate: it waits, and its message has these words."""

    def holds(obj: Object) -> bool:
        found = condition(obj, "Reconciling")
        return found.get("reason") == "WaitingForDependencies" and all(word in found["message"] for word in words)

    return holds


async def waiting(world: World, name: str, *words: str) -> Object:
    return await world.until(CONTAINER_WORKLOAD, name, waits(*words), timeout=LONG)


async def unready_db(world: World) -> tuple[Kubelet, Object]:
    """A `db` whose only pod has started and is not ready."""
    await world.workload("db", **UNREADY)
    kubelet = Kubelet(world, "db")
    return kubelet, (await kubelet.pods(1))[0]


async def ready_db(world: World) -> tuple[Kubelet, Object]:
    kubelet, pod = await unready_db(world)
    await kubelet.ready(pod)
    await world.ready("db", timeout=LONG)
    return kubelet, pod


async def never_starts(world: World, name: str, *, during: float = 1.0) -> None:
    async def look() -> list[Object]:
        return await pods_of(world, name)

    await never(look, during=during, what=f"pods of {name}")


# The first start


@pytest.mark.parametrize("mode", [*MODES, "tasks"])
async def test_nothing_is_started_before(world: World, operator: Operator, mode: str) -> None:
    """Compose: `docker compose up` starts a service once what it depends on is as far as it asks for."""
    spec = {**MODES, "tasks": TASKS}[mode]
    await world.workload("web", **spec, **HEALTHY)
    missing = await waiting(world, "web", "db: there is no ContainerWorkload")
    assert condition(missing, "Ready")["status"] == "False"
    assert not condition(missing, "Stalled")
    kubelet, pod = await unready_db(world)
    await waiting(world, "web", "db: 0 of 1 ready")
    await never_starts(world, "web")
    if mode != "tasks":
        assert not await world.list(RUNNERS[mode], of_workload("web"))
    assert not await world.list(CONTROLLER_REVISION, of_workload("web"))
    await kubelet.ready(pod)
    started = await world.ready("web", timeout=LONG)
    assert rollout_of(started).get("runningRevision") == 1
    assert "waitingRevision" not in rollout_of(started)


async def test_all_around_it_is_made_at_once(world: World, operator: Operator) -> None:
    """Names resolve before anything answers; an autoscaler without its Deployment would only complain."""
    scaled = {"autoscale": {"minReplicas": 1, "maxReplicas": 3, "metrics": [{"resource": "cpu", "averageValue": "1"}]}}
    await world.workload("web", image=V1, ports=[HTTP], **scaled, **HEALTHY)
    await waiting(world, "web", "db")
    assert await world.get(SERVICE, "web")
    assert not await world.list(HORIZONTAL_POD_AUTOSCALER)
    await ready_db(world)
    await world.until(HORIZONTAL_POD_AUTOSCALER, "web", lambda _: True, timeout=LONG)


async def test_started_is_enough_where_that_is_asked_for(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, dependsOn=[{"name": "db"}])
    await world.workload("db", **UNREADY | simulating(IMAGE_PULL_BACK_OFF))
    kubelet = Kubelet(world, "db")
    pod = (await kubelet.pods(1))[0]
    await waiting(world, "web", "db: 0 of 1 started", "ImagePullBackOff")
    await kubelet.unready(pod)
    await world.ready("web", timeout=LONG)
    assert condition(await world.client.get(CONTAINER_WORKLOAD, world.namespace, "db"), "Ready")["status"] == "False"


async def test_started_tasks_are_enough_too(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, dependsOn=[{"name": "db"}])
    await world.workload("db", **UNREADY, mode="tasks", replicas=2)
    db = await world.until(
        CONTAINER_WORKLOAD, "db", lambda obj: obj["status"].get("startedReplicas") == 2, timeout=LONG
    )
    assert condition(db, "Ready")["status"] == "False"
    await world.ready("web", timeout=LONG)


async def test_what_waits_for_what_waits(world: World, operator: Operator) -> None:
    """A diamond that is applied from its far end: api and log wait for db, web for both."""
    await world.workload("web", image=V1, dependsOn=[{"name": name, "condition": "Healthy"} for name in ("api", "log")])
    for name in ("api", "log"):
        await world.workload(name, image=V1, **HEALTHY)
    kubelet, pod = await unready_db(world)
    await waiting(world, "web", "api: waits itself", "log: waits itself")
    await never_starts(world, "web")
    await kubelet.ready(pod)
    starts = [rollout_of(await world.ready(name, timeout=LONG))["startedAt"] for name in ("db", "api", "web")]
    assert starts == sorted(starts)


# Jobs


async def test_a_job_that_fails_is_said_and_once_it_is_mended_all_goes_on(world: World, operator: Operator) -> None:
    """Compose: "service … didn't complete successfully" ends `up`; here it goes on when the job has done its work."""
    await world.workload("web", image=V1, dependsOn=[{"name": "migrate", "condition": "Completed"}])
    await world.workload("migrate", **JOB)
    kubelet = Kubelet(world, "migrate")
    pod = (await kubelet.pods(1))[0]
    await waiting(world, "web", "migrate: is not done")
    await kubelet.says(pod, phase="Failed", containerStatuses=[kubelet.container(pod, state=terminated(3))])
    failed = await world.stalled("web", reason="DependencyFailed", timeout=LONG)
    assert "migrate: has failed (JobFailed" in condition(failed, "Stalled")["message"]
    await told(world, "web", "DependencyFailed")
    await never_starts(world, "web")
    await world.workload("migrate", **JOB | {"image": V2})
    again = (await kubelet.pods(1, where=lambda pod: image_of(pod, "migrate") == V2))[0]
    await waiting(world, "web", "migrate: is not done")
    await kubelet.says(again, phase="Succeeded", containerStatuses=[kubelet.container(again, state=terminated(0))])
    await world.ready("web", timeout=LONG)


async def test_what_never_completes_is_said_to(world: World, operator: Operator) -> None:
    await ready_db(world)
    await world.workload("web", image=V1, dependsOn=[{"name": "db", "condition": "Completed"}])
    stalled = await world.stalled("web", reason="DependencyFailed", timeout=LONG)
    assert "NeverCompletes" in finding_reasons(stalled)


# A change


@pytest.mark.parametrize("mode", ["service", "stateful", "tasks"])
async def test_a_change_waits_and_what_runs_goes_on(world: World, operator: Operator, mode: str) -> None:
    spec = {**MODES, "tasks": TASKS}[mode] | HEALTHY
    kubelet, pod = await ready_db(world)
    await world.workload("web", **spec)
    await world.ready("web", timeout=LONG)
    await kubelet.unready(pod)
    await world.until(CONTAINER_WORKLOAD, "db", lambda obj: not is_true("Ready")(obj), timeout=LONG)
    await operator.wait_idle()
    assert is_true("Ready")(await world.client.get(CONTAINER_WORKLOAD, world.namespace, "web")), "it stops nothing"
    await world.workload("web", **spec | {"image": V2, "replicas": 3})
    held = await waiting(world, "web", "db: 0 of 1 ready", "Revision 1 runs meanwhile")
    assert rollout_of(held)["waitingRevision"] == 2
    await eventually(lambda: _count(world, 3), timeout=LONG, what="3 pods: what runs can be scaled")
    assert {image_of(each) for each in await pods_of(world, "web")} == {V1}
    await kubelet.ready(pod)
    await world.ready("web", timeout=LONG)
    assert {image_of(each) for each in await pods_of(world, "web")} == {V2}


async def _count(world: World, number: int) -> bool:
    return len(await pods_of(world, "web")) == number


async def test_what_was_started_comes_back_whatever_became_of_the_dependency(world: World, operator: Operator) -> None:
    await ready_db(world)
    await world.workload("web", image=V1, **HEALTHY)
    await world.ready("web", timeout=LONG)
    await world.delete(CONTAINER_WORKLOAD, "db")
    await world.gone(CONTAINER_WORKLOAD, "db", timeout=LONG)
    before = await world.client.get(DEPLOYMENT, world.namespace, "web")
    await world.delete(DEPLOYMENT, "web")
    await world.until(DEPLOYMENT, "web", lambda obj: obj["metadata"]["uid"] != before["metadata"]["uid"], timeout=LONG)
    await world.ready("web", timeout=LONG)


async def test_a_job_is_not_run_anew_before(world: World, operator: Operator) -> None:
    kubelet, pod = await ready_db(world)
    await world.workload("web", mode="job", image=V1, **HEALTHY)
    done = await world.ready("web", timeout=LONG)
    await kubelet.unready(pod)
    await world.until(CONTAINER_WORKLOAD, "db", lambda obj: not is_true("Ready")(obj), timeout=LONG)
    await world.workload("web", mode="job", image=V2, **HEALTHY)
    held = await waiting(world, "web", "db")
    assert held["status"]["job"] == done["status"]["job"]
    await kubelet.ready(pod)
    again = await world.ready("web", timeout=LONG)
    assert again["status"]["job"]["revision"] == 2


async def test_a_job_of_tasks_is_not_run_anew_before(world: World, operator: Operator) -> None:
    """Any change of the spec runs it again (swarmkit, JobIteration), its dependencies permitting."""
    job: Object = {"mode": "tasks", "image": V1, "tasks": {"scheduling": "replicated-job"}, **HEALTHY}
    kubelet, pod = await ready_db(world)
    await world.workload("web", **job)
    await _done(world, "web", V1)
    first = await world.ready("web", timeout=LONG)
    await kubelet.unready(pod)
    await world.until(CONTAINER_WORKLOAD, "db", lambda obj: not is_true("Ready")(obj), timeout=LONG)
    await world.workload("web", **job | {"image": V2})
    held = await waiting(world, "web", "db")
    assert held["status"]["tasks"]["iteration"] == first["status"]["tasks"]["iteration"] == 1
    await kubelet.ready(pod)
    await _done(world, "web", V2)
    again = await world.ready("web", timeout=LONG)
    assert again["status"]["tasks"]["iteration"] == 2


async def _done(world: World, name: str, image: str) -> None:
    """The pod of a job that runs this image ends well."""
    kubelet = Kubelet(world, name)
    pod = (await kubelet.pods(1, where=lambda pod: image_of(pod, name) == image))[0]
    await kubelet.says(pod, phase="Succeeded", containerStatuses=[kubelet.container(pod, state=terminated(0))])


async def test_a_rollback_is_not_held(world: World, operator: Operator) -> None:
    """It is the way back to what worked, and people take it when things are on fire."""
    kubelet, pod = await ready_db(world)
    for image in (V1, V2):
        await world.workload("web", image=image, **HEALTHY)
        await world.ready("web", timeout=LONG)
    await kubelet.unready(pod)
    await world.until(CONTAINER_WORKLOAD, "db", lambda obj: not is_true("Ready")(obj), timeout=LONG)
    await annotate(world, "web", rollback_to="previous")
    await world.stalled("web", reason="RolledBack", timeout=LONG)
    assert image_of(await runner(world, "web", "service")) == V1
    await annotate(world, "web", rollback_to=None)
    await waiting(world, "web", "db", "Revision 1 runs meanwhile")
    await kubelet.ready(pod)
    await world.ready("web", timeout=LONG)
    assert image_of(await runner(world, "web", "service")) == V2


async def test_a_pause_and_a_wait_hold_both(world: World, operator: Operator) -> None:
    kubelet, pod = await unready_db(world)
    await world.workload("web", image=V1, **HEALTHY, annotations={"wharfinger.dev/paused": "true"})
    await waiting(world, "web", "db")
    await kubelet.ready(pod)
    paused = await world.until(
        CONTAINER_WORKLOAD, "web", lambda obj: condition(obj, "Ready").get("reason") == "Paused", timeout=LONG
    )
    assert not condition(paused, "Stalled")
    await never_starts(world, "web")
    await annotate(world, "web", paused=None)
    await world.ready("web", timeout=LONG)


# restart


async def test_it_is_restarted_with_what_it_depends_on_and_not_after_a_crash(world: World, operator: Operator) -> None:
    """Compose: restarted after an explicit operation on the dependency, not when its container is restarted."""
    web = {"image": V1, "dependsOn": [{"name": "db", "condition": "Healthy", "restart": True}]}
    kubelet, pod = await ready_db(world)
    await world.workload("web", **web)
    first = rollout_of(await world.ready("web", timeout=LONG))
    assert first["revision"] == 1, "what waits uses up no number"
    await kubelet.crashed(pod, times=1)
    await world.until(CONTAINER_WORKLOAD, "db", lambda obj: obj["status"].get("readyReplicas") == 0, timeout=LONG)
    await kubelet.ready(pod)
    await world.ready("db", timeout=LONG)
    await operator.wait_idle()
    assert rollout_of(await world.ready("web"))["revision"] == 1
    await world.workload("db", **UNREADY | {"image": V2})
    await waiting(world, "web", "db", "Revision 1 runs meanwhile")
    fresh = (await kubelet.pods(1, where=lambda pod: image_of(pod, "db") == V2))[0]
    await kubelet.ready(fresh)
    await world.ready("db", timeout=LONG)
    restarted = await world.until(
        CONTAINER_WORKLOAD,
        "web",
        lambda obj: rollout_of(obj).get("runningRevision") == 2 and is_true("Ready")(obj),
        timeout=LONG,
    )
    await world.delete(CONTAINER_WORKLOAD, "db")
    await world.gone(CONTAINER_WORKLOAD, "db", timeout=LONG)
    await operator.wait_idle()
    assert rollout_of(await world.ready("web")) == rollout_of(restarted), "nothing happens to it when db goes"


# required


async def test_what_is_not_required_is_waited_for_only_while_it_may_come(world: World, operator: Operator) -> None:
    optional = [{"name": "migrate", "condition": "Completed", "required": False}]
    await world.workload("alone", image=V1, dependsOn=optional)
    assert "DependencyAbsent" in finding_reasons(await world.ready("alone", timeout=LONG))
    await world.workload("migrate", **JOB)
    await world.workload("web", image=V1, dependsOn=optional)
    kubelet = Kubelet(world, "migrate")
    pod = (await kubelet.pods(1))[0]
    await waiting(world, "web", "migrate")
    await kubelet.says(pod, phase="Failed", containerStatuses=[kubelet.container(pod, state=terminated(3))])
    await world.ready("web", timeout=LONG)
    assert "migrate" in (await told(world, "web", "DependencySkipped"))["note"]


# Cycles


async def test_a_cycle_is_refused_and_undone(world: World, operator: Operator) -> None:
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        await world.workload(name, image=V1, dependsOn=[{"name": other}])
    for name in "abc":
        refused = await world.stalled(name, reason="InvalidSpec", timeout=LONG)
        assert "DependencyCycle" in finding_reasons(refused)
    assert "a -> b -> c -> a" in condition(await world.stalled("a"), "Stalled")["message"]
    await world.workload("c", image=V1)
    for name in "cba":
        await world.ready(name, timeout=LONG)


# At rest


async def test_one_that_waits_is_left_in_peace(world: World, operator: Operator) -> None:
    await unready_db(world)
    await world.workload("web", image=V1, **HEALTHY)
    before = await waiting(world, "web", "db: 0 of 1 ready")
    await operator.wait_idle()

    async def changed() -> bool:
        now = await world.client.get(CONTAINER_WORKLOAD, world.namespace, "web")
        return bool(now["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"])

    await never(changed, during=1.5, what="an operator that waits writes")
