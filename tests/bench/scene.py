"""Where a measurement happens: a fresh cluster with our kinds, a client, and what the operator writes there."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.bare import BareClient
from tests.bench.process import OperatorProcess, operating
from tests.bench.recipe import Recipe, record
from wharfinger.api.resource import Object
from wharfinger.cluster import Cluster, NodeKind, Options
from wharfinger.cluster.process import identify
from wharfinger.engine.connection import Connection

_CRDS = Path(__file__).parents[2] / "crds"

CONTROLLERS = ("kube-controller-manager", "kube-scheduler")
_QPS = 5000
"""More than the machine can do: kube-controller-manager's own limit (20) would be all that a bench sees."""


@dataclass(slots=True)
class Scene:
    """One cluster, and what happens in it."""

    cluster: Cluster
    client: BareClient
    log: Path
    """Where operators write their logs."""
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def has_nodes(self) -> bool:
        """Whether pods become Ready."""
        return self.cluster.options.node is NodeKind.SIMULATED

    async def namespace(self) -> str:
        """A new one."""
        name = f"bench-{next(self._numbers)}"
        await self.client.namespace(name)
        return name

    async def record(self, spec: Object) -> Recipe:
        """What the operator writes for a workload with that spec."""
        return await record(self.cluster, self.client, spec)

    def operating(
        self, namespace: str, *, leader_election: bool = False, wait: bool = True
    ) -> AbstractAsyncContextManager[OperatorProcess]:
        """An operator for the namespace."""
        return operating(self.cluster.kubeconfig, namespace, log=self.log, leader_election=leader_election, wait=wait)


@asynccontextmanager
async def scene(node: NodeKind, log: Path) -> AsyncIterator[Scene]:
    """A cluster that is gone afterwards, even after a crash of ours: it has an owner."""
    options = Options(node=node, nodes=10 if node is NodeKind.SIMULATED else 1, controller_qps=_QPS, crds=(_CRDS,))
    cluster = Cluster(f"bench-{os.getpid()}-{node.value}", options, owner=identify(os.getpid()))
    with cluster:
        async with BareClient(Connection.from_kubeconfig(cluster.kubeconfig)) as client:
            yield Scene(cluster, client, log)


def names(count: int) -> list[str]:
    """Names of so many workloads."""
    return [f"web-{number:05}" for number in range(count)]
