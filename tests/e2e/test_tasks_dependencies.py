"""The containers of a task on a real node: who waits for whom, who ends with whom, and their exit codes.

The tables with exit codes are those of the ECS agent's own tests (agent/engine, ordering and granular stop timeout).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from tests.support.containers import BUSYBOX, DEMO, NOBODY
from tests.support.operators import running
from tests.support.starting import program
from tests.support.tasks import until_tasks
from tests.support.waiting import eventually
from tests.support.workloads import of_workload
from tests.support.world import World

from wharfinger.api.builtin import POD
from wharfinger.api.resource import Object
from wharfinger.cluster import Cluster, images
from wharfinger.cluster.nodes.real.config import registry_url
from wharfinger.engine.operator import Operator

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operator")]

STUBBORN = "trap '' TERM; while :; do sleep 0.2; done"
SLOW = "trap 'sleep {0}; exit 0' TERM; touch /tmp/listens; while :; do sleep 0.1; done"
"""Takes so many seconds to end well."""
LISTENS: Object = {"readinessProbe": {"exec": {"command": ["test", "-e", "/tmp/listens"]}, "periodSeconds": 1}}
ENDED = 120.0
"""Seconds in which a task of these tests has ended, on a slow machine."""


@pytest.fixture(scope="session")
def start_image(wharfinger_cluster: Cluster) -> str:
    """An image with the start program and nothing else."""
    image = images.Image(
        {"wharfinger-start": images.File(program().read_bytes(), 0o755)}, environment={"PATH": "/"}, user="65532"
    )
    images.push(image, registry=registry_url(wharfinger_cluster.layout), repository="shop/start", tag="1")
    return "registry.example.com/shop/start:1"


@pytest.fixture
async def operator(world: World, start_image: str) -> AsyncIterator[Operator]:
    """An operator that has it."""
    async with running(world.kubeconfig, namespaces=(world.namespace,), start_image=start_image) as started:
        yield started


def _shell(name: str, script: str, **fields: Any) -> Object:
    return {"name": name, "image": BUSYBOX, "command": ["sh", "-c", script], **fields}


def _once(main: Object, *others: Object, order: list[Object], **pod: Any) -> Object:
    """The spec of a task that runs once: the main container, others, and their order."""
    nobody = {"runAsUser": NOBODY, "runAsGroup": NOBODY, "fsGroup": NOBODY}
    return {
        "mode": "tasks",
        "image": main["image"],
        "command": main["command"],
        "pod": {"containers": list(others), "securityContext": nobody, **pod},
        "tasks": {"scheduling": "replicated-job", "restart": {"condition": "none"}, "containers": order},
    }


def _on(name: str, condition: str) -> Object:
    return {"containerName": name, "condition": condition}


@asynccontextmanager
async def _ends(world: World, name: str) -> AsyncIterator[dict[str, Object]]:
    """How the containers of the workload's tasks end, as a watch sees it: a Pod may be gone a moment later."""
    found: dict[str, Object] = {}

    def note(pod: Object) -> str:
        status = pod.get("status", {})
        for each in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
            if "terminated" in each["state"] and pod["metadata"]["labels"].get("app.kubernetes.io/instance") == name:
                found[each["name"]] = each["state"]["terminated"]
        version: str = pod["metadata"]["resourceVersion"]
        return version

    async def watch() -> None:
        version = ""
        while True:
            async for events in world.client.watch(POD, world.namespace, resource_version=version):
                for event in events:
                    version = note(event["object"])

    task = asyncio.create_task(watch())
    try:
        yield found
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _codes(world: World, spec: Object, *names: str) -> dict[str, int]:
    """The exit codes of these containers, of the one task that `spec` runs."""
    async with _ends(world, "main") as ends:
        await world.workload("main", **spec)

        async def all_ended() -> bool:
            return ends.keys() >= set(names)

        try:
            await eventually(all_ended, timeout=ENDED, what=f"ends of {names}")
        except AssertionError as error:
            raise AssertionError(
                f"{error}\nso far: {ends}\n{await world.kubectl('get', 'cw,pods', '-o', 'yaml')}"
            ) from None
        return {name: ends[name]["exitCode"] for name in names}


async def test_ordering_success(world: World) -> None:
    """SUCCESS, where all others ask for it, is a native init container: the start program has no part in it."""
    order = [
        {"name": "main", "dependsOn": [_on("dependency", "SUCCESS")]},
        {"name": "dependency", "essential": False},
    ]
    spec = _once(_shell("main", "exit 0"), _shell("dependency", "exit 0"), order=order)
    assert await _codes(world, spec, "main", "dependency") == {"main": 0, "dependency": 0}


async def test_ordering_complete(world: World) -> None:
    """COMPLETE is met by any exit code, where an init container would fail the Pod."""
    order = [
        {"name": "main", "dependsOn": [_on("dependency", "COMPLETE")]},
        {"name": "dependency", "essential": False},
    ]
    spec = _once(_shell("main", "exit 0"), _shell("dependency", "exit 1"), order=order)
    assert await _codes(world, spec, "main", "dependency") == {"main": 0, "dependency": 1}
    (task,) = await until_tasks(world, "main", lambda tasks: tasks and tasks[0].ended)
    assert (task.state, task.exit_code) == ("complete", 0)


