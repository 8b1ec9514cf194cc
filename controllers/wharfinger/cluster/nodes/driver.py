"""The few questions that a cluster asks of its kind of node."""

from collections.abc import Callable, Sequence
from typing import Protocol

from wharfinger.cluster.build import Programs
from wharfinger.cluster.client import Client, Object
from wharfinger.cluster.controlplane import Component
from wharfinger.cluster.layout import Layout
from wharfinger.cluster.options import Options
from wharfinger.cluster.pki import Certificate
from wharfinger.cluster.process import Process

LOOPBACK = "127.0.0.1"

Check = Callable[[], None]
"""Raises ClusterError when a component has ended: whoever waits for something calls it each time."""


class NodeDriver(Protocol):
    """One kind of node. Its components are started in order, after the control plane."""

    def host(self) -> str:
        """The address that the API server listens on, such that its nodes reach it."""

    def certificates(self, host: str, name: str) -> Sequence[Certificate]:
        """Identities of the components of the cluster ``name``'s nodes; each gets a kubeconfig."""

    def components(self, layout: Layout, options: Options, programs: Programs) -> Sequence[Component]:
        """What runs beside the control plane."""

    def prepare(self, layout: Layout, options: Options, programs: Programs) -> None:
        """Write files, before any component starts; called again at each start."""

    def started(self, component: str, running: Process, layout: Layout, programs: Programs) -> None:
        """Do what must be done between a component's start and the next one's."""

    def settle(self, client: Client, layout: Layout, options: Options, check: Check) -> None:
        """Make the objects that the node needs and wait until it takes Pods."""

    def clear(self, layout: Layout) -> None:
        """Remove from the machine what outlives the processes, except the cluster's directory."""


class NoNode:
    """No node: Pods stay Pending."""

    def host(self) -> str:
        """Only this machine's own processes reach the API server."""
        return LOOPBACK

    def certificates(self, host: str, name: str) -> Sequence[Certificate]:
        """None."""
        return ()

    def components(self, layout: Layout, options: Options, programs: Programs) -> Sequence[Component]:
        """None."""
        return ()

    def prepare(self, layout: Layout, options: Options, programs: Programs) -> None:
        """Nothing to prepare."""

    def started(self, component: str, running: Process, layout: Layout, programs: Programs) -> None:
        """Nothing to do."""

    def settle(self, client: Client, layout: Layout, options: Options, check: Check) -> None:
        """Nothing to wait for."""

    def clear(self, layout: Layout) -> None:
        """Nothing to clear."""


def schedulable(client: Client) -> int:
    """How many nodes take Pods."""
    return sum(is_schedulable(item) for item in client.get("/api/v1/nodes")["items"])


def is_schedulable(node: Object) -> bool:
    """Whether a node is ready and has no taint, such as the one that it has until it is seen ready."""
    conditions = node["status"].get("conditions", [])
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return ready and not node["spec"].get("taints")
