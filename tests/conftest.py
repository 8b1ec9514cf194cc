"""Fixtures of the tests that need Kubernetes: a cluster with our CRDs, a namespace of it, an operator for it."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.clusters import install_crds
from tests.support.operators import running
from tests.support.world import World
from wharfinger.cluster import Cluster
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection
from wharfinger.engine.operator import Operator

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A shell starts what goes into its background so, and every command that a test interrupts would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def crds(wharfinger_cluster: Cluster) -> None:
    """The kinds of Wharfinger, established."""
    install_crds(wharfinger_cluster)


@pytest.fixture
async def world(wharfinger_cluster: Cluster, crds: None, namespace: str, kubeconfig: Path) -> AsyncIterator[World]:
    """A namespace of the test's own, without an operator."""
    async with KubeClient(Connection.from_kubeconfig(kubeconfig)) as client:
        yield World(client=client, namespace=namespace, kubeconfig=kubeconfig)


@pytest.fixture
async def operator(world: World) -> AsyncIterator[Operator]:
    """An operator that looks after the namespace of `world`, and no other."""
    async with running(world.kubeconfig, namespaces=(world.namespace,)) as started:
        yield started
