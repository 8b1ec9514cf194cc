"""The cluster's certificates and kubeconfigs: one authority, one certificate a server, one identity a client.

The identities are the ones that Kubernetes' own RBAC bootstrap policy knows
(https://kubernetes.io/docs/setup/best-practices/certificates/), so that each component has the rights it has elsewhere.
"""

import base64
import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.layout import Layout

MASTERS = "system:masters"
SERVICE_ADDRESS = "10.96.0.1"
"""The first address of the Service network: the one of the Service ``kubernetes``."""
SERVICE_NAMES = (
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate to make; without an authority it is an authority itself, with hosts also a server's."""

    name: str
    authority: str = ""
    commonName: str = ""  # noqa: N815 (the certs command's JSON)
    organizations: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


def certificates(host: str) -> list[Certificate]:
    """All certificates of a control plane on ``host``, authorities first."""
    here = tuple(dict.fromkeys((host, "127.0.0.1", "localhost")))
    return [
        Certificate("ca", commonName="kubernetes"),
        Certificate("front-proxy-ca", commonName="front-proxy"),
        Certificate("sa"),
        Certificate("etcd", "ca", "etcd", hosts=here),
        Certificate("kube-apiserver", "ca", "kube-apiserver", hosts=(*here, SERVICE_ADDRESS, *SERVICE_NAMES)),
        Certificate("apiserver-kubelet-client", "ca", "kube-apiserver-kubelet-client", (MASTERS,)),
        Certificate("front-proxy-client", "front-proxy-ca", "front-proxy-client"),
        Certificate("admin", "ca", "kubernetes-admin", (MASTERS,)),
        Certificate("kube-controller-manager", "ca", "system:kube-controller-manager", hosts=here),
        Certificate("kube-scheduler", "ca", "system:kube-scheduler", hosts=here),
    ]


CLIENTS = ("admin", "kube-controller-manager", "kube-scheduler")
"""Who gets a kubeconfig."""


def issue(wanted: Sequence[Certificate], *, program: Path, directory: Path) -> None:
    """Write ``<name>.crt`` and ``<name>.key`` for each certificate, in order; an existing authority signs."""
    request = json.dumps([asdict(certificate) for certificate in wanted])
    result = subprocess.run(
        [program, "certs", directory], input=request, text=True, capture_output=True, check=False, timeout=60
    )
    if result.returncode:
        raise ClusterError(f"certificates cannot be made: {result.stderr.strip()}")


def write_kubeconfig(layout: Layout, user: str) -> Path:
    """Write the kubeconfig of ``user``, whose certificate exists; return its path."""
    path = layout.component_kubeconfig(user)
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(kubeconfig(layout, user), sort_keys=False))
    return path


def kubeconfig(layout: Layout, user: str) -> dict[str, Any]:
    """A kubeconfig that holds everything it needs: it can be copied to wherever the server is reachable from."""
    context = f"wharfinger-{layout.name}"
    credentials = {
        "client-certificate-data": _base64(layout.certificate(user)),
        "client-key-data": _base64(layout.key(user)),
    }
    server = {"server": layout.server, "certificate-authority-data": _base64(layout.certificate("ca"))}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": context, "cluster": server}],
        "users": [{"name": f"{context}-{user}", "user": credentials}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": f"{context}-{user}"}}],
        "current-context": context,
    }


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
