"""The operator as a process: kopf gives it its shape, and the data path is ours.

kopf starts and stops it (signals, start-up and clean-up), its login shares our configuration, and its server answers
admission reviews. It watches nothing: scanning is disabled and no handler names a resource. Why the data path is not
kopf's is in docs/designs/0001.
"""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import logging
import signal
from collections.abc import Sequence

import kopf
import uvloop
from prometheus_client import ProcessCollector

from wharfinger.engine.admission import reviewer, serve
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection, NoConnection
from wharfinger.engine.controller import Controller
from wharfinger.engine.leadership import NoLeaseNamespace, require_namespace
from wharfinger.engine.lease import LeaseTiming
from wharfinger.engine.probes import ProbeServer
from wharfinger.engine.runtime import Operator
from wharfinger.engine.settings import AdmissionSettings, Settings

__all__ = ["LeaseTiming", "Operator", "Settings", "run_operator"]

_log = logging.getLogger(__name__)

_HANG_UP = 2.0
"""Seconds for which a stop waits for those who are asking something of us."""


def run_operator(settings: Settings, controllers: Sequence[Controller]) -> None:
    """Run until SIGTERM or SIGINT, then stop gracefully.

    Raises SystemExit(1) when it cannot go on: no connection, no namespace for the Lease, a lost Lease, a port that is
    taken.
    """
    uvloop.run(_Process(settings, controllers).run())


class _Process:
    """What kopf's activities share."""

    def __init__(self, settings: Settings, controllers: Sequence[Controller]) -> None:
        self._settings = settings
        self._controllers = controllers
        self._stop = asyncio.Event()
        self._failure: BaseException | None = None
        self._client: KubeClient | None = None
        self._operator: Operator | None = None
        self._probes: ProbeServer | None = None
        self._connection: Connection | None = None
        self._beside: list[asyncio.Task[None]] = []
        self._starting: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """kopf's operator with our start-up and clean-up; raises SystemExit where that failed."""
        registry = kopf.OperatorRegistry()
        kopf.on.startup(registry=registry)(self._start_up)
        kopf.on.cleanup(registry=registry)(self._clean_up)
        kopf.on.login(registry=registry)(self._login)
        # What ends the start is told once, by us and at the end.
        logging.getLogger("kopf.activities.startup").addFilter(
            lambda _record: self._failure is None and not self._stop.is_set()
        )
        settings = kopf.OperatorSettings()
        settings.scanning.disabled = True
        settings.posting.enabled = False
        settings.networking.error_backoffs = [1]
        try:
            await kopf.operator(
                registry=registry,
                settings=settings,
                standalone=True,
                # Else kopf asks the machine for the user's name, and a container's user has none.
                identity=self._settings.identity,  # type: ignore[arg-type]  # a NewType that kopf does not export
                clusterwide=not self._settings.namespaces,
                namespaces=self._settings.namespaces,
                stop_flag=self._stop,
            )
        except Exception:
            if self._failure is None and not self._stop.is_set():  # else it says no more than that start-up failed
                raise
        if self._failure is not None:
            _log.error("stopped: %s", self._failure)
            raise SystemExit(1)

    async def _start_up(self, **_context: object) -> None:
        asyncio.get_running_loop().call_soon(self._heed_signals)
        self._starting = asyncio.create_task(self._start())
        try:
            await self._starting
        except (NoConnection, NoLeaseNamespace, OSError) as error:
            self._failure = error
            await self._clean_up()  # kopf sees to it only after a start that went well
            raise kopf.PermanentError(str(error)) from error
        except asyncio.CancelledError:
            if not self._stop.is_set():
                raise
            await self._clean_up()
            raise kopf.PermanentError("told to stop while it started") from None

    def _heed_signals(self) -> None:
        """In kopf's place: it waits for the end of the start, and fails over a second signal."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._told_to_stop, number)

    def _told_to_stop(self, number: int) -> None:
        if self._stop.is_set():  # again: then at once, as if nobody had been listening
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self._stop.set()
        if self._starting is not None:
            self._starting.cancel()

    async def _start(self) -> None:
        connection = Connection.default(self._settings.kubeconfig, self._settings.context)
        settings = _with_namespace(self._settings, connection)
        self._connection = connection
        self._client = KubeClient(connection, max_in_flight=settings.max_in_flight)
        self._operator = Operator(self._client, self._controllers, settings)
        self._operator.failed.add_done_callback(self._failed)
        ProcessCollector(registry=self._operator.metrics.registry)
        if settings.metrics_port is not None:
            self._probes = ProbeServer(self._operator.metrics, healthy=self._operator.alive, ready=self._operator.ready)
            port = await self._probes.start(settings.metrics_host, settings.metrics_port)
            _log.info("metrics and probes on port %d", port)
        await require_namespace(self._client, settings)
        await self._operator.start()
        self._beside.append(asyncio.create_task(_freeze(self._operator)))
        if settings.admission is not None:
            self._beside.append(asyncio.create_task(_admit(self._operator, self._controllers, settings.admission)))
        _log.info("reconciling as %s against %s", settings.identity, connection.server)

    async def _clean_up(self, **_context: object) -> None:
        await self._end_beside()
        if self._operator is not None:
            if self._failure is None:
                await self._operator.stop()
            else:
                self._operator.kill()
        if self._probes is not None:
            await self._probes.stop()
        if self._client is not None:
            await self._client.close()

    async def _end_beside(self) -> None:
        for task in self._beside:
            task.cancel()
        if self._beside:
            await asyncio.wait(self._beside, timeout=_HANG_UP)

    async def _login(self, **_context: object) -> kopf.ConnectionInfo:
        assert self._connection is not None
        assert self._connection.configuration is not None
        scheme, _, token = (await self._connection.authorization() or "").partition(" ")
        configuration = self._connection.configuration
        return kopf.ConnectionInfo(
            server=self._connection.server,
            ca_path=configuration.ssl_ca_cert,
            insecure=not configuration.verify_ssl,
            certificate_path=configuration.cert_file,
            private_key_path=configuration.key_file,
            scheme=scheme or None,
            token=token or None,
            default_namespace=self._connection.namespace,
        )

    def _failed(self, future: asyncio.Future[None]) -> None:
        self._failure = future.exception() if not future.cancelled() else None
        self._stop.set()


async def _freeze(operator: Operator) -> None:
    """Keep the garbage collector from walking the caches for ever: they hold trees, never a cycle."""
    gc.set_threshold(50_000, 20, 50)
    await operator.wait_synced(timeout=None)
    gc.collect()
    gc.freeze()


async def _admit(operator: Operator, controllers: Sequence[Controller], settings: AdmissionSettings) -> None:
    """Serve the admission webhook, once there are caches to judge by."""
    await operator.wait_synced(timeout=None)
    review = reviewer(
        controllers,
        operator.stores,
        enforce=settings.enforce,
        namespaces=operator.settings.namespaces,
        metrics=operator.metrics,
    )
    await serve(review, settings)


def _with_namespace(settings: Settings, connection: Connection) -> Settings:
    """In a pod, the Leases are in the pod's own namespace."""
    if settings.lease_namespace is not None or not connection.in_pod:
        return settings
    return dataclasses.replace(settings, lease_namespace=connection.namespace)
