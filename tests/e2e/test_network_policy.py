"""NetworkPolicies are enforced on the embedded cluster's real node: what no policy allows does not get through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.e2e.test_node import DEMO, PROBED, Pods, ready, succeeded

from wharfinger.cluster import Cluster

pytestmark = pytest.mark.e2e

SERVER_PORT = 8080


@pytest.fixture
def pods(wharfinger_cluster: Cluster, namespace: str) -> Pods:
    """Pods of the test's namespace."""
    return Pods(wharfinger_cluster, namespace)


@pytest.fixture
def ask(pods: Pods) -> Callable[[str, bool], None]:
    """Wait until a Pod named as its label reaches the server ``web``, or until it does not."""
    pods.run("web", DEMO, container=PROBED)
    address = pods.until("web", ready)["status"]["podIP"]
    get = f"timeout 2 wget -q -O /dev/null http://{address}:{SERVER_PORT}/"

    def until(name: str, reached: bool) -> None:
        script = f"until {get}; do sleep 0.2; done" if reached else f"while {get}; do sleep 0.2; done"
        pods.run(name, "busybox", "sh", "-c", script, restartPolicy="Never")
        pods.until(name, succeeded)
        pods.client.delete(f"{pods.path}/{name}?gracePeriodSeconds=0")

    return until


@pytest.fixture
def policy(wharfinger_cluster: Cluster, namespace: str) -> Callable[..., None]:
    """Make a NetworkPolicy for the Pods of a label ``app``."""

    def make(name: str, app: str, **spec: Any) -> None:
        selector = {"podSelector": {"matchLabels": {"app": app}}}
        wharfinger_cluster.client().create(
            f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies",
            {"metadata": {"name": name}, "spec": {**selector, **spec}},
        )

    return make


def of(app: str) -> dict[str, Any]:
    """The Pods of a label, as a peer."""
    return {"podSelector": {"matchLabels": {"app": app}}}


def test_only_who_is_allowed_gets_in(ask: Callable[[str, bool], None], policy: Callable[..., None]) -> None:
    ask("friend", True)
    policy("closed", "web", policyTypes=["Ingress"])
    ask("friend", False)
    policy("friends", "web", ingress=[{"from": [of("friend")], "ports": [{"port": SERVER_PORT}]}])
    ask("friend", True)
    ask("stranger", False)


def test_only_what_is_allowed_is_reached(ask: Callable[[str, bool], None], policy: Callable[..., None]) -> None:
    policy("closed", "caller", policyTypes=["Egress"])
    ask("caller", False)
    policy("web", "caller", policyTypes=["Egress"], egress=[{"to": [of("web")]}])
    ask("caller", True)