async def test_ordering_timed_out(world: World) -> None:
    """startTimeout counts from the dependency's start; the dependent never runs, which is exit code 143."""
    order = [
        {"name": "main", "dependsOn": [_on("dependency", "COMPLETE")]},
        {"name": "dependency", "essential": False, "startTimeout": "2s", "stopTimeout": "1s"},
    ]
    spec = _once(_shell("main", "exit 0"), _shell("dependency", STUBBORN), order=order)
    assert await _codes(world, spec, "main", "dependency") == {"main": 143, "dependency": 137}
    (task,) = await until_tasks(world, "main", lambda tasks: tasks and tasks[0].ended)
    assert task.exit_code == 143
    assert "dependency was not COMPLETE within 2s" in task.message


async def test_granular_stop_timeout(world: World) -> None:
    """Each container has its own time to stop; a Pod has one for all."""
    order = [
        {"name": "main", "dependsOn": [_on("dependency1", "HEALTHY"), _on("dependency2", "HEALTHY")]},
        {"name": "dependency1", "essential": False, "stopTimeout": "1s"},
        {"name": "dependency2", "essential": False, "stopTimeout": "30s"},
    ]
    others = (_shell("dependency1", SLOW.format(20), **LISTENS), _shell("dependency2", SLOW.format(2), **LISTENS))
    temporary = {"name": "tmp", "emptyDir": {}}
    for index, each in enumerate(others):
        each["volumeMounts"] = [{"name": "tmp", "mountPath": "/tmp", "subPath": str(index)}]
    spec = _once(_shell("main", "exit 0"), *others, order=order, volumes=[temporary])
    codes = await _codes(world, spec, "main", "dependency1", "dependency2")
    assert codes == {"main": 0, "dependency1": 137, "dependency2": 0}


async def test_limits_and_restarts_are_the_containers(world: World) -> None:
    """The limit is seen inside. The container ends with 1 twice and is restarted in place, then ends with 0."""
    script = "[ $(ulimit -n) = 123 ] || exit 9; echo >>/data/runs; sleep 1.2; [ $(wc -l </data/runs) -ge 3 ] || exit 1"
    order = [
        {
            "name": "main",
            "ulimits": [{"name": "nofile", "softLimit": 123, "hardLimit": 123}],
            "restartPolicy": {"ignoredExitCodes": [0, 9], "restartAttemptPeriod": "1s"},
        }
    ]
    spec = _once(_shell("main", script), order=order, volumes=[{"name": "data", "emptyDir": {}}])
    spec["pod"]["containers"] = [{"name": "main", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]
    assert await _codes(world, spec, "main") == {"main": 0}


async def test_the_end_of_an_essential_container_ends_the_task(world: World) -> None:
    """Also where nothing is wrapped: what still runs is stopped, and the task ended with the essential one's code."""
    order = [{"name": "helper", "essential": False}]
    spec = _once(
        _shell("main", "exit 3"), _shell("helper", "trap 'exit 7' TERM; while :; do sleep 0.1; done"), order=order
    )
    assert await _codes(world, spec, "main", "helper") == {"main": 3, "helper": 7}
    (task,) = await until_tasks(world, "main", lambda tasks: tasks and tasks[0].ended and tasks[0].pod is None)
    assert (task.state, task.exit_code, task.stop_code) == ("failed", 3, "EssentialContainerExited")


async def test_a_dependency_that_fails_ends_the_task_before_it_began(world: World) -> None:
    order = [
        {"name": "main", "dependsOn": [_on("dependency", "SUCCESS")]},
        {"name": "dependency", "essential": False},
    ]
    spec = _once(_shell("main", "exit 0"), _shell("dependency", "exit 4"), order=order)
    assert await _codes(world, spec, "dependency") == {"dependency": 4}
    (task,) = await until_tasks(world, "main", lambda tasks: tasks and tasks[0].ended, timeout=ENDED)
    assert (task.state, task.stop_code) == ("failed", "TaskFailedToStart")
    assert "dependency" in task.message


async def test_a_service_waits_until_another_is_healthy_without_a_shell_and_restricted(world: World) -> None:
    """Images of one static file, Pod Security restricted. Another container's end, not essential, changes nothing."""
    await world.kubectl("label", "namespace", world.namespace, "pod-security.kubernetes.io/enforce=restricted")
    health = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1}
    others = [
        {"name": "db", "image": f"{DEMO}:1", "command": ["/demo", "serve"], "readinessProbe": health},
        {"name": "once", "image": f"{DEMO}:1", "command": ["/demo", "exit", "1"]},
    ]
    await world.workload(
        "main",
        mode="tasks",
        image=f"{DEMO}:1",
        command=["/demo", "sleep", "1h"],
        pod={"containers": others},
        tasks={
            "containers": [
                {"name": "main", "dependsOn": [_on("db", "HEALTHY"), _on("once", "COMPLETE")]},
                {"name": "once", "essential": False},
            ]
        },
    )
    (task,) = await until_tasks(world, "main", lambda tasks: tasks and tasks[0].runs, timeout=ENDED)
    await world.ready("main", timeout=ENDED)

    async def begun() -> bool:
        said = "exec", task.pod.name, "-c", "main", "--", "/wharfinger/start/wharfinger-start", "started"
        with suppress(AssertionError):
            await world.kubectl(*said, "/wharfinger/start", "main")
            return True
        return False

    assert task.pod is not None
    await eventually(begun, timeout=ENDED, what="main begun after db was healthy")
    (after,) = await world.list(POD, of_workload("main"))
    states = {each["name"]: each["state"] for each in after["status"]["containerStatuses"]}
    assert states["once"]["terminated"]["exitCode"] == 1
    assert "running" in states["main"]
    assert "running" in states["db"]
