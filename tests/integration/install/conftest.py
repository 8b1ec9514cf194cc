"""A cluster for tests of what is installed: it begins without our kinds, and has those of our neighbours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from tests.support.clusters import session_cluster
from tests.support.namespaces import new_world
from tests.support.upstream import FLUX_KUSTOMIZATIONS, FLUX_SOURCES, PROMETHEUS_OPERATOR, install
from tests.support.world import World

from wharfinger.cluster import Cluster, NodeKind
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection


@pytest.fixture(scope="session")
def bare_cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """Simulated nodes: pods become Ready without their image."""
    with session_cluster(request, NodeKind.SIMULATED, nodes=3, suffix="-install") as cluster:
        install(cluster, FLUX_KUSTOMIZATIONS, FLUX_SOURCES, PROMETHEUS_OPERATOR)
        yield cluster


@pytest.fixture
async def bare(bare_cluster: Cluster) -> AsyncIterator[World]:
    """A namespace of that cluster. Nothing of ours is in the cluster but what a test before it has applied."""
    async with (
        KubeClient(Connection.from_kubeconfig(bare_cluster.kubeconfig)) as client,
        new_world(client, bare_cluster.kubeconfig) as world,
    ):
        yield world
