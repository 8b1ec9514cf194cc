"""e2e tests run on a real node: containers that run. Where the machine cannot, they are skipped and say why.

``--wharfinger-node auto`` (what `make test` says) installs the Debian packages that are missing; ``simulated`` and
``none`` leave the machine alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.clusters import install_crds, session_cluster
from tests.support.image.build import PROGRAM, Built, build

from wharfinger.cluster import Cluster, NodeKind
from wharfinger.cluster.nodes.real.requirements import install, missing_packages, obstacle


def _why_not(asked: str | None) -> str | None:
    """Why there is no real node, in a line; None if there is one."""
    if asked in {NodeKind.SIMULATED, NodeKind.NONE}:
        return f"--wharfinger-node {asked} leaves the machine alone"
    if asked is None and (missing := missing_packages()):
        return f"{', '.join(missing)} (Debian packages) missing; --wharfinger-node auto installs them"
    return obstacle()


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
