"""Fixtures of the chart's tests: both Helms, and a cluster of their own, since they install and remove the CRDs."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.support.clusters import session_cluster
from tests.support.helm import MODULES, OFFLINE, Helm, program
from tests.support.world import World

from wharfinger.api.kinds import KINDS
from wharfinger.cluster import Cluster, NodeKind

_FIXTURES = {"offline_helm", "helm"}


def pytest_collection_finish(session: pytest.Session) -> None:
    """When a test needs Helm: build it now, since the first time takes longer than a test may."""
    needed = any(_FIXTURES & set(getattr(item, "fixturenames", ())) for item in session.items)
    if session.config.option.collectonly or not needed:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
        for major in MODULES:
            program(major)


@pytest.fixture(scope="session")
def wharfinger_cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A cluster with simulated nodes: pods become Ready without their image."""
    with session_cluster(request, NodeKind.SIMULATED, nodes=2, suffix="-chart") as cluster:
        yield cluster


# pytest keeps one value of a fixture for the whole session, whoever asks: these must not be the other tests' cluster's.


@pytest.fixture(scope="session")
def kubeconfig(wharfinger_cluster: Cluster) -> Path:
    """The administrator's kubeconfig of that cluster."""
    return wharfinger_cluster.kubeconfig


@pytest.fixture(scope="session")
def crds() -> None:
    """Installing the CRDs is the chart's business."""


@pytest.fixture(params=MODULES, ids=lambda major: f"helm{major}")
def offline_helm(request: pytest.FixtureRequest, tmp_path: Path) -> Helm:
    """Helm without a cluster: of each major."""
    return Helm(request.param, OFFLINE, "shop", tmp_path)


@pytest.fixture
def major() -> int:
    """Helm's major version; tests that should pass with each parametrize it."""
    return 4


@pytest.fixture
async def helm(major: int, world: World, tmp_path: Path) -> AsyncIterator[Helm]:
    """Helm in the test's namespace, which enforces Pod Security `restricted`; neither release nor CRDs are left."""
    await world.kubectl("label", "namespace", world.namespace, "pod-security.kubernetes.io/enforce=restricted")
    helm = Helm(major, world.kubeconfig, world.namespace, tmp_path)
    yield helm
    await helm.uninstall()
    await world.kubectl("delete", "crd", *(kind.name for kind in KINDS), "--ignore-not-found", "--timeout=50s")
