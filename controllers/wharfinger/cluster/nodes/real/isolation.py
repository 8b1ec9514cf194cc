"""Make the node's namespaces fit: what containerd and the kubelet would write elsewhere on the machine stays inside."""

import contextlib
import os
import time
from pathlib import Path

from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.layout import Layout
from wharfinger.cluster.nodes.real.network import require

KUBELET_ROOT = "/run/kubelet"
"""The kubelet's directory, as the node sees it: a short name, since the path of a socket has at most 107 characters."""

_SOCKET_LIMIT = 107

CNI_RESULTS = "/var/lib/cni"
SCRATCH = ("/run", "/var/log", CNI_RESULTS)
"""Where sockets, network namespaces, links to logs and results of CNI go, whatever is configured. Each is hidden by an
empty file system of the node's own."""

KERNEL_SETTINGS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""What a kubelet sets for the whole machine (pkg/kubelet/cm). It is shown files that already say so instead."""

CGROUPS = Path("/sys/fs/cgroup")

_REMOVAL_TIMEOUT = 10.0


def check_directory(root: Path) -> None:
    """Raises ClusterError when the cluster's own directory would be hidden, or is too long for sockets."""
    for hidden in SCRATCH:
        if root.is_relative_to(hidden):
            raise ClusterError(f"a real node cannot have its state below {hidden}: set WHARFINGER_STATE elsewhere")
    if len(str(root / "containerd.sock.ttrpc")) > _SOCKET_LIMIT:
        raise ClusterError(
            f"{root} is too long a path for a real node's sockets: set WHARFINGER_STATE to a shorter one"
        )


def furnish(layout: Layout, pid: int) -> None:
    """Mount what the mount namespace of ``pid`` needs. The namespace is private: nothing shows outside."""
    inside = ("nsenter", "--target", str(pid), "--mount", "--")
    for directory in SCRATCH:
        Path(directory).mkdir(parents=True, exist_ok=True)
        require(*inside, "mount", "-t", "tmpfs", "-o", "mode=0755", "wharfinger", directory)
    require(*inside, "mkdir", KUBELET_ROOT)
    (layout.root / "kubelet").mkdir(exist_ok=True)
    require(*inside, "mount", "--bind", str(layout.root / "kubelet"), KUBELET_ROOT)
    # Volumes are mounted below it; containers that ask for it must see mounts that are made after their start.
    require(*inside, "mount", "--make-rshared", KUBELET_ROOT)
    _resolve_by_the_cluster(layout, inside)
    for setting, value in KERNEL_SETTINGS.items():
        shown = layout.root / "node/sys" / setting.replace("/", ".")
        shown.parent.mkdir(parents=True, exist_ok=True)
        shown.write_text(value + "\n")
        require(*inside, "mount", "--bind", str(shown), f"/proc/sys/{setting}")


def _resolve_by_the_cluster(layout: Layout, inside: tuple[str, ...]) -> None:
    """Names that containerd looks up: the machine's resolver may be at a loopback address, another one here."""
    ours, theirs = layout.root / "node/resolv.conf", Path("/etc/resolv.conf").resolve()
    if theirs.is_relative_to("/run"):  # now hidden: a link into nothing, until there is something
        require(*inside, "install", "-D", "--mode=0644", str(ours), str(theirs))
    else:
        require(*inside, "mount", "--bind", str(ours), str(theirs))


def remove_mount_point() -> None:
    """Remove the one of SCRATCH that machines do not have anyway, if it is empty. Not while another node lives."""
    with contextlib.suppress(OSError):
        Path(CNI_RESULTS).rmdir()


def cgroup(layout: Layout) -> str:
    """The cgroup of all the node's Pods, in every hierarchy."""
    return f"/wharfinger-{layout.name}"


def make_cgroups(layout: Layout) -> None:
    """Make the node's cgroup in each hierarchy (version 1), or in the one there is (version 2)."""
    for hierarchy in _hierarchies():
        (hierarchy / cgroup(layout).lstrip("/")).mkdir(exist_ok=True)
        if hierarchy.name == "cpuset":
            _inherit_cpus(hierarchy / cgroup(layout).lstrip("/"))


def remove_cgroups(layout: Layout) -> None:
    """Remove the node's cgroups, innermost first. The kernel needs a moment after the last process has ended."""
    for hierarchy in _hierarchies():
        top = hierarchy / cgroup(layout).lstrip("/")
        for directory in [*sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True), top]:
            _remove_cgroup(directory)


def _hierarchies() -> list[Path]:
    """The mounted cgroup hierarchies; those of version 1 have links for their pairs, such as cpu and cpuacct."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [path for path in CGROUPS.iterdir() if path.is_dir() and not path.is_symlink()]


def _inherit_cpus(directory: Path) -> None:
    """A new cpuset of version 1 is empty, and takes no process until it is told which CPUs and memory it has."""
    for file in ("cpuset.cpus", "cpuset.mems"):
        (directory / file).write_text((directory.parent / file).read_text())


def _remove_cgroup(directory: Path) -> None:
    deadline = time.monotonic() + _REMOVAL_TIMEOUT
    while directory.exists():
        try:
            os.rmdir(directory)  # noqa: PTH106 (a cgroup has files that only the kernel removes)
        except OSError:
            if time.monotonic() > deadline:
                return
            time.sleep(0.05)
