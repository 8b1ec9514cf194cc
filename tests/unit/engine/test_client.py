"""The client against a small HTTP server, for what a real API server does too rarely to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest
from aiohttp import web

from wharfinger.api.builtin import CONFIG_MAP, DEPLOYMENT
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection, NoConnection
from wharfinger.engine.errors import ApiError, Gone, Invalid, LeadershipLost, TooManyRequests, Unavailable

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

OBJECT = {"metadata": {"name": "a", "namespace": "ns", "uid": "u", "resourceVersion": "1"}}


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[KubeClient]:
    """A client of a server that does what ``handler`` does."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    connection = Connection(server=f"http://127.0.0.1:{runner.addresses[0][1]}", ssl=False)
    try:
        async with KubeClient(connection, max_in_flight=4, timeout=5.0) as client:
            yield client
    finally:
        await runner.cleanup()


def _json(body: object, status: int = 200, **headers: str) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, headers=headers)


async def test_a_short_retry_after_is_waited_out() -> None:
    asked: list[float] = []

    async def handler(_request: web.Request) -> web.Response:
        asked.append(asyncio.get_running_loop().time())
        return _json(OBJECT) if len(asked) > 1 else _json({}, 429, **{"Retry-After": "1"})

    async with serving(handler) as client:
        assert await client.get(CONFIG_MAP, "ns", "a") == OBJECT
    assert asked[1] - asked[0] >= 1.0


async def test_a_long_retry_after_is_the_queues_business() -> None:
    async def handler(_request: web.Request) -> web.Response:
        return _json({}, 429, **{"Retry-After": "60"})

    async with serving(handler) as client:
        with pytest.raises(TooManyRequests) as raised:
            await client.get(CONFIG_MAP, "ns", "a")
    assert raised.value.retry_after == 60.0


async def test_a_page_of_html_is_an_error_with_its_text() -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(text="<h1>Bad\nGateway</h1>", status=502)

    async with serving(handler) as client:
        with pytest.raises(Unavailable, match="<h1>Bad Gateway</h1>"):
            await client.get(CONFIG_MAP, "ns", "a")


async def test_no_server_is_unavailable() -> None:
    async with KubeClient(Connection(server="http://127.0.0.1:9", ssl=False)) as client:
        with pytest.raises(Unavailable):
            await client.get(CONFIG_MAP, "ns", "a")


async def test_no_more_than_the_limit_are_in_flight() -> None:
    active, most = 0, 0

    async def handler(_request: web.Request) -> web.Response:
        nonlocal active, most
        active += 1
        most = max(most, active)
        await asyncio.sleep(0.02)
        active -= 1
        return _json(OBJECT)

    async with serving(handler) as client:
        await asyncio.gather(*(client.get(CONFIG_MAP, "ns", "a") for _ in range(20)))
    assert most == 4


async def test_pages_are_followed() -> None:
    async def handler(request: web.Request) -> web.Response:
        assert request.query["limit"] == "2"
        last = request.query.get("continue") == "more"
        items = [{"metadata": {"name": name}} for name in (["c"] if last else ["a", "b"])]
        return _json({"metadata": {"resourceVersion": "9", **({} if last else {"continue": "more"})}, "items": items})

    async with serving(handler) as client:
        pages = [page async for page in client.pages(CONFIG_MAP, limit=2)]
    assert [item["metadata"]["name"] for page in pages for item in page.items] == ["a", "b", "c"]
    assert pages[-1].resource_version == "9"


async def test_watch_events_arrive_whole_however_they_are_cut() -> None:
    big = {"type": "ADDED", "object": {"metadata": {"name": "big"}, "data": {"x": "y" * 300_000}}}
    small = {"type": "MODIFIED", "object": {"metadata": {"name": "small"}}}

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        wire = orjson.dumps(big) + b"\n" + orjson.dumps(small) + b"\n"
        for start in range(0, len(wire), 70_001):
            await response.write(wire[start : start + 70_001])
            await asyncio.sleep(0)
        return response

    async with serving(handler) as client:
        batches = [batch async for batch in client.watch(CONFIG_MAP, resource_version="1")]
    assert [event for batch in batches for event in batch] == [big, small]


