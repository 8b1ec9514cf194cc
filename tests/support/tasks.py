"""Workloads of mode `tasks`, as tests look at them: tasks alive and remembered, and the states that were gone through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from tests.support.waiting import eventually
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
    seen: list[tuple[Task, ...]] = [()]

    async def look() -> tuple[Task, ...] | None:
        seen[0] = await tasks_of(world, name)
        return seen[0] if holds(seen[0]) else None

    try:
        found = await eventually(look, timeout=timeout, what=f"tasks of {name}")
    except AssertionError as error:
        raise AssertionError(f"{error}\nas they are: {seen[0]}") from None
    assert found is not None
    return found


@asynccontextmanager
async def history_of(world: World, name: str, read: Callable[[Object], Any]) -> AsyncIterator[list[Any]]:
    """What `read` says of the workload, in the order in which that changes, while the block lasts."""
    found: list[Any] = []

    async def watch() -> None:
        version = ""
        while True:
            async for events in world.client.watch(CONTAINER_WORKLOAD, world.namespace, resource_version=version):
                for obj in (event["object"] for event in events):
                    version = note(obj)

    def note(workload: Object) -> str:
        if workload["metadata"]["name"] == name and (value := read(workload)) not in (None, *found[-1:]):
            found.append(value)
        at: str = workload["metadata"]["resourceVersion"]
        return at

    task = asyncio.create_task(watch())
    try:
        yield found
    finally:
        task.cancel()


def update_state(workload: Object) -> str | None:
    """Swarm's word for the update."""
    update = workload.get("status", {}).get("tasks", {}).get("update") or {}
    found: str | None = update.get("state")
    return found
