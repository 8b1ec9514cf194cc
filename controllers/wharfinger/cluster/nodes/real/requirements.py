"""Whether this machine can run a real node, and what it lacks."""

import os
import shutil
import subprocess
import sys
import time
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
    "nft": "nftables",
    "ip": "iproute2",
    "busybox": "busybox",
    f"{CNI_PROGRAMS}/ptp": "containernetworking-plugins",
    "unshare": "util-linux",
    "mount": "mount",
}
"""What a node needs, and the Debian package that has it."""

_LOCK_TIMEOUT = 300.0
"""Seconds for which another apt-get or dpkg may be at work: an unattended upgrade takes minutes."""
_LOCK_POLL = 2.0

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
    command = ("install", "--yes", "--no-install-recommends", *packages)
    if apt_get(*command).returncode == 0:
        return
    apt_get("update")  # the lists may be missing or old; not always, since it takes its time
    result = apt_get(*command)
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ClusterError(f"{needed_by} needs {', '.join(packages)}, and apt-get failed: {reason}")


def apt_get(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run apt-get; it waits for dpkg's lock by itself, and we for those of its lists and archives."""
    command = ("apt-get", "-o", f"DPkg::Lock::Timeout={_LOCK_TIMEOUT:.0f}", *arguments)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    deadline = time.monotonic() + _LOCK_TIMEOUT
    while True:
        result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if "Could not get lock" not in result.stderr or not result.returncode or time.monotonic() > deadline:
            return result
        time.sleep(_LOCK_POLL)
