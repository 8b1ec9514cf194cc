"""Prometheus behind TLS, as a cluster's often is: its authority and a token come from files."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.support.admission import certify

from wharfinger.reconcilers.prometheus import Prometheus, UnreachableError

pytestmark = pytest.mark.integration

ANSWER = {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [0, "1"]}]}}


@asynccontextmanager
async def guarded(certificates: Path) -> AsyncIterator[tuple[str, list[str | None]]]:
    """URL of an HTTPS server, and what it is given as Authorization."""
    seen: list[str | None] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.json_response(ANSWER)

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "tls.crt", certificates / "tls.key")
    application = web.Application()
    application.router.add_post("/api/v1/query", handler)
    server = TestServer(application, scheme="https")
    await server.start_server(ssl=context)
    try:
        yield f"https://127.0.0.1:{server.port}", seen
    finally:
        await server.close()


async def ask(server: Prometheus) -> bool:
    async with server.session() as session:
        return await server.returns_anything(session, "up == 0")


async def test_credentials_are_read_anew_each_time(tmp_path: Path) -> None:
    """A token that is renewed, as that of a service account is, needs no restart."""
    certify(tmp_path)
    async with guarded(tmp_path) as (url, seen):
        server = Prometheus(url, tmp_path)
        assert await ask(server)
        for token in ("first\n", "second"):
            (tmp_path / "token").write_text(token)
            assert await ask(server)
    assert seen == [None, "Bearer first", "Bearer second"]


async def test_a_certificate_of_somebody_else_is_not_trusted(tmp_path: Path) -> None:
    """And whoever has it is not told the token: neither with another authority, nor with those of the system."""
    certify(tmp_path / "served")
    certify(tmp_path / "trusted")
    (tmp_path / "trusted" / "token").write_text("secret")
    async with guarded(tmp_path / "served") as (url, seen):
        for server in (Prometheus(url, tmp_path / "trusted"), Prometheus(url)):
            with pytest.raises(UnreachableError, match="certificate"):
                await ask(server)
    assert seen == []
