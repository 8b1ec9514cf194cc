"""Alarms of a deployment by a real Prometheus, on the real API server.

§2.1 is the section of docs/tasks-ecs.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.support.monitoring import scraping
from tests.support.operators import running as operating
from tests.support.tasks import history_of, running, tasks_of
from tests.support.waiting import eventually
from tests.support.workloads import V1, V2
from tests.support.world import World

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.cluster.layout import free_ports
from wharfinger.reconcilers.prometheus import Prometheus

pytestmark = pytest.mark.integration

CHECK = {"exec": {"command": ["true"]}, "interval": "5s"}
WITHIN = 90.0

Wire = list[int]
"""Errors of the shop, as it tells Prometheus: one number, to be changed."""


@asynccontextmanager
async def shop() -> AsyncIterator[tuple[int, Wire]]:
    """A port with metrics, and what they say."""
    errors: Wire = [0]

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(text=f"shop_errors {errors[0]}\n")

    application = web.Application()
    application.router.add_get("/metrics", metrics)
    async with TestServer(application) as server:
        assert server.port is not None
        yield server.port, errors


@dataclass(frozen=True)
class Scene:
    """A workload's world with an operator that asks a Prometheus."""

    world: World
    errors: Wire
    prometheus: Any

    async def until_errors(self, number: int) -> None:
        """Change the number, and wait until Prometheus has seen that."""
        self.errors[0] = number
        query = f"shop_errors == {number}"
        await eventually(lambda: self.prometheus.query(query), timeout=WITHIN, what=query)


@pytest.fixture
async def scene(world: World, tmp_path: Path) -> AsyncIterator[Scene]:
    async with (
        shop() as (port, errors),
        scraping(tmp_path, port=port, labels={}, rules={}) as prometheus,
        operating(world.kubeconfig, namespaces=(world.namespace,), prometheus=Prometheus(prometheus.url)),
    ):
        yield Scene(world, errors, prometheus)


def service(*more: str, bake: str = "0s") -> Object:
    """A service whose deployment fails with errors of the shop; `more` are further queries."""
    queries = [{"name": query, "query": query} for query in ("shop_errors > 0", *more)]
    deployment = {"alarms": {"enable": True, "rollback": True, "queries": queries}, "bakeTime": bake}
    return {"mode": "tasks", "image": V1, "replicas": 2, "healthCheck": CHECK, "tasks": {"deployment": deployment}}


def primary(workload: Object) -> Object:
    """The deployment that counts; empty before there is one."""
    found = workload.get("status", {}).get("tasks", {}).get("deployments", ())
    return found[0] if found else {}


def state(workload: Object) -> tuple[str | None, str | None]:
    """Of the deployment and of its alarms."""
    found = primary(workload)
    return found.get("rolloutState"), found.get("alarms")


def reasons(workload: Object) -> list[str]:
    """Of its findings."""
    return [finding["reason"] for finding in workload.get("status", {}).get("findings", ())]


async def test_an_alarm_fails_the_deployment_and_rolls_it_back(scene: Scene) -> None:
    """§2.1, while it bakes. The alarm is on still when the rollback begins, and so does not fail that."""
    world = scene.world
    await world.workload("web", **service())
    await world.ready("web", timeout=WITHIN)
    good = {task.revision for task in running(await tasks_of(world, "web"))}
    async with history_of(world, "web", state) as seen:
        await world.workload("web", **service(bake="1h") | {"image": V2})
        await world.until(
            CONTAINER_WORKLOAD, "web", lambda obj: primary(obj).get("steadyAt") and state(obj)[1] == "MONITORING",
            timeout=WITHIN,
        )  # fmt: skip
        await scene.until_errors(1)
        stalled = await world.stalled("web", reason="RolledBack", timeout=WITHIN)
    assert ("IN_PROGRESS", "MONITORING") in seen
    assert state(stalled) == ("COMPLETED", "DISABLED")
    assert stalled["status"]["rollout"]["failedRevision"] == 2
    tasks = running(await tasks_of(world, "web"))
    assert (len(tasks), {task.revision for task in tasks}) == (2, good)


async def test_an_alarm_that_is_on_at_the_start_does_not_count(scene: Scene) -> None:
    """§2.1: deployments complete with it on. A query that Prometheus refuses is a finding, in its words."""
    await scene.until_errors(1)
    world = scene.world
    await world.workload("web", **service("sum("))
    ready = await world.ready("web", timeout=WITHIN)
    assert state(ready) == ("COMPLETED", "DISABLED")
    (finding,) = ready["status"]["findings"]
    assert (finding["reason"], finding["path"]) == ("AlarmUntold", "spec.tasks.deployment.alarms.queries[1].query")
    assert "parse error" in finding["message"]
    async with history_of(world, "web", lambda obj: state(obj)[1]) as seen:
        await world.workload("web", **service("sum(") | {"image": V2})
        ready = await world.ready("web", timeout=WITHIN)
    assert set(seen) == {"DISABLED"}
    assert ready["status"]["rollout"]["runningRevision"] == 2


async def test_a_prometheus_that_does_not_answer_holds_up_nothing(world: World) -> None:
    """§2.1: as with INSUFFICIENT_DATA, the deployment completes; a finding says that alarms did not count."""
    port = free_ports(["prometheus"], host="127.0.0.1")["prometheus"]
    nobody = Prometheus(f"http://127.0.0.1:{port}")
    async with operating(world.kubeconfig, namespaces=(world.namespace,), prometheus=nobody):
        await world.workload("web", **service())
        ready = await world.ready("web", timeout=WITHIN)
        assert state(ready) == ("COMPLETED", None)
        assert reasons(ready) == ["AlarmsUnknown"]
