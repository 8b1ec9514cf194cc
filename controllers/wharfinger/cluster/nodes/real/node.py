"""The real node as the cluster sees it: what runs, in which order, and what is done in between."""

from collections.abc import Sequence
from pathlib import Path

from wharfinger.cluster import images
from wharfinger.cluster.build import Programs
from wharfinger.cluster.client import Client
from wharfinger.cluster.controlplane import Component, command_line
from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.layout import Layout
from wharfinger.cluster.nodes import storage
from wharfinger.cluster.nodes.driver import Check, schedulable
from wharfinger.cluster.nodes.real import config, isolation, network, outside
from wharfinger.cluster.nodes.real.network import Network
from wharfinger.cluster.options import Options
from wharfinger.cluster.pki import MASTERS, Certificate
from wharfinger.cluster.process import Process
from wharfinger.cluster.supervisor import START_TIMEOUT, wait_until

NODE = "node"
"""The component whose namespaces are the node: when it ends, all of the node ends."""

NETWORK_POLICY = "network-policy"
"""The component that makes packet filter rules of NetworkPolicies (`go/netpol.go`)."""


class RealNode:
    """One node whose containers really run."""

    def host(self) -> str:
        """Claim a network; the machine's address in it."""
        claimed = network.claim()
        network.set_up_bridge(claimed)
        return claimed.host

    def certificates(self, host: str, name: str) -> Sequence[Certificate]:
        """The kubelet is a server as well, by the node's address."""
        return (
            Certificate(
                "kubelet",
                "ca",
                f"system:node:{config.node_name(name)}",
                ("system:nodes",),
                hosts=(Network.of(host).node,),
            ),
            Certificate("kube-proxy", "ca", "system:kube-proxy"),
            Certificate("coredns", "ca", "wharfinger:coredns", (MASTERS,)),
            Certificate(NETWORK_POLICY, "ca", "wharfinger:network-policy", (MASTERS,)),
            *storage.certificates(),
        )

    def components(self, layout: Layout, options: Options, programs: Programs) -> Sequence[Component]:
        """DNS, the registry and the provisioner on the machine; the rest inside the node."""
        return (
            *_machine_components(layout, programs),
            Component(NODE, (*ISOLATE, str(programs.demo), "pause"), becomes_child=True),
            *_node_components(layout, options, programs),
        )

    def prepare(self, layout: Layout, options: Options, programs: Programs) -> None:
        """Write the configuration; make the bridge and the cgroups."""
        isolation.check_directory(layout.root)
        for path, content in config.files(layout, resolvers=Path("/etc/resolv.conf").read_text()).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        network.set_up_bridge(Network.of(layout.host))
        outside.open_way(Network.of(layout.host), layout)
        isolation.make_cgroups(layout)

    def started(self, component: str, running: Process, layout: Layout, programs: Programs) -> None:
        """Give the new namespaces their network and mounts; fill the new registry."""
        if component == NODE:
            network.connect(Network.of(layout.host), running.pid)
            isolation.furnish(layout, running.pid)
        elif component == "registry":
            push_images(layout, programs)

    def settle(self, client: Client, layout: Layout, options: Options, check: Check) -> None:
        """Wait until the node takes Pods."""
        storage.make_class(client)

        def ready() -> bool:
            check()
            return schedulable(client) == 1

        if not wait_until(ready, timeout=START_TIMEOUT):
            raise ClusterError(f"node {config.node_name(layout.name)} is not ready: see {layout.log('kubelet')}")

    def clear(self, layout: Layout) -> None:
        """Remove the bridge, the rules, the cgroups and the mount point."""
        network.remove(Network.of(layout.host))
        outside.close_way(Network.of(layout.host), layout)
        isolation.remove_cgroups(layout)
        if not network.any_left():  # removing a mount point would unmount it in the nodes of other clusters
            isolation.remove_mount_point()


ISOLATE = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private")


def push_images(layout: Layout, programs: Programs) -> None:
    """Fill the cluster's registry: the Pods' sandbox, the demo server in two versions, and busybox."""
    registry = config.registry_url(layout)
    images.push(images.pause(programs.demo), registry=registry, repository="pause", tag="1")
    for version in ("1", "2"):
        images.push(images.demo(programs.demo, version=version), registry=registry, repository="demo", tag=version)
    for repository in ("busybox", "library/busybox"):  # also by the short name, as at Docker Hub
        images.push(images.busybox(), registry=registry, repository=repository, tag="latest")


def _machine_components(layout: Layout, programs: Programs) -> Sequence[Component]:
    program, directory = str(programs.cluster), layout.root / "node"
    return (
        Component(
            "registry",
            (program, "registry", "serve", str(directory / "registry.yaml")),
            ready=f"{config.registry_url(layout)}/v2/",
        ),
        Component(
            "coredns",
            (program, "coredns", "-conf", str(directory / "Corefile")),
            ready=f"http://{layout.host}:{layout.ports['coredns']}/ready",
        ),
        storage.component(layout, programs),
    )


def _node_components(layout: Layout, options: Options, programs: Programs) -> Sequence[Component]:
    program, directory = str(programs.cluster), layout.root / "node"
    flags = {
        "kubelet": {
            "config": str(directory / "kubelet.yaml"),
            "kubeconfig": str(layout.component_kubeconfig("kubelet")),
            "root-dir": isolation.KUBELET_ROOT,
            "cert-dir": str(layout.pki),
            "hostname-override": config.node_name(layout.name),
            "node-ip": Network.of(layout.host).node,
        },
        "kube-proxy": {"config": str(directory / "kube-proxy.yaml")},
        NETWORK_POLICY: {"kubeconfig": str(layout.component_kubeconfig(NETWORK_POLICY))},
    }
    runtime = Component(
        "containerd",
        ("containerd", "--config", str(directory / "containerd.toml")),
        ready=f"unix://{config.containerd_socket(layout)}",
        within=NODE,
    )
    agents = (
        Component(name, (program, name, *command_line({**given, **options.extra_args.get(name, {})})), within=NODE)
        for name, given in flags.items()
    )
    return (runtime, *agents)
