"""Simulated nodes: kwok gives Nodes and Pods the status that a kubelet would, and nothing runs.

`stages.yaml`, beside this module, says what happens to a Pod, and how a test makes one fail.
"""

from collections.abc import Sequence
from pathlib import Path

from wharfinger.cluster.build import Programs
from wharfinger.cluster.client import ApiError, Client, Object
from wharfinger.cluster.controlplane import Component, command_line
from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.layout import Layout
from wharfinger.cluster.nodes import storage
from wharfinger.cluster.nodes.driver import LOOPBACK, Check, schedulable
from wharfinger.cluster.options import Options
from wharfinger.cluster.pki import MASTERS, Certificate
from wharfinger.cluster.process import Process
from wharfinger.cluster.supervisor import START_TIMEOUT, wait_until

STAGES = Path(__file__).with_name("stages.yaml")

SIMULATE = (
    '.metadata.annotations["wharfinger.dev/simulate"] // empty'
    ', (.spec.containers[].image | capture("(^|/)simulate-(?<told>[a-z-]+)") | .told)'
)
"""jq: what a Pod is told to do, by its annotation or by its image's name. It stands for @SIMULATE@ in the stages."""

KWOK = "wharfinger:kwok"
"""kwok's user."""

_POLICY = "kwok-deletes-what-was-told-to-go"

DELETES_WHAT_WAS_TOLD_TO_GO = {
    "metadata": {"name": _POLICY},
    "spec": {
        "matchConstraints": {
            "resourceRules": [
                {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["DELETE"]}
            ]
        },
        "matchConditions": [{"name": "kwok", "expression": f"request.userInfo.username == '{KWOK}'"}],
        "validations": [
            {
                "expression": "has(oldObject.metadata.deletionTimestamp)",
                "message": "this Pod was made after the one that kwok means",
            }
        ],
    },
}
"""A ValidatingAdmissionPolicy. kwok deletes by name, without a uid: a late one would hit the Pod's successor."""

CAPACITY = {"cpu": "1k", "memory": "1Ti", "ephemeral-storage": "1Ti", "pods": "10k"}
"""Room for whatever a test asks of one node."""


class SimulatedNodes:
    """Any number of nodes, by one kwok process."""

    def host(self) -> str:
        """Kwok runs on this machine."""
        return LOOPBACK

    def certificates(self, host: str, name: str) -> Sequence[Certificate]:
        """kwok acts for all nodes."""
        return (Certificate("kwok", "ca", KWOK, (MASTERS,)), *storage.certificates())

    def components(self, layout: Layout, options: Options, programs: Programs) -> Sequence[Component]:
        """Kwok, and the provisioner of volumes."""
        flags = {**kwok_flags(layout), **options.extra_args.get("kwok", {})}
        kwok = Component("kwok", (str(programs.cluster), "kwok", *command_line(flags)))
        return kwok, storage.component(layout, programs)

    def prepare(self, layout: Layout, options: Options, programs: Programs) -> None:
        """Write kwok's stages."""
        (layout.root / "stages.yaml").write_text(stages())

    def started(self, component: str, running: Process, layout: Layout, programs: Programs) -> None:
        """Nothing to do."""

    def settle(self, client: Client, layout: Layout, options: Options, check: Check) -> None:
        """Register the nodes and wait until each takes Pods."""
        storage.make_class(client)
        _restrain(client)
        for number in range(options.nodes):
            _create_node(client, node(f"{layout.name}-{number}"))

        def all_ready() -> bool:
            check()
            return schedulable(client) >= options.nodes

        if not wait_until(all_ready, timeout=START_TIMEOUT):
            raise ClusterError(f"only {schedulable(client)} of {options.nodes} simulated nodes are ready")

    def clear(self, layout: Layout) -> None:
        """Nothing outlives kwok."""


def kwok_flags(layout: Layout) -> dict[str, str]:
    """All nodes are kwok's; their leases are renewed as kubelets do."""
    return {
        "kubeconfig": str(layout.component_kubeconfig("kwok")),
        "config": str(layout.root / "stages.yaml"),
        "manage-all-nodes": "true",
        "node-lease-duration-seconds": "40",
        "node-ip": "192.0.2.2",  # nowhere (RFC 5737)
        "cidr": "10.244.0.0/16",
    }


def stages() -> str:
    """The stages as kwok reads them."""
    return STAGES.read_text().replace("@SIMULATE@", SIMULATE)


def node(name: str) -> Object:
    """A Node object with the labels that a kubelet sets."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "wharfinger.dev/node": "simulated",
            },
        },
        "status": {
            "capacity": CAPACITY,
            "allocatable": CAPACITY,
            "addresses": [{"type": "InternalIP", "address": "192.0.2.2"}, {"type": "Hostname", "address": name}],
        },
    }


def _restrain(client: Client) -> None:
    """Hold kwok to `DELETES_WHAT_WAS_TOLD_TO_GO`."""
    group = "/apis/admissionregistration.k8s.io/v1"
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy"}
    client.apply(f"{group}/validatingadmissionpolicies/{_POLICY}", kind | DELETES_WHAT_WAS_TOLD_TO_GO)
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": _POLICY},
        "spec": {"policyName": _POLICY, "validationActions": ["Deny"]},
    }
    client.apply(f"{group}/validatingadmissionpolicybindings/{_POLICY}", binding)


def _create_node(client: Client, body: Object) -> None:
    try:
        client.create("/api/v1/nodes", body)
    except ApiError as error:
        if error.status != 409:  # a cluster that is started again has its nodes
            raise
