"""A small synchronous client of the API server, for what the cluster itself needs: readiness and a few objects.

The operator's own data path is in `wharfinger.engine`; this one imports in milliseconds: commands answer at once.
"""

import json
import socket
import ssl
import urllib.error
import urllib.request
from typing import Any

from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.layout import Layout

Object = dict[str, Any]

_TIMEOUT = 10.0


class Client:
    """Requests to one cluster, as its administrator."""

    def __init__(self, layout: Layout) -> None:
        self._server = layout.server
        self._tls = tls_context(layout)

    def get(self, path: str) -> Object:
        """GET; raises ApiError for any answer but 2xx, OSError when there is no answer."""
        return self._request("GET", path)

    def create(self, path: str, body: Object) -> Object:
        """POST to a collection."""
        return self._request("POST", path, body)

    def apply(self, path: str, body: Object, *, manager: str = "wharfinger-cluster") -> Object:
        """Server-side apply, taking fields from other managers."""
        return self._request(
            "PATCH", f"{path}?fieldManager={manager}&force=true", body, content_type="application/apply-patch+yaml"
        )

    def delete(self, path: str) -> Object:
        """DELETE in the background."""
        return self._request("DELETE", path)

    def _request(
        self, method: str, path: str, body: Object | None = None, *, content_type: str = "application/json"
    ) -> Object:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 (always https, to our own server)
            self._server + path, data=data, method=method, headers={"Content-Type": content_type}
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT, context=self._tls) as response:  # noqa: S310
                answer: Object = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            raise ApiError(method, path, error.code, error.read().decode(errors="replace")) from error


class ApiError(ClusterError):
    """The API server refused; ``status`` is the HTTP code."""

    def __init__(self, method: str, path: str, status: int, body: str) -> None:
        super().__init__(f"{method} {path}: {status} {_message(body)}")
        self.status = status


def tls_context(layout: Layout) -> ssl.SSLContext:
    """Trust the cluster's authority, and present the administrator's certificate."""
    context = ssl.create_default_context(cafile=layout.certificate("ca"))
    context.load_cert_chain(layout.certificate("admin"), layout.key("admin"))
    return context


def answers(url: str, context: ssl.SSLContext) -> bool:
    """Whether ``url`` answers 200; ``unix://`` a path: whether a socket there accepts."""
    if url.startswith("unix://"):
        return _accepts(url.removeprefix("unix://"))
    try:
        with urllib.request.urlopen(url, timeout=2, context=context) as response:  # noqa: S310
            return bool(response.status == 200)
    except OSError:
        return False


def _accepts(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(path) == 0


def _message(body: str) -> str:
    """The message of a Kubernetes Status object, else the body's beginning."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body[:200]
