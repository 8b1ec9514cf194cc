"""Whether this machine can run a real node, and what it lacks."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.nodes.real.config import CNI_PROGRAMS
from wharfinger.cluster.nodes.real.isolation import CGROUPS

PROGRAMS = {
    "containerd": "containerd",
    "containerd-shim-runc-v2": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "busybox": "busybox",
    f"{CNI_PROGRAMS}/ptp": "containernetworking-plugins",
    "unshare": "util-linux",
    "mount": "mount",
}
"""What a node needs, and the Debian package that has it."""

_ISOLATE = ("unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "true")


def obstacle() -> str | None:
    """Why no real node can run here, whatever were installed; None when nothing is known against it."""
    if os.geteuid() != 0:
        return "only root can make one"
    if not (CGROUPS / "cgroup.controllers").exists() and not (CGROUPS / "memory").is_dir():
        return f"no cgroup hierarchy is mounted at {CGROUPS}"
    try:
        tried = subprocess.run(_ISOLATE, capture_output=True, text=True, check=False, timeout=30)
    except FileNotFoundError:
        return "the program unshare is missing"
    return f"this root may not make namespaces: {tried.stderr.strip()}" if tried.returncode else None


def missing_packages() -> list[str]:
    """The Debian packages of the programs that are not here."""
    return sorted(
        {package for program, package in PROGRAMS.items() if shutil.which(program, path=search_path()) is None}
    )


def search_path() -> str:
    """PATH with the directories where Debian keeps root's programs."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def install(packages: Sequence[str], *, needed_by: str = "a real node") -> None:
    """Install Debian packages, and say so. Raises ClusterError when apt-get cannot."""
    if shutil.which("apt-get") is None:
        raise ClusterError(
            f"{needed_by} needs {', '.join(packages)} (names of Debian packages), and there is no apt-get"
        )
    print(f"installing {', '.join(packages)} by apt-get", file=sys.stderr, flush=True)
    command = ("apt-get", "install", "--yes", "--no-install-recommends", *packages)
    if _apt(*command).returncode == 0:
        return
    _apt("apt-get", "update")  # the lists may be missing or old; not always, since it takes its time
    result = _apt(*command)
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ClusterError(f"{needed_by} needs {', '.join(packages)}, and apt-get failed: {reason}")


def _apt(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
