"""Workloads of mode `tasks`, as tests look at them: tasks alive and remembered, and what was gone through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from tests.support.waiting import until
from tests.support.workloads import of_workload
from tests.support.world import World
from wharfinger.api.builtin import CONFIG_MAP, POD
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.labels import HISTORY_LABEL
from wharfinger.api.resource import Object, Resource
from wharfinger.rollout.tasks.observe import listed
from wharfinger.rollout.tasks.task import Task


async def tasks_of(world: World, name: str) -> tuple[Task, ...]:
    """Its tasks: by place, the newest first."""
    pods = await world.list(POD, of_workload(name))
    histories = await world.list(CONFIG_MAP, f"{of_workload(name)},{HISTORY_LABEL}")
    return listed(pods, histories, now=datetime.now(UTC))


def running(tasks: Iterable[Task]) -> list[Task]:
    """Those that run and stay."""
    return [task for task in tasks if task.runs]


async def until_tasks(
    world: World, name: str, holds: Callable[[tuple[Task, ...]], Any], *, timeout: float = 60.0
) -> tuple[Task, ...]:
    """The tasks, once `holds` of them."""
    return await until(lambda: tasks_of(world, name), holds, timeout=timeout, what=f"tasks of {name}")


@asynccontextmanager
async def history_of(
    world: World, name: str, read: Callable[[Object], Any], *, resource: Resource = CONTAINER_WORKLOAD
) -> AsyncIterator[list[Any]]:
    """What `read` says of a workload, or other object, in the order in which that changes, while the block lasts."""
    found: list[Any] = []
    before = await world.client.get(resource, world.namespace, name)

    async def watch(version: str) -> None:
        while True:
            events = world.client.watch(resource, world.namespace, resource_version=version)
            async for batch in events:
                for event in batch:
                    version = event["object"]["metadata"]["resourceVersion"]
                    note(event)

    def note(event: Object) -> None:
        if event["type"] == "BOOKMARK" or event["object"]["metadata"]["name"] != name:
            return
        value = read(event["object"])
        if value is not None and found[-1:] != [value]:
            found.append(value)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(watch(before["metadata"]["resourceVersion"]))
        yield found
        task.cancel()


@asynccontextmanager
async def pods_seen(world: World, name: str, read: Callable[[list[Object]], Any]) -> AsyncIterator[list[Any]]:
    """What `read` says of its Pods that have not ended, after each event about one of them, while the block lasts."""
    selector, pods, found = of_workload(name), dict[str, Object](), list[Any]()

    async def watch(version: str) -> None:
        while True:
            events = world.client.watch(POD, world.namespace, resource_version=version, label_selector=selector)
            async for batch in events:
                for event in batch:
                    version = event["object"]["metadata"]["resourceVersion"]
                    note(event["type"], event["object"])

    def note(kind: str, pod: Object) -> None:
        if kind == "BOOKMARK":
            return
        if kind == "DELETED" or pod["status"].get("phase") in ("Succeeded", "Failed"):
            pods.pop(pod["metadata"]["name"], None)
        else:
            pods[pod["metadata"]["name"]] = pod
        found.append(read(list(pods.values())))

    async for page in world.client.pages(POD, world.namespace, label_selector=selector):
        pods |= {pod["metadata"]["name"]: pod for pod in page.items}
        version = page.resource_version
    async with asyncio.TaskGroup() as group:
        task = group.create_task(watch(version))
        yield found
        task.cancel()


def healthy_pods(pods: Iterable[Object]) -> list[Object]:
    """Those that are Ready, and that nobody told to stop."""
    return [
        pod
        for pod in pods
        if "deletionTimestamp" not in pod["metadata"]
        and any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", ()))
    ]


def update_of(workload: Object) -> tuple[str, str] | None:
    """Swarm's word for the update and its message, without the ids and reasons that differ from run to run."""
    update = workload.get("status", {}).get("tasks", {}).get("update")
    if not update:
        return None
    return update["state"], update.get("message", "").partition(" of task ")[0]


def deployments_of(workload: Object) -> list[tuple[str, str, str, str]]:
    """ECS's deployments, PRIMARY first: id, status, rolloutState, rolloutStateReason."""
    found = workload.get("status", {}).get("tasks", {}).get("deployments", ())
    return [(each["id"], each["status"], each["rolloutState"], each["rolloutStateReason"]) for each in found]


IN_SWARM = [
    ("updating", "update in progress"),
    ("rollback_started", "update rolled back due to failure or early termination"),
    ("rollback_completed", "rollback completed"),
]
"""What UpdateStatus goes through when an update by failureAction rollback fails: docs/tasks-swarm.md, U2, U5, U6."""

_FIRST = "ECS deployment ecs-svc/1 completed."
_BREAKER = "ECS deployment circuit breaker: "
IN_ECS = [
    [("ecs-svc/1", "PRIMARY", "COMPLETED", _FIRST)],
    [
        ("ecs-svc/2", "PRIMARY", "IN_PROGRESS", "ECS deployment ecs-svc/2 in progress."),
        ("ecs-svc/1", "ACTIVE", "COMPLETED", _FIRST),
    ],
    [
        ("ecs-svc/3", "PRIMARY", "IN_PROGRESS", f"{_BREAKER}rolling back to deploymentId ecs-svc/3."),
        ("ecs-svc/2", "ACTIVE", "FAILED", f"{_BREAKER}tasks failed to start."),
    ],
    [("ecs-svc/3", "PRIMARY", "COMPLETED", "ECS deployment ecs-svc/3 completed.")],
]
"""What the list of deployments goes through when the circuit breaker rolls one back: docs/tasks-ecs.md, 2.1 and 2.2."""


def update_state(workload: Object) -> str | None:
    """Swarm's word for the update."""
    update = workload.get("status", {}).get("tasks", {}).get("update") or {}
    found: str | None = update.get("state")
    return found
