"""Where the API server is and how to prove who we are: kubeconfig and in-cluster configuration.

The `kubernetes` library reads the configuration (contexts, exec plugins, OIDC, rotating service account tokens); this
module turns the result into what an aiohttp session needs. Tokens are looked at again every minute, and at once when
the API server refuses one.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kubernetes import config as kube_config
from kubernetes.client import Configuration

TOKEN_CHECK_SECONDS = 60.0
"""How long a token is used without looking whether there is a newer one; as the in-cluster loader does."""

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class NoConnection(Exception):  # noqa: N818 - says what there is not
    """No usable configuration; the message says what is missing."""


@dataclass(slots=True, kw_only=True)
class Connection:
    """A server, a TLS context, and a bearer token that may change."""

    server: str
    """Base URL, without a trailing slash."""
    load: Callable[[], Configuration] | None = field(default=None, repr=False)
    """Reads the configuration anew."""
    ssl: ssl.SSLContext | bool = True
    namespace: str = "default"
    """The context's namespace, or our own pod's."""
    server_name: str | None = None
    """Name to expect in the server's certificate, where it is not the URL's host."""
    proxy: str | None = None
    in_pod: bool = False
    """Whether this is the service account of the pod that we run in."""
    _configuration: Configuration | None = field(default=None, repr=False)
    _token: str | None = field(default=None, repr=False)
    _check_at: float = field(default=0.0, repr=False)

    @classmethod
    def default(cls, kubeconfig: str | Path | None = None, context: str | None = None) -> Connection:
        """In-cluster where we run in a pod and nobody named a kubeconfig; else the kubeconfig."""
        in_pod = "KUBERNETES_SERVICE_HOST" in os.environ and (_SERVICE_ACCOUNT / "token").exists()
        if in_pod and not kubeconfig and not context and "KUBECONFIG" not in os.environ:
            return cls.in_cluster()
        return cls.from_kubeconfig(kubeconfig, context)

    @classmethod
    def in_cluster(cls) -> Connection:
        """By the service account that is mounted into our pod."""

        def load() -> Configuration:
            configuration = Configuration()
            kube_config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
            return configuration

        connection = cls._loaded(load, namespace=(_SERVICE_ACCOUNT / "namespace").read_text().strip())
        connection.in_pod = True
        return connection

    @classmethod
    def from_kubeconfig(cls, path: str | Path | None = None, context: str | None = None) -> Connection:
        """By a kubeconfig file (default: ``KUBECONFIG``, then ``~/.kube/config``) and one of its contexts."""

        def load() -> Configuration:
            configuration = Configuration()
            kube_config.load_kube_config(  # type: ignore[no-untyped-call]
                config_file=str(path) if path else None,
                context=context,
                client_configuration=configuration,
                persist_config=False,
            )
            return configuration

        return cls._loaded(load, namespace=_context_namespace(path, context))

    @classmethod
    def _loaded(cls, load: Callable[[], Configuration], *, namespace: str) -> Connection:
        try:
            configuration = load()
        except kube_config.ConfigException as error:
            raise NoConnection(str(error)) from error
        return cls(
            server=configuration.host.rstrip("/"),
            load=load,
            ssl=_ssl_context(configuration),
            namespace=namespace,
            server_name=getattr(configuration, "tls_server_name", None),
            proxy=getattr(configuration, "proxy", None),
            _configuration=configuration,
        )

    async def authorization(self) -> str | None:
        """Value of the Authorization header, or None where a client certificate (or nothing) identifies us."""
        if self._configuration is None or time.monotonic() < self._check_at:
            return self._token
        # An exec plugin may take seconds and a token file is a disk read: neither belongs on the event loop.
        self._token = await asyncio.to_thread(self._configuration.get_api_key_with_prefix, "BearerToken")
        self._check_at = time.monotonic() + TOKEN_CHECK_SECONDS
        return self._token

    @property
    def configuration(self) -> Configuration | None:
        """What the `kubernetes` library read, for other clients in the process."""
        return self._configuration

    async def renew(self) -> None:
        """Read everything anew, certificates included: the API server refused what we have."""
        if self.load is None:
            return
        self._configuration = await asyncio.to_thread(self.load)
        self.ssl = _ssl_context(self._configuration)
        self._check_at = 0.0


def _ssl_context(configuration: Configuration) -> ssl.SSLContext | bool:
    if not configuration.host.startswith("https"):
        return False
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
    # Python 3.13 began to demand extensions of RFC 5280 that many clusters' own CA certificates lack.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    return context


def _context_namespace(path: str | Path | None, context: str | None) -> str:
    try:
        contexts, active = kube_config.list_kube_config_contexts(  # type: ignore[no-untyped-call]
            config_file=str(path) if path else None
        )
    except kube_config.ConfigException as error:
        raise NoConnection(str(error)) from error
    wanted = next((entry for entry in contexts if entry["name"] == context), active)
    return str((wanted.get("context") or {}).get("namespace") or "default")
