"""The control plane's components and their flags, as a real cluster has them. Pure: it starts nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wharfinger.cluster.layout import Layout
from wharfinger.cluster.options import Options

SERVICE_NETWORK = "10.96.0.0/16"

Flags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Component:
    """A program to run: its name, which is also the name it is called by, its command line, and how to see it ready."""

    name: str
    argv: tuple[str, ...]
    ready: str | None = None
    """URL that answers 200 when it is ready, or ``unix://`` a socket that accepts; None: it is ready when it runs."""
    within: str | None = None
    """The component in whose namespaces it runs; None: the machine's own."""
    becomes_child: bool = False
    """Whether the program forks itself into new namespaces: the component is then the child."""


def control_plane(layout: Layout, options: Options, *, program: str) -> list[Component]:
    """etcd, the API server, the controller manager and the scheduler, in the order in which they are started."""
    wanted: dict[str, tuple[Flags, str | None]] = {
        "etcd": (etcd_flags(layout), None),
        "kube-apiserver": (apiserver_flags(layout), "/readyz"),
        "kube-controller-manager": (controller_manager_flags(layout, qps=options.controller_qps), "/healthz"),
        "kube-scheduler": (scheduler_flags(layout, qps=options.controller_qps), "/readyz"),
    }
    return [
        Component(
            name=name,
            argv=(program, name, *command_line({**flags, **options.extra_args.get(name, {})})),
            ready=layout.url(name) + path if path else None,
        )
        for name, (flags, path) in wanted.items()
    ]


def command_line(flags: Flags) -> Iterable[str]:
    """``{"v": "2"}`` as ``--v=2``."""
    return (f"--{name}={value}" for name, value in flags.items())


def etcd_flags(layout: Layout) -> Flags:
    """One member, TLS with client certificates on all ports; no fsync, since the data dies with the cluster."""
    client, peer = layout.url("etcd"), layout.url("etcd-peer")
    tls = {"cert-file": "etcd.crt", "key-file": "etcd.key", "trusted-ca-file": "ca.crt"}
    files = {f"{prefix}{flag}": str(layout.pki / file) for prefix in ("", "peer-") for flag, file in tls.items()}
    return {
        "data-dir": str(layout.root / "etcd"),
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"default={peer}",
        **files,
        "client-cert-auth": "true",
        "peer-client-cert-auth": "true",
        "unsafe-no-fsync": "true",
        "log-level": "warn",
    }


def apiserver_flags(layout: Layout) -> Flags:
    """RBAC and node authorisation, the usual admission, aggregation; certificates for every client."""
    return {
        **_apiserver_serving(layout),
        **_apiserver_clients(layout),
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "allow-privileged": "true",
        "enable-aggregator-routing": "true",  # to Pods' own addresses: the machine has no kube-proxy
        "service-cluster-ip-range": SERVICE_NETWORK,
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": str(layout.pki / "sa.pub"),
        "service-account-signing-key-file": str(layout.key("sa")),
        "requestheader-client-ca-file": str(layout.certificate("front-proxy-ca")),
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    }


def _apiserver_serving(layout: Layout) -> Flags:
    return {
        "bind-address": layout.host,
        # The address of the Service `kubernetes`. A loopback one is refused, and without a default route none is found;
        # without a real node nobody calls it, so it may be one that is nowhere (RFC 5737).
        "advertise-address": "192.0.2.1" if layout.host.startswith("127.") else layout.host,
        "secure-port": str(layout.ports["kube-apiserver"]),
        "tls-cert-file": str(layout.certificate("kube-apiserver")),
        "tls-private-key-file": str(layout.key("kube-apiserver")),
        "client-ca-file": str(layout.certificate("ca")),
    }


def _apiserver_clients(layout: Layout) -> Flags:
    """What the API server is a client of: etcd, kubelets, extension API servers."""
    return {
        "etcd-servers": layout.url("etcd"),
        "etcd-cafile": str(layout.certificate("ca")),
        "etcd-certfile": str(layout.certificate("etcd")),
        "etcd-keyfile": str(layout.key("etcd")),
        "kubelet-client-certificate": str(layout.certificate("apiserver-kubelet-client")),
        "kubelet-client-key": str(layout.key("apiserver-kubelet-client")),
        "kubelet-certificate-authority": str(layout.certificate("ca")),
        "kubelet-preferred-address-types": "InternalIP,Hostname",
        "proxy-client-cert-file": str(layout.certificate("front-proxy-client")),
        "proxy-client-key-file": str(layout.key("front-proxy-client")),
    }


def controller_manager_flags(layout: Layout, *, qps: int) -> Flags:
    """All default controllers, each with a service account of its own, as in production."""
    return {
        **_client_flags(layout, "kube-controller-manager", qps=qps),
        "use-service-account-credentials": "true",
        "service-account-private-key-file": str(layout.key("sa")),
        "root-ca-file": str(layout.certificate("ca")),
        "cluster-signing-cert-file": str(layout.certificate("ca")),
        "cluster-signing-key-file": str(layout.key("ca")),
    }


def scheduler_flags(layout: Layout, *, qps: int) -> Flags:
    """The default profile."""
    return _client_flags(layout, "kube-scheduler", qps=qps)


def _client_flags(layout: Layout, name: str, *, qps: int) -> Flags:
    """What the two controllers share. One of each runs, so that waiting for a lease would only cost time."""
    credentials = str(layout.component_kubeconfig(name))
    return {
        "kubeconfig": credentials,
        "authentication-kubeconfig": credentials,
        "authorization-kubeconfig": credentials,
        "kube-api-qps": str(qps),
        "kube-api-burst": str(2 * qps),
        "leader-elect": "false",
        "bind-address": layout.host,
        "secure-port": str(layout.ports[name]),
        "tls-cert-file": str(layout.certificate(name)),
        "tls-private-key-file": str(layout.key(name)),
    }
