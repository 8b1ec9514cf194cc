"""A real node on this machine: containerd, a kubelet, kube-proxy and a packet filter in namespaces of their own.

The node is a process that waits, first of its own PID, mount and network namespaces; all else of the node runs in them.
So the machine's own mounts, network and firewall are left alone, several such nodes live side by side, and when the
first process ends, the kernel ends every container, shim, mount, interface and rule with it. What remains to be removed
by hand is a bridge, by which the node reaches the machine, and empty cgroups.

- `requirements` says whether this machine can, and installs what is missing.
- `network` makes the bridge and gives the node its address.
- `isolation` makes the namespaces fit for a node.
- `config` holds the configuration files, as pure functions.
- `images` fills the cluster's registry.
- `node` puts them together as a `NodeDriver`.
"""
