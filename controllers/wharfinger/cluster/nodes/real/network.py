"""How a node in a network namespace is reached: a bridge on the machine, one pair of virtual interfaces, two networks.

Cluster number N (0 to 255) has 10.210.N.0/24, between the machine (.1) and its node (.2), and 10.211.N.0/24 for Pods.
Inside the node, the CNI plugin ``ptp`` gives each Pod a route of its own: with a bridge there, what a Service's Pod
answers to another Pod would pass beneath the packet filter that has to translate it back, unless a kernel module is
loaded.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from wharfinger.cluster.errors import ClusterError

PREFIX = "wharf"
_MAX_CLUSTERS = 256


@dataclass(frozen=True, slots=True)
class Network:
    """The addresses of cluster number ``number``."""

    number: int

    @classmethod
    def of(cls, host: str) -> "Network":
        """The network whose machine's address is ``host``."""
        return cls(int(host.split(".")[2]))

    @property
    def bridge(self) -> str:
        """The machine's interface."""
        return f"{PREFIX}{self.number}"

    @property
    def port(self) -> str:
        """The machine's end of the pair that leads to the node."""
        return f"{PREFIX}{self.number}n0"

    @property
    def host(self) -> str:
        """The machine's address, where the API server, DNS and the registry listen."""
        return f"10.210.{self.number}.1"

    @property
    def node(self) -> str:
        """The node's address."""
        return f"10.210.{self.number}.2"

    @property
    def nodes(self) -> str:
        """The network of the machine and its node."""
        return f"10.210.{self.number}.0/24"

    @property
    def pods(self) -> str:
        """The network of Pods."""
        return f"10.211.{self.number}.0/24"


def claim() -> Network:
    """Make a bridge with a number that no cluster has; the kernel refuses a second one of the same name."""
    for number in range(_MAX_CLUSTERS):
        network = Network(number)
        if succeeds("ip", "link", "add", network.bridge, "type", "bridge"):
            return network
    raise ClusterError(f"no bridge {PREFIX}0 to {PREFIX}{_MAX_CLUSTERS - 1} could be made")


def set_up_bridge(network: Network) -> None:
    """Give the machine its address and its way to the Pods; doing it again changes nothing."""
    _run("ip", "link", "add", network.bridge, "type", "bridge")
    require("ip", "link", "set", network.bridge, "up")
    require("ip", "address", "replace", f"{network.host}/24", "dev", network.bridge)
    require("ip", "route", "replace", network.pods, "via", network.node, "dev", network.bridge)


def connect(network: Network, pid: int) -> None:
    """Give the network namespace of process ``pid`` the node's address, its default route, and forwarding."""
    _run("ip", "link", "delete", network.port)  # of a node that crashed: the kernel takes its time to clear up
    require("ip", "link", "add", network.port, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
    require("ip", "link", "set", network.port, "master", network.bridge, "up")
    inside = ("nsenter", "--target", str(pid), "--net", "--")
    require(*inside, "ip", "link", "set", "lo", "up")
    require(*inside, "ip", "address", "add", f"{network.node}/24", "dev", "eth0")
    require(*inside, "ip", "link", "set", "eth0", "up")
    require(*inside, "ip", "route", "add", "default", "via", network.host)
    require(*inside, "tee", "/proc/sys/net/ipv4/ip_forward", stdin="1\n")


def remove(network: Network) -> None:
    """Remove the bridge, and its addresses and routes with it."""
    _run("ip", "link", "delete", network.port)
    _run("ip", "link", "delete", network.bridge)


def any_left() -> bool:
    """Whether this machine has the network of any cluster."""
    return any(Path("/sys/class/net").glob(f"{PREFIX}*"))


def require(*command: str, stdin: str | None = None) -> None:
    """Run a command. Raises ClusterError with what it said when it fails."""
    result = _run(*command, stdin=stdin)
    if result.returncode:
        raise ClusterError(f"`{' '.join(command)}`: {(result.stderr or result.stdout).strip()}")


def succeeds(*command: str) -> bool:
    """Run a command whose failure is an answer."""
    return _run(*command).returncode == 0


def _run(*command: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=30)
