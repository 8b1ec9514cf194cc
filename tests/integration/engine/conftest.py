"""Fixtures of the engine's integration tests: the Widget kind, and operators for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.integration.engine.widgets import CONTROLLER, definition

from wharfinger.cluster import Cluster
from wharfinger.cluster.definitions import establish
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection
from wharfinger.engine.runtime import Operator
from wharfinger.engine.settings import Settings


@pytest.fixture(scope="session")
def widgets(wharfinger_cluster: Cluster) -> None:
    """The Widget kind, served."""
    establish(wharfinger_cluster.client(), [definition()])


@pytest.fixture
async def client(kubeconfig: Path) -> AsyncIterator[KubeClient]:
    """A client of the test's own, past the operator's caches."""
    async with KubeClient(Connection.from_kubeconfig(kubeconfig)) as made:
        yield made


@pytest.fixture
def settings(namespace: str) -> Settings:
    """Settings of an operator that keeps to the test's namespace."""
    return Settings(namespaces=(namespace,), leader_election=False, metrics_port=None, status_interval=0.2)


@pytest.fixture
async def operator(widgets: None, kubeconfig: Path, settings: Settings) -> AsyncIterator[Operator]:
    """An operator of Widgets, caches synced."""
    async with (
        KubeClient(Connection.from_kubeconfig(kubeconfig)) as own,
        Operator(own, [CONTROLLER], settings) as running,
    ):
        yield running
