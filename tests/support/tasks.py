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
from wharfinger.api.resource import Object
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
async def history_of(world: World, name: str, read: Callable[[Object], Any]) -> AsyncIterator[list[Any]]:
    """What `read` says of the workload, in the order in which that changes, while the block lasts."""
    found: list[Any] = []
    before = await world.client.get(CONTAINER_WORKLOAD, world.namespace, name)

    async def watch(version: str) -> None:
        while True:
            events = world.client.watch(CONTAINER_WORKLOAD, world.namespace, resource_version=version)
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


def update_state(workload: Object) -> str | None:
    """Swarm's word for the update."""
    update = workload.get("status", {}).get("tasks", {}).get("update") or {}
    found: str | None = update.get("state")
    return found
