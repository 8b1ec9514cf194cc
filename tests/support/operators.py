"""An operator in this process, against a real API server: started, stopped, and killed as the tests need it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support import composing
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection
from wharfinger.engine.operator import Operator, Settings
from wharfinger.reconcilers.operator import Features, controllers
from wharfinger.reconcilers.prometheus import Prometheus


@asynccontextmanager
async def running(
    kubeconfig: Path,
    *,
    connection: Connection | None = None,
    wrap: Callable[[KubeClient], KubeClient] | None = None,
    watch_secrets: bool = False,
    watch_nodes: bool | None = None,
    prometheus: Prometheus | None = None,
    start_image: str = "",
    node_policies: bool = False,
    stack_secrets: bool = False,
    leader_election: bool = False,
    **settings: Any,
) -> AsyncIterator[Operator]:
    """An operator, caches synced; stopped at the end. `connection` may lead through a fault proxy.

    `settings` are those of `engine.operator.Settings`: `namespaces=(…,)` keeps it to a test's own.
    """
    chosen = Settings(metrics_port=None, leader_election=leader_election, **settings)
    async with KubeClient(connection or Connection.from_kubeconfig(kubeconfig)) as client:
        used = wrap(client) if wrap else client
        features = Features(
            watch_secrets=watch_secrets,
            watch_nodes=watch_nodes,
            node_policies=node_policies,
            compose=composing.program,
            stack_secrets=stack_secrets,
            prometheus=prometheus,
            start_image=start_image,
        )
        async with Operator(used, controllers(chosen, features), chosen) as operator:
            yield operator


@asynccontextmanager
async def mortal(connection: Connection, *, node_policies: bool = False, **settings: Any) -> AsyncIterator[Operator]:
    """The same, but it ends as a process that is killed: nothing is finished, nothing is given back."""
    chosen = Settings(**{"metrics_port": None, "leader_election": False, **settings})
    async with KubeClient(connection) as client:
        operator = Operator(
            client, controllers(chosen, Features(node_policies=node_policies, compose=composing.program)), chosen
        )
        await operator.start()
        try:
            yield operator
        finally:
            operator.kill()
            await asyncio.sleep(0)  # tasks learn of their end before their connections close
