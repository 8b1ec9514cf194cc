"""Fixtures that give tests of an operator, of any operator, a real Kubernetes API server.

Installed with Wharfinger, the plugin is active in every pytest run, and costs nothing until a test asks for a fixture:

``wharfinger_cluster``
    Session: a `wharfinger.cluster.Cluster`, up. Its name is unique, so that runs side by side do not meet; it goes
    when the session ends, and if the session is killed, when the next one starts.
``kubeconfig``
    Session: the path of the administrator's kubeconfig, self-contained. Override it to test against another cluster.
``namespace``
    Function: the name of a new namespace with its service account; deleted after the test, without waiting.

Options, on the command line or in the ini file (dashes become underscores there):

``--wharfinger-node auto|real|simulated|none``
    What runs the Pods; ``none`` unless said: most controllers only need the API.
``--wharfinger-nodes N``
    How many simulated nodes.
``--wharfinger-crds "PATH …"``
    Files, or directories of YAML files, whose CustomResourceDefinitions are applied, and established before a test
    runs; relative to pytest's root directory.
``--wharfinger-cluster-name NAME``
    Use this cluster; it is started when it is not up. It stays up afterwards, which saves the next run its start.
``--wharfinger-keep``
    Leave the cluster up after the session, to look at what failed.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from wharfinger.cluster.build import build
from wharfinger.cluster.client import ApiError
from wharfinger.cluster.cluster import Cluster
from wharfinger.cluster.options import NodeKind, Options
from wharfinger.cluster.process import identify
from wharfinger.cluster.supervisor import wait_until
from wharfinger.cluster.sweep import sweep

_FIXTURE = "wharfinger_cluster"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options, each also as an ini value."""
    group = parser.getgroup("wharfinger", "embedded Kubernetes cluster")
    kinds = [kind.value for kind in NodeKind]
    group.addoption("--wharfinger-node", choices=kinds, help="what runs the Pods (default: none)")
    group.addoption("--wharfinger-nodes", type=int, help="how many simulated nodes (default: 1)")
    group.addoption("--wharfinger-cluster-name", help="use this cluster, and leave it up")
    group.addoption("--wharfinger-crds", help="files or directories of CRDs that the cluster shall have")
    group.addoption("--wharfinger-keep", action="store_true", help="leave the cluster up after the session")
    parser.addini("wharfinger_node", "what runs the Pods", default=NodeKind.NONE.value)
    parser.addini("wharfinger_nodes", "how many simulated nodes", default="1")
    parser.addini("wharfinger_crds", "files or directories of CRDs that the cluster shall have", default="")
    parser.addini("wharfinger_cluster_name", "use this cluster, and leave it up", default="")


def pytest_collection_finish(session: pytest.Session) -> None:
    """When a test needs a cluster: build the binary now, since that takes longer than a test may, and tidy up."""
    if session.config.option.collectonly or not any(_FIXTURE in _fixtures(item) for item in session.items):
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
        build()
    sweep()


@pytest.fixture(scope="session")
def wharfinger_cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A Kubernetes cluster that is up, for the whole session."""
    name = _option(request.config, "wharfinger_cluster_name")
    options = Options(
        node=NodeKind(_option(request.config, "wharfinger_node")),
        nodes=int(_option(request.config, "wharfinger_nodes")),
        crds=tuple(request.config.rootpath / path for path in _option(request.config, "wharfinger_crds").split()),
    )
    keep = bool(name or request.config.option.wharfinger_keep)
    cluster = Cluster(name or f"pytest-{os.getpid()}", options, owner=None if keep else identify(os.getpid()))
    try:
        yield cluster.up()
    finally:
        if not keep:
            cluster.down()


@pytest.fixture(scope="session")
def kubeconfig(wharfinger_cluster: Cluster) -> Path:
    """The administrator's kubeconfig."""
    return wharfinger_cluster.kubeconfig


@pytest.fixture
def namespace(wharfinger_cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own, in which Pods can be made at once."""
    client = wharfinger_cluster.client()
    made = client.create("/api/v1/namespaces", {"metadata": {"generateName": "test-"}})
    name: str = made["metadata"]["name"]

    def has_service_account() -> bool:
        try:
            client.get(f"/api/v1/namespaces/{name}/serviceaccounts/default")
        except ApiError:
            return False
        return True

    assert wait_until(has_service_account, timeout=30), f"namespace {name} got no service account within 30 s"
    yield name
    with contextlib.suppress(OSError, ApiError):  # the test may have ended the API server, or the namespace
        client.delete(f"/api/v1/namespaces/{name}")


def _fixtures(item: pytest.Item) -> list[str]:
    """The names of the fixtures that an item uses; doctests and the like have none."""
    return list(getattr(item, "fixturenames", ()))


def _option(config: pytest.Config, name: str) -> str:
    """The command line's value, else the ini file's."""
    value = getattr(config.option, name)
    return str(value if value is not None else config.getini(name))
