"""A Prometheus is asked as its HTTP API says; whatever else answers, or does not, costs no more than a bounded wait."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from wharfinger.reconcilers import prometheus
from wharfinger.reconcilers.prometheus import CannotTellError, Prometheus, UnreachableError, found

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def success(kind: str, result: Any) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}}).encode()


SOMETHING = success("vector", [{"metric": {}, "value": [0, "1"]}])
NOTHING = success("vector", [])


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[TestServer]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    async with TestServer(application) as server:
        yield server


async def ask(server: Prometheus, query: str = "up == 0") -> bool:
    async with server.session() as session:
        return await server.returns_anything(session, query)


def answering(body: bytes, **options: Any) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=body, **options)

    return handler


@pytest.mark.parametrize(
    ("body", "expected"),
    [(SOMETHING, True), (NOTHING, False), (success("scalar", [0, "0"]), True)],
)
def test_an_answer_is_something_or_nothing(body: bytes, expected: bool) -> None:
    """A scalar is always something, as for Prometheus' own alerting rules."""
    assert found(200, body) is expected


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (200, success("matrix", [1]), "returns a matrix; an alarm is an instant vector"),
        (200, success("string", [0, "a"]), "returns a string"),
        (400, b'{"status":"error","errorType":"bad_data","error":"parse error"}', "parse error"),
    ],
)
def test_a_query_that_is_no_alarm_cannot_be_told(status: int, body: bytes, says: str) -> None:
    with pytest.raises(CannotTellError, match=says):
        found(status, body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"status":"success"}',
        b'{"status":"success","data":[]}',
        b"[" * 100_000,
        b"\xff",
    ],
    ids=["empty", "html", "list", "no-data", "other-data", "deep", "binary"],
)
def test_what_is_no_answer_of_prometheus_is_told_by_its_status(body: bytes) -> None:
    with pytest.raises(UnreachableError, match="what answers is no Prometheus: status 502"):
        found(502, body)


async def test_it_is_asked_by_its_api_and_told_when_to_give_up() -> None:
    seen: list[tuple[str, str, dict[str, Any]]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.method, request.path, dict(await request.post())))
        return web.Response(body=SOMETHING)

    async with serving(handler) as server:
        base = str(server.make_url("/")).rstrip("/")
        for path in ("", "/", "/behind/a/path", "/behind/a/path/"):
            assert await ask(Prometheus(f"{base}{path}"))
    form = {"query": "up == 0", "timeout": "4s", "limit": "1"}
    paths = ["/api/v1/query"] * 2 + ["/behind/a/path/api/v1/query"] * 2
    assert seen == [("POST", path, form) for path in paths]


async def test_one_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus, "PATIENCE", 0.2)
    never = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        await never.wait()
        return web.Response(body=SOMETHING)

    async with serving(handler) as server:
        with pytest.raises(UnreachableError, match="no answer within"):
            await ask(Prometheus(str(server.make_url("/"))))
        never.set()


async def test_nobody_there_is_told() -> None:
    async with serving(answering(NOTHING)) as server:
        url = str(server.make_url("/"))
    with pytest.raises(UnreachableError, match="Cannot connect"):
        await ask(Prometheus(url))


async def test_it_leads_nowhere_else() -> None:
    """A redirect would take the token with it, or make another request of this one."""
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with serving(handler) as server:
        with pytest.raises(UnreachableError, match="status 307"):
            await ask(Prometheus(str(server.make_url("/"))))
    assert seen == ["/api/v1/query"]


async def test_no_more_is_read_than_an_answer_may_be_long() -> None:
    sent = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" " * (1 << 16))
            sent += 1

    async with serving(handler) as server:
        with pytest.raises(CannotTellError, match="more than 1 MiB"):
            await ask(Prometheus(str(server.make_url("/"))))
    assert sent >= 16


@pytest.mark.parametrize(("file", "content"), [("ca.crt", b"no certificate"), ("token", b"\xff")])
def test_credentials_that_cannot_be_read_are_told_without_them(tmp_path: Path, file: str, content: bytes) -> None:
    (tmp_path / file).write_bytes(content)
    with pytest.raises(UnreachableError, match=f"credentials in {tmp_path}"):
        Prometheus("https://prometheus.example.com", tmp_path).session()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("prometheus:9090", "is http:// or https://"),
        ("ftp://prometheus.example.com", "is http:// or https://"),
        ("http://", "is http:// or https://"),
        ("http://[::1", "is http:// or https://"),
        ("https://me:hunter2@example.com", "may not hold a password"),
        ("http://example.com/?a=b", "ends with its path"),
    ],
)
def test_a_url_that_cannot_be_right_is_refused(url: str, says: str) -> None:
    mistakes = list(Prometheus(url).mistakes())
    assert any(says in mistake for mistake in mistakes)
    assert "hunter2" not in "".join(mistakes)


def test_credentials_are_sent_to_nobody_in_clear(tmp_path: Path) -> None:
    assert "need https://" in "".join(Prometheus("http://example.com", tmp_path).mistakes())
    assert "no directory" in "".join(Prometheus("https://example.com", tmp_path / "absent").mistakes())
    assert list(Prometheus("https://example.com/behind/", tmp_path).mistakes()) == []
