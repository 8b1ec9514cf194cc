"""How alarms are read: once in a period, each for itself, and at no cost to others where Prometheus does not answer."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.support.refusals import document

from wharfinger.api.containerworkload import Workload
from wharfinger.api.parse import parse
from wharfinger.api.status import ContainerWorkloadStatus
from wharfinger.reconcilers.alarms import AT_REST, PERIOD, UNTOLD, Alarms, Reading, look_again
from wharfinger.reconcilers.prometheus import Prometheus

ON, OFF, REFUSED, BROKEN = "on", "off", "refused", "broken"
"""Queries, by what Prometheus does with them."""


@dataclass
class Scene:
    """A Prometheus that can fall silent, the time, and what was asked."""

    alarms: Alarms
    now: list[float]
    silent: bool = False
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        query = str((await request.post())["query"])
        self.asked.append(query)
        if self.silent or query == BROKEN:
            return web.Response(status=503)
        if query == REFUSED:
            return web.json_response({"status": "error", "error": "parse error"}, status=400)
        result = [{"metric": {}, "value": [0, "1"]}] if query == ON else []
        return web.json_response({"status": "success", "data": {"resultType": "vector", "result": result}})


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    async def answer(request: web.Request) -> web.Response:
        return await made.answer(request)

    application, now = web.Application(), [1000.0]
    application.router.add_post("/api/v1/query", answer)
    async with TestServer(application) as server:
        made = Scene(Alarms(Prometheus(str(server.make_url("/"))), clock=lambda: now[0]), now)
        yield made


def workload(*queries: str, generation: int = 1, uid: str = "5f0c", enable: bool = True) -> Workload:
    """One whose alarms are named as their queries."""
    alarms = {"enable": enable, "queries": [{"name": query, "query": query} for query in queries]}
    obj = document({"image": "web:1", "mode": "tasks", "tasks": {"deployment": {"alarms": alarms}}})
    obj["metadata"] |= {"uid": uid, "generation": generation}
    return parse(obj)


async def test_those_are_on_whose_query_returns_something() -> None:
    async with scene() as at:
        assert await at.alarms.read(workload(ON, OFF)) == Reading(on=frozenset({ON}))
        assert await at.alarms.read(workload(OFF, uid="other")) == Reading(on=frozenset())


async def test_nothing_is_asked_where_there_is_no_alarm() -> None:
    async with scene() as at:
        assert await at.alarms.read(workload()) == await at.alarms.read(workload(ON, enable=False)) == UNTOLD
        assert at.asked == []


async def test_a_workload_is_asked_about_once_in_a_period_and_each_alarm_once() -> None:
    async with scene() as at:
        for _ in range(3):
            await at.alarms.read(workload(ON, OFF))
        assert sorted(at.asked) == [OFF, ON]
        at.now[0] += PERIOD.total_seconds()
        await at.alarms.read(workload(ON, OFF))
        assert sorted(at.asked) == [OFF, OFF, ON, ON]


async def test_another_generation_is_asked_about_at_once() -> None:
    """Its alarms may be others, and its deployment begins with what is so now."""
    async with scene() as at:
        await at.alarms.read(workload(OFF))
        assert (await at.alarms.read(workload(ON, generation=2))).on == {ON}


async def test_an_alarm_that_cannot_be_told_keeps_no_other_from_being_on() -> None:
    async with scene() as at:
        reading = await at.alarms.read(workload(REFUSED, BROKEN, ON))
        assert reading.on == {ON}
        (finding,) = reading.findings
        assert (finding.path, finding.severity) == ("spec.tasks.deployment.alarms.queries[0].query", "warning")
        assert finding.message == "alarm refused fails no deployment, Prometheus cannot tell it: parse error"


async def test_where_none_can_be_told_none_is_taken_for_quiet() -> None:
    """Else a deployment would begin with "all is quiet", and an alarm that was on all along would fail it."""
    async with scene() as at:
        reading = await at.alarms.read(workload(REFUSED))
        assert (reading.on, [finding.reason for finding in reading.findings]) == (None, ["AlarmUntold"])


async def test_of_a_prometheus_that_does_not_answer_one_in_a_period_finds_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A thousand workloads would wait for it else, each with a worker that others need."""
    async with scene() as at:
        at.silent = True
        with caplog.at_level(logging.WARNING):
            assert [await at.alarms.read(workload(ON, uid=str(each))) for each in range(5)] == [UNTOLD] * 5
        assert at.asked == [ON]
        assert caplog.messages == ["alarms of default/web cannot be told: what answers is no Prometheus: status 503"]
        at.now[0] += PERIOD.total_seconds()
        for each in range(5):
            await at.alarms.read(workload(ON, uid=str(each)))
        assert at.asked == [ON, ON]


async def test_it_is_asked_by_all_again_once_it_has_answered_one() -> None:
    async with scene() as at:
        at.silent = True
        await at.alarms.read(workload(ON, uid="0"))
        at.silent = False
        at.now[0] += PERIOD.total_seconds()
        assert [(await at.alarms.read(workload(ON, uid=str(each)))).on for each in range(3)] == [{ON}] * 3


def _status(*states: str) -> ContainerWorkloadStatus:
    deployments = [
        {"id": f"ecs-svc/{n}", "status": "PRIMARY", "revision": 1, "rolloutState": state}
        for n, state in enumerate(states)
    ]
    return ContainerWorkloadStatus.model_validate({"tasks": {"deployments": deployments}})


@pytest.mark.parametrize(
    ("state", "on", "expected"),
    [
        ("IN_PROGRESS", frozenset(), PERIOD),
        ("IN_PROGRESS", None, PERIOD),
        ("COMPLETED", frozenset(), None),
        # the finding that says so has to go once they can be told
        ("COMPLETED", None, AT_REST),
    ],
)
def test_they_are_looked_at_while_they_count_or_are_unknown(
    state: str, on: frozenset[str] | None, expected: timedelta | None
) -> None:
    assert look_again(workload(ON), _status(state), Reading(on=on)) == expected
    assert look_again(workload(), _status(state), Reading(on=on)) is None
