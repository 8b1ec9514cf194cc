"""The configuration files of the node's components, as pure functions of its layout."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from wharfinger.cluster.layout import Layout
from wharfinger.cluster.nodes.real.isolation import KUBELET_ROOT, cgroup
from wharfinger.cluster.nodes.real.network import Network

CNI_PROGRAMS = "/usr/lib/cni"
REGISTRY = "registry.wharfinger.local"
"""The cluster's own registry, as images name it."""
PAUSE = f"{REGISTRY}/pause:1"


def node_name(cluster: str) -> str:
    """The name of a cluster's one node."""
    return f"{cluster}-0"


def files(layout: Layout, *, resolvers: str) -> dict[Path, str]:
    """Every file to write, by its path. ``resolvers`` is the machine's own resolv.conf."""
    directory = layout.root / "node"
    return {
        directory / "containerd.toml": containerd(layout),
        directory / "cni/10-wharfinger.conflist": json.dumps(cni(layout), indent=2),
        directory / "registries/_default/hosts.toml": mirror(layout),
        directory / f"registries/{REGISTRY}/hosts.toml": own_registry(layout),
        directory / "registry.yaml": yaml.safe_dump(registry(layout)),
        directory / "kubelet.yaml": yaml.safe_dump(kubelet(layout)),
        directory / "kube-proxy.yaml": yaml.safe_dump(kube_proxy(layout)),
        directory / "Corefile": corefile(layout, resolvers=resolvers),
        directory / "resolv.conf": f"nameserver {layout.host}\n",
    }


def containerd_socket(layout: Layout) -> Path:
    """Where containerd listens; the machine sees it too, so that `crictl` and `ctr` can be used."""
    return layout.root / "containerd.sock"


def containerd(layout: Layout) -> str:
    """Containerd with everything of its own below the cluster's directory or in the node's own /run."""
    directory = layout.root / "containerd"
    return f"""version = 2
root = {_toml(directory / "root")}
state = "/run/containerd"

[grpc]
address = {_toml(containerd_socket(layout))}

[plugins."io.containerd.internal.v1.opt"]
path = {_toml(directory / "opt")}

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE}"
# Where root lacks CAP_SYS_RESOURCE, as in many containers, runc could not lower a container's OOM score.
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".containerd]
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{CNI_PROGRAMS}"
conf_dir = {_toml(layout.root / "node/cni")}

[plugins."io.containerd.grpc.v1.cri".registry]
config_path = {_toml(layout.root / "node/registries")}
"""


def cni(layout: Layout) -> dict[str, Any]:
    """Each Pod gets an address and a route of its own, and host ports where it asks for them."""
    ipam = {
        "type": "host-local",
        "dataDir": str(layout.root / "node/addresses"),
        "ranges": [[{"subnet": Network.of(layout.host).pods}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    return {
        "cniVersion": "0.4.0",
        "name": "wharfinger",
        "plugins": [
            {"type": "ptp", "ipMasq": True, "ipam": ipam},
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def mirror(layout: Layout) -> str:
    """For every registry, ask the cluster's own first: an image pushed there needs no other name than it has."""
    return f'[host."{registry_url(layout)}"]\ncapabilities = ["pull", "resolve"]\n'


def own_registry(layout: Layout) -> str:
    """There is nobody else to ask for it, and waiting for a name that does not resolve takes containerd ten seconds."""
    return f'server = "{registry_url(layout)}"\n{mirror(layout)}'


def registry_url(layout: Layout) -> str:
    """The cluster's registry, plain HTTP, for the machine and the node only."""
    return f"http://{layout.host}:{layout.ports['registry']}"


def registry(layout: Layout) -> dict[str, Any]:
    """The CNCF distribution, with its images below the cluster's directory."""
    return {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(layout.root / "registry")}, "delete": {"enabled": True}},
        "http": {"addr": registry_url(layout).removeprefix("http://"), "secret": layout.name},
    }


def kubelet(layout: Layout) -> dict[str, Any]:
    """A kubelet that authenticates its callers, uses the node's cgroup, and never evicts for want of disk space."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(layout.certificate("ca"))},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(layout.certificate("kubelet")),
        "tlsPrivateKeyFile": str(layout.key("kubelet")),
        "clusterDNS": [layout.host],
        "clusterDomain": "cluster.local",
        "resolvConf": str(layout.root / "node/resolv.conf"),
        "containerRuntimeEndpoint": f"unix://{containerd_socket(layout)}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": cgroup(layout),
        "failCgroupV1": False,
        "failSwapOn": False,
        "enforceNodeAllocatable": [],
        "evictionHard": {"nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%"},
        "imageGCHighThresholdPercent": 100,
        "podLogsDir": str(layout.root / "pod-logs"),
        "volumePluginDir": f"{KUBELET_ROOT}/volume-plugins",
        "serializeImagePulls": False,
        "syncFrequency": "10s",
    }


def kube_proxy(layout: Layout) -> dict[str, Any]:
    """Services by iptables, in the node's own network namespace; the machine's conntrack limits stay as they are."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "hostnameOverride": node_name(layout.name),
        "clientConnection": {"kubeconfig": str(layout.component_kubeconfig("kube-proxy"))},
        "clusterCIDR": Network.of(layout.host).pods,
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "iptables": {"minSyncPeriod": "100ms"},
    }


def corefile(layout: Layout, *, resolvers: str) -> str:
    """Names of the cluster, and whatever the machine itself can resolve, if anything."""
    forward = "    forward . /etc/resolv.conf\n" if re.search(r"^nameserver\s", resolvers, re.MULTILINE) else ""
    return f""".:53 {{
    bind {layout.host}
    errors
    ready {layout.host}:{layout.ports["coredns"]}
    kubernetes cluster.local in-addr.arpa {{
        kubeconfig {layout.component_kubeconfig("coredns")}
        pods insecure
        fallthrough in-addr.arpa
    }}
{forward}    cache 5
}}
"""


def _toml(path: Path) -> str:
    """A path as a TOML string: JSON's escapes are TOML's."""
    return json.dumps(str(path))