async def test_a_log_arrives_as_it_was_written() -> None:
    """Empty lines, and what follows the last one: unlike watch events, they mean something."""

    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.path == "/api/v1/namespaces/shop/pods/web-1/log"
        assert dict(request.query) == {"container": "web", "follow": "true"}
        assert request.headers["Accept"] == "*/*"
        response = web.StreamResponse()
        await response.prepare(request)
        for part in (b"one\n\nt", b"wo\nend"):
            await response.write(part)
        return response

    async with serving(handler) as client:
        chunks = [chunk async for chunk in client.log("shop", "web-1", {"container": "web", "follow": "true"})]
    assert b"".join(chunks) == b"one\n\ntwo\nend"


async def test_a_log_that_cannot_be_read_says_why() -> None:
    async def handler(_request: web.Request) -> web.Response:
        return _json({"kind": "Status", "code": 400, "message": 'container "web" is waiting to start'}, status=400)

    async with serving(handler) as client:
        with pytest.raises(Invalid, match="waiting to start"):
            async for _ in client.log("shop", "web-1", {}):
                pass


async def test_an_error_in_the_stream_is_raised() -> None:
    async def handler(_request: web.Request) -> web.Response:
        return _json({"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}} | {})

    async def with_newline(request: web.Request) -> web.Response:
        response = await handler(request)
        return web.Response(body=bytes(response.body or b"") + b"\n")  # type: ignore[arg-type]

    async with serving(with_newline) as client:
        with pytest.raises(Gone):
            async for _ in client.watch(CONFIG_MAP, resource_version="1"):
                pass


async def test_the_guard_is_asked_before_each_attempt_of_a_write_and_never_for_a_read() -> None:
    asked: list[str] = []
    answers = [_json({}, 429, **{"Retry-After": "0"}), _json(OBJECT)]

    async def handler(request: web.Request) -> web.Response:
        return answers.pop(0) if request.method == "POST" else _json(OBJECT)

    def guard(namespace: str) -> None:
        asked.append(namespace)

    async with serving(handler) as client:
        await client.guarded(guard).get(CONFIG_MAP, "ns", "a")
        assert asked == []
        await client.guarded(guard).create(CONFIG_MAP, OBJECT)
    assert asked == ["ns", "ns"]


async def test_a_lost_lease_stops_a_write_before_it_is_sent() -> None:
    sent: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        sent.append(request.method)
        return _json(OBJECT)

    def guard(_namespace: str) -> None:
        raise LeadershipLost

    async with serving(handler) as client:
        with pytest.raises(LeadershipLost):
            await client.guarded(guard).delete(CONFIG_MAP, ("ns", "a"))
    assert sent == []


async def test_writes_say_who_writes_and_ask_for_strictness() -> None:
    seen: list[tuple[str, str, dict[str, str], str]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.method, request.path, dict(request.query), request.content_type))
        return _json(OBJECT)

    async with serving(handler) as client:
        await client.apply(DEPLOYMENT, OBJECT)
        await client.patch(DEPLOYMENT, ("ns", "a"), {"status": {}}, subresource="status")
        await client.patch(DEPLOYMENT, ("ns", "a"), [{"op": "remove", "path": "/x"}])
    path = "/apis/apps/v1/namespaces/ns/deployments/a"
    strict = {"fieldManager": "wharfinger", "fieldValidation": "Strict"}
    assert seen == [
        ("PATCH", path, {**strict, "force": "true"}, "application/apply-patch+yaml"),
        ("PATCH", f"{path}/status", strict, "application/merge-patch+json"),
        ("PATCH", path, strict, "application/json-patch+json"),
    ]


async def test_deletes_carry_their_preconditions() -> None:
    bodies: list[object] = []

    async def handler(request: web.Request) -> web.Response:
        bodies.append(await request.json())
        return _json({"kind": "Status"})

    async with serving(handler) as client:
        await client.delete(CONFIG_MAP, ("ns", "a"), uid="u", resource_version="7", grace_period_seconds=0)
    assert bodies == [
        {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "gracePeriodSeconds": 0,
            "preconditions": {"uid": "u", "resourceVersion": "7"},
        }
    ]


# Credentials


def _kubeconfig(folder: Path, server: str, token_file: Path) -> Path:
    path = folder / "config"
    path.write_text(
        f"""
apiVersion: v1
kind: Config
current-context: here
contexts: [{{name: here, context: {{cluster: c, user: u, namespace: shop}}}}]
clusters: [{{name: c, cluster: {{server: "{server}"}}}}]
users: [{{name: u, user: {{tokenFile: "{token_file}"}}}}]
"""
    )
    return path


async def test_a_refused_token_is_read_anew(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old")
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.headers["Authorization"])
        token.write_text("new")
        return _json(OBJECT) if seen[-1] == "Bearer new" else _json({}, 401)

    async with serving(handler) as plain:
        server = plain._transport.connection.server
        connection = Connection.from_kubeconfig(_kubeconfig(tmp_path, server, token))
        assert connection.namespace == "shop"
        async with KubeClient(connection) as client:
            assert await client.get(CONFIG_MAP, "ns", "a") == OBJECT
    assert seen == ["Bearer old", "Bearer new"]


async def test_a_refusal_that_stays_is_raised(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("wrong")

    async def handler(_request: web.Request) -> web.Response:
        return _json({}, 401)

    async with serving(handler) as plain:
        connection = Connection.from_kubeconfig(_kubeconfig(tmp_path, plain._transport.connection.server, token))
        async with KubeClient(connection) as client:
            with pytest.raises(ApiError):
                await client.get(CONFIG_MAP, "ns", "a")


async def test_an_exec_plugin_is_asked_again_when_its_token_has_expired(tmp_path: Path) -> None:
    """As cloud providers' kubeconfigs do: a program prints a token and until when it is good."""
    count, plugin = tmp_path / "count", tmp_path / "plugin"
    count.write_text("0")
    plugin.write_text(
        f"""#!/bin/sh
n=$(($(cat {count}) + 1)); echo $n > {count}
echo '{{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
 "status": {{"token": "t'$n'", "expirationTimestamp": "2020-01-01T00:00:00Z"}}}}'
"""
    )
    plugin.chmod(0o755)
    path = tmp_path / "config"
    path.write_text(
        f"""
apiVersion: v1
kind: Config
current-context: here
contexts: [{{name: here, context: {{cluster: c, user: u}}}}]
clusters: [{{name: c, cluster: {{server: "http://127.0.0.1:1"}}}}]
users:
  - name: u
    user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, command: {plugin}, interactiveMode: Never}}}}
"""
    )
    connection = Connection.from_kubeconfig(path)
    first = await connection.authorization()
    assert await connection.authorization() == first, "a plugin is not run for every request"
    await connection.renew()
    second = await connection.authorization()
    assert (first, second) != (None, None)
    assert first != second


def test_no_kubeconfig_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(NoConnection):
        Connection.from_kubeconfig(tmp_path / "missing")


def test_a_kubeconfigs_certificates_are_not_shown(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret-token")
    connection = Connection.from_kubeconfig(_kubeconfig(tmp_path, "http://127.0.0.1:1", token))
    assert "secret-token" not in repr(connection)


async def test_an_eviction_is_asked_once_whatever_the_server_says_of_later() -> None:
    """Unlike other requests: its caller has other pods to see to meanwhile."""
    asked: list[tuple[str, object]] = []
    namespaces: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append((request.path, orjson.loads(await request.read())["deleteOptions"]))
        return _json({}, 429, **{"Retry-After": "1"})

    async with serving(handler) as client:
        with pytest.raises(TooManyRequests):
            await client.guarded(namespaces.append).evict(OBJECT, grace_period_seconds=5)
    options = {"preconditions": {"uid": "u"}, "gracePeriodSeconds": 5}
    assert asked == [("/api/v1/namespaces/ns/pods/a/eviction", options)]
    assert namespaces == [""], "guarded as what is of no namespace: with shards, the pod's may be another replica's"
