"""Fixtures of the documentation's tests: a cluster with the kinds that its examples speak of, and what judges them."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.clusters import install_crds, session_cluster
from tests.support.docs.scene import NAMESPACE, SYSTEM, Scene
from tests.support.docs.yamls import Judges
from tests.support.helm import program
from tests.support.upstream import (
    ARGO_APPLICATIONS,
    FLUX_KUSTOMIZATIONS,
    FLUX_SOURCES,
    GATEWAY_API,
    PROMETHEUS_OPERATOR,
    install,
)

from wharfinger.cluster import Cluster, NodeKind, Options
from wharfinger.cluster.process import identify

NEIGHBOURS = (ARGO_APPLICATIONS, FLUX_KUSTOMIZATIONS, FLUX_SOURCES, GATEWAY_API, PROMETHEUS_OPERATOR)


def pytest_collection_finish(session: pytest.Session) -> None:
    """When a test needs Helm: build it now, since the first time takes longer than a test may."""
    needed = any("docs_helm" in getattr(item, "fixturenames", ()) for item in session.items)
    if session.config.option.collectonly or not needed:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
        program(4)


@pytest.fixture(scope="session")
def docs_helm() -> Path:
    """Helm 4."""
    return program(4)


@pytest.fixture(scope="session")
def docs_cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """Simulated nodes, and the kinds of our neighbours."""
    with session_cluster(request, NodeKind.SIMULATED, nodes=3, suffix="-docs") as cluster:
        install(cluster, *NEIGHBOURS)
        yield cluster


@pytest.fixture
def scene(docs_cluster: Cluster, docs_helm: Path, tmp_path: Path) -> Iterator[Scene]:
    """What a page's commands find."""
    with contextlib.ExitStack() as made:

        def new() -> Cluster:
            made.close()  # one at a time
            mine = os.getpid()
            cluster = Cluster(f"docs-bare-{mine}", Options(node=NodeKind.SIMULATED, nodes=3), owner=identify(mine))
            made.callback(cluster.down)
            install(cluster.up(), PROMETHEUS_OPERATOR)
            return cluster

        yield Scene(home=tmp_path, shared=docs_cluster, new=new, helm=docs_helm)


@pytest.fixture
def judges(docs_cluster: Cluster, docs_helm: Path, tmp_path: Path) -> Judges:
    """The API server and the programs that check examples; the namespaces that examples name."""
    install_crds(docs_cluster)
    kubeconfig = tmp_path / "kubeconfig"
    shutil.copy(docs_cluster.kubeconfig, kubeconfig)
    judges = Judges(kubeconfig, docs_helm, tmp_path)
    # Not the namespace of pages: what they leave there would be merged with.
    judges.run(*judges.kubectl, "config", "set-context", "--current", "--namespace=examples")
    for name in ("examples", NAMESPACE, SYSTEM):
        with contextlib.suppress(AssertionError):  # it is there already
            judges.run(*judges.kubectl, "create", "namespace", name)
    return judges
