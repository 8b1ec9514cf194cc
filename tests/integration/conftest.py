"""Integration tests run on simulated nodes, whatever the machine could do: pods become Ready without containers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.clusters import session_cluster

from wharfinger.cluster import Cluster, NodeKind

_ARGUMENTS = {
    # An autoscaler otherwise waits 15 s before it looks for the first time.
    "kube-controller-manager": {"horizontal-pod-autoscaler-sync-period": "1s"},
    # The other nodes are the tests' own, to let die.
    "kwok": {"manage-all-nodes": "false", "manage-nodes-with-label-selector": "wharfinger.dev/node=simulated"},
}


@pytest.fixture(scope="session")
def wharfinger_cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A cluster with simulated nodes for the whole session."""
    with session_cluster(request, NodeKind.SIMULATED, nodes=3, extra_args=_ARGUMENTS) as cluster:
        yield cluster
