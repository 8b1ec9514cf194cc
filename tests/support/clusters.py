"""The clusters of a session: one with simulated nodes for integration tests, one with a real node for e2e tests."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import pytest

from wharfinger.api.customresource import definition
from wharfinger.api.kinds import KINDS
from wharfinger.cluster import Cluster, NodeKind, Options
from wharfinger.cluster.process import identify
from wharfinger.cluster.supervisor import wait_until

_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@contextmanager
def session_cluster(
    request: pytest.FixtureRequest,
    node: NodeKind,
    *,
    nodes: int = 1,
    suffix: str = "",
    extra_args: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> Iterator[Cluster]:
    """A cluster of that kind. ``--wharfinger-cluster-name X`` uses and keeps the cluster ``X-<kind><suffix>``."""
    name = request.config.option.wharfinger_cluster_name
    keep = bool(name or request.config.option.wharfinger_keep)
    full = (f"{name}-{node.value}" if name else f"pytest-{node.value}-{os.getpid()}") + suffix
    cluster = Cluster(
        full, Options(node=node, nodes=nodes, extra_args=extra_args), owner=None if keep else identify(os.getpid())
    )
    try:
        yield cluster.up()
    finally:
        if not keep:
            cluster.down()


def install_crds(cluster: Cluster) -> None:
    """Make the kinds of Wharfinger known to a cluster, and wait until it serves them."""
    client = cluster.client()
    for kind in KINDS:
        path = f"{_CRDS}/{kind.name}"
        client.apply(path, definition(kind))

        def established(path: str = path) -> bool:
            said = client.get(path).get("status", {}).get("conditions") or ()
            return any(each["type"] == "Established" and each["status"] == "True" for each in said)

        assert wait_until(established, timeout=30), f"{kind.name} is not established within 30 s"
