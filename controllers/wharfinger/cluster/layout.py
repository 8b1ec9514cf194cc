"""Where one cluster's files and ports are. Nothing here starts anything."""

import random
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wharfinger.cluster.errors import ClusterError

PORTS = ("kube-apiserver", "etcd", "etcd-peer", "kube-controller-manager", "kube-scheduler", "coredns", "registry")
"""What listens on the host; each cluster has its own port for each, so that several run side by side."""

_PORT_RANGE = range(20000, 32000)  # below the kernel's ephemeral ports, which any client may take at any moment


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of the cluster that lives in ``root``, whose API server listens on ``host``."""

    root: Path
    host: str
    ports: dict[str, int]

    @property
    def name(self) -> str:
        """The cluster's name: that of its directory."""
        return self.root.name

    @property
    def server(self) -> str:
        """The API server's URL."""
        return self.url("kube-apiserver")

    def url(self, component: str) -> str:
        """The HTTPS URL that a component listens on."""
        return f"https://{self.host}:{self.ports[component]}"

    @property
    def pki(self) -> Path:
        """Certificates and keys, PEM."""
        return self.root / "pki"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, with its credentials inside."""
        return self.component_kubeconfig("admin")

    def component_kubeconfig(self, user: str) -> Path:
        """The kubeconfig of one client: ``admin`` or a component's name."""
        return self.root / "kubeconfig" / user

    def log(self, component: str) -> Path:
        """What a component wrote, over all its starts."""
        return self.root / "logs" / f"{component}.log"

    def certificate(self, name: str) -> Path:
        """A certificate's file."""
        return self.pki / f"{name}.crt"

    def key(self, name: str) -> Path:
        """A private key's file."""
        return self.pki / f"{name}.key"

    def make_directories(self) -> None:
        """Create the directories; only the owner may read what is in them."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)
        for directory in ("pki", "kubeconfig", "logs", "etcd"):
            (self.root / directory).mkdir(exist_ok=True)


def free_ports(names: Sequence[str], *, host: str) -> dict[str, int]:
    """A different port for each name, free on ``host`` now. Chosen at random: clusters started together rarely meet."""
    chosen: dict[str, int] = {}
    for port in random.sample(_PORT_RANGE, k=200):
        if len(chosen) == len(names):
            break
        if _is_free(host, port):
            chosen[names[len(chosen)]] = port
    if len(chosen) < len(names):
        raise ClusterError(f"no {len(names)} free ports between {_PORT_RANGE.start} and {_PORT_RANGE.stop} on {host}")
    return chosen


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
