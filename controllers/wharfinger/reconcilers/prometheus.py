"""A Prometheus, asked whether a query returns anything: over its HTTP API, `POST /api/v1/query`."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
from yarl import URL

PATIENCE: Final = 5.0
"""Seconds that an answer may take."""

_ITS_PATIENCE: Final = "4s"
"""After which Prometheus gives a query up by itself, so that it does not go on for nobody."""
_MOST: Final = 1 << 20
"""Bytes of an answer."""
_MOST_SAID: Final = 300
"""Characters of what Prometheus says of a query."""


class CannotTellError(Exception):
    """Prometheus answers, but not whether the query returns anything."""


class UnreachableError(Exception):
    """Nothing answers, or what answers is no Prometheus."""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """Where it is, and what it takes to ask it."""

    url: str
    """Without ``/api/v1``."""
    credentials: Path | None = None
    """Directory with its `token` (bearer) and `ca.crt`, each only if it is needed. They are read anew each time."""

    def mistakes(self) -> Iterator[str]:
        """What is wrong with it, and what would be right. No secret that stands in the URL is repeated."""
        try:
            url = URL(self.url)
        except ValueError:
            url = URL()
        if url.scheme not in ("http", "https") or not url.host:
            yield "the URL of Prometheus is http:// or https://, and a host: http://prometheus.example.com:9090"
        if url.user is not None or url.password is not None:
            yield "the URL of Prometheus may not hold a password, which anybody could read: give a token as a file"
        if url.query_string or url.fragment:
            yield "the URL of Prometheus ends with its path: no ? and no #"
        if self.credentials is not None and not self.credentials.is_dir():
            yield f"{self.credentials}: no directory; it is to hold token and ca.crt"
        if self.credentials is not None and url.scheme == "http":
            yield "credentials for Prometheus need https://, else anybody on the way could read them"

    def session(self) -> aiohttp.ClientSession:
        """A session that may ask it. UnreachableError where the credentials cannot be read."""
        try:
            token, context = self._token(), self._context()
        except (OSError, ValueError) as error:
            raise UnreachableError(f"credentials in {self.credentials}: {error}") from None
        headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {token}"} if token else {})
        return aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=PATIENCE),
            headers=headers,
            connector=aiohttp.TCPConnector(ssl=context or True),
        )

    async def returns_anything(self, session: aiohttp.ClientSession, query: str) -> bool:
        """Whether an instant query returns anything. Raises CannotTellError or UnreachableError.

        It is led nowhere else: a redirect would turn the query into another one, and take the token with it.
        """
        form = {"query": query, "timeout": _ITS_PATIENCE, "limit": "1"}  # `limit` is younger than Prometheus 2
        try:
            async with session.post(URL(self.url) / "api/v1/query", data=form, allow_redirects=False) as response:
                return found(response.status, await _body(response))
        except TimeoutError:
            raise UnreachableError(f"no answer within {PATIENCE:.0f} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise UnreachableError(str(error) or type(error).__name__) from None

    def _token(self) -> str:
        path = self.credentials and self.credentials / "token"
        return path.read_text(encoding="ascii").strip() if path and path.exists() else ""

    def _context(self) -> ssl.SSLContext | None:
        """Trust in `ca.crt` alone; None for what the system trusts."""
        path = self.credentials and self.credentials / "ca.crt"
        return ssl.create_default_context(cafile=path) if path and path.exists() else None


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _MOST:
            raise CannotTellError(f"it returns more than {_MOST >> 20} MiB: aggregate it, or compare it to a threshold")
    return bytes(body)


def found(status: int, body: bytes) -> bool:
    """What an answer says. A scalar is always something, as it is for Prometheus' own alerting rules."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    match answer:
        case {"status": "success", "data": {"resultType": "vector", "result": list() as series}}:
            return bool(series)
        case {"status": "success", "data": {"resultType": "scalar"}}:
            return True
        case {"status": "success", "data": {"resultType": str() as kind}}:
            raise CannotTellError(f"it returns a {kind[:_MOST_SAID]}; an alarm is an instant vector, or a scalar")
        case {"status": "error", "error": str() as why}:
            raise CannotTellError(why[:_MOST_SAID])
    raise UnreachableError(f"what answers is no Prometheus: status {status}")
