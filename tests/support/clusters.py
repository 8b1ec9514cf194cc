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
from wharfinger.cluster.definitions import establish
from wharfinger.cluster.process import identify


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
    establish(cluster.client(), [definition(kind) for kind in KINDS])
