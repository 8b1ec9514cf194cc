"""e2e tests run on a real node: containers that run. Where the machine cannot, they are skipped and say why.

``--wharfinger-node auto`` (what `make test` says) installs the Debian packages that are missing; ``simulated`` and
``none`` leave the machine alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import helm
from tests.support.clusters import install_crds, session_cluster
from tests.support.image.build import PROGRAM, Built, build
from tests.support.image.lock import version

from wharfinger.cluster import Cluster, NodeKind, images
from wharfinger.cluster.nodes.real.config import registry_url
from wharfinger.cluster.nodes.real.requirements import install, missing_packages, obstacle


def _why_not(asked: str | None) -> str | None:
    """Why there is no real node, in a line; None if there is one."""
    if asked in {NodeKind.SIMULATED, NodeKind.NONE}:
        return f"--wharfinger-node {asked} leaves the machine alone"
    if asked is None and (missing := missing_packages()):
        return f"{', '.join(missing)} (Debian packages) missing; --wharfinger-node auto installs them"
    return obstacle()


def pytest_collection_finish(session: pytest.Session) -> None:
    """When a test needs Helm: build it now, since the first time takes longer than a test may."""
    needed = any({"operators", "scene"} & set(getattr(item, "fixturenames", ())) for item in session.items)
    if needed and not session.config.option.collectonly and not _why_not(session.config.option.wharfinger_node):
        helm.program(4)


@pytest.fixture(scope="session", autouse=True)
def real_node(request: pytest.FixtureRequest) -> None:
    """Skips where there is none."""
    if reason := _why_not(request.config.option.wharfinger_node):
        pytest.skip(f"no real node: {reason}")


@pytest.fixture(scope="session")
def wharfinger_cluster(request: pytest.FixtureRequest, real_node: None) -> Iterator[Cluster]:
    """A cluster with a real node for the whole session."""
    with session_cluster(request, NodeKind.REAL) as cluster:
        yield cluster


# pytest keeps one value of a fixture for the whole session, whoever asks: these must not be the other tests' cluster's.


@pytest.fixture(scope="session")
def kubeconfig(wharfinger_cluster: Cluster) -> Path:
    """The administrator's kubeconfig of the cluster with the real node."""
    return wharfinger_cluster.kubeconfig


@pytest.fixture(scope="session")
def crds(wharfinger_cluster: Cluster) -> None:
    """The kinds of Wharfinger, on that cluster."""
    install_crds(wharfinger_cluster)


@pytest.fixture(scope="session")
def operator_image(request: pytest.FixtureRequest, real_node: None) -> Built:
    """The image of this source tree, built by buildah."""
    if shutil.which(PROGRAM) is None:
        if request.config.option.wharfinger_node != NodeKind.AUTO:
            pytest.skip(f"{PROGRAM} (a Debian package) missing; --wharfinger-node auto installs it")
        install([PROGRAM], needed_by="building the image")
    return build()


@pytest.fixture(scope="session")
def pushed_image(wharfinger_cluster: Cluster, operator_image: Built) -> str:
    """Its name in the cluster's registry."""
    registry, repository = registry_url(wharfinger_cluster.layout), "shop/wharfinger"
    images.push_layout(operator_image.layout, registry=registry, repository=repository, tag=version())
    return f"registry.example.com/{repository}:{version()}"
