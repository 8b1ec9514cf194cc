"""A real Kubernetes cluster, embedded: no container engine, no image registry, one directory.

The Go module in `go/` builds one binary of all components from Kubernetes' own packages. `Cluster` runs them as plain
processes: etcd, API server, controller manager, scheduler, and nodes of one of two kinds.

- `build` makes the binary, once; `toolchain` finds a Go for it.
- `options` says what a cluster shall be, `layout` where its files and ports are, `state` what runs.
- `pki` makes its certificates and kubeconfigs; `controlplane` knows the components' flags.
- `process` and `supervisor` start, watch and end processes.
- `cluster` puts it together; `pytest_plugin` gives it to tests, of any operator.

The names below are loaded when they are first used: a command line that only shows its help needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wharfinger.cluster.cluster import Cluster
    from wharfinger.cluster.errors import ClusterError
    from wharfinger.cluster.nodekind import NodeKind
    from wharfinger.cluster.options import Options

__all__ = ["Cluster", "ClusterError", "NodeKind", "Options"]

_HOMES = {"Cluster": "cluster", "ClusterError": "errors", "NodeKind": "nodekind", "Options": "options"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
