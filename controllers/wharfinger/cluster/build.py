"""Build the multi-call binary from the Go sources beside this module, once for each content of them.

The binary lies in the cache under a name made from everything that determines it: the sources, go.mod, go.sum, the
build flags and the toolchain. It is built in a directory of its own and renamed into place, so that a half-built one is
never seen, under a lock, so that two processes do not both take the minutes that it takes.
"""

import fcntl
import hashlib
import os
import platform
import re
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.paths import cache_dir
from wharfinger.cluster.progress import Step, progress
from wharfinger.cluster.toolchain import Toolchain, find_toolchain, parse_version

SOURCES = Path(__file__).parent / "go"
"""The Go module. Each directory of it that holds a ``package main`` becomes one program."""

PROGRAMS = {"wharfinger-cluster": ".", "demo": "demo"}
"""Name of each program and the package, relative to SOURCES, that it is built from."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The directory of the built programs."""

    directory: Path

    @property
    def cluster(self) -> Path:
        """The multi-call binary of all components."""
        return self.directory / "wharfinger-cluster"

    @property
    def demo(self) -> Path:
        """The program of the demo and pause images."""
        return self.directory / "demo"


def build(sources: Path = SOURCES) -> Programs:
    """The programs, from the cache or built now; progress is shown on standard error.

    Raises ClusterError with the compiler's last lines when the build fails.
    """
    toolchain = find_toolchain(parse_version(_line(sources / "go.mod", r"^go (\S+)$")))
    wanted = cache_dir() / "bin" / build_key(sources, toolchain)
    if not wanted.exists():
        with _locked(wanted.parent / ".lock"):
            if not wanted.exists():  # built meanwhile by whoever held the lock
                _build_into(wanted, sources, toolchain)
    return Programs(wanted)


def build_key(sources: Path, toolchain: Toolchain) -> str:
    """A name for what `sources` build to: 16 hexadecimal digits over every input of the build."""
    digest = hashlib.sha256()
    for part in (toolchain.version, platform.machine(), *linker_flags(sources), *PROGRAMS):
        digest.update(part.encode() + b"\0")
    for path in sorted(file for file in sources.rglob("*") if file.is_file()):
        digest.update(str(path.relative_to(sources)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def kubernetes_version(sources: Path = SOURCES) -> str:
    """The Kubernetes release that go.mod names, such as ``v1.36.1``."""
    return _line(sources / "go.mod", r"^\s+k8s\.io/kubernetes (v\S+)$")


def linker_flags(sources: Path) -> list[str]:
    """Strip the binary, and stamp the version as Kubernetes' own build does: without it, clients refuse the server."""
    version = kubernetes_version(sources)
    major, minor = version.removeprefix("v").split(".")[:2]
    stamps = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return ["-s", "-w", *(f"-X={package}.{key}={value}" for package in packages for key, value in stamps.items())]


def _build_into(wanted: Path, sources: Path, toolchain: Toolchain) -> None:
    """Build beside `wanted` and rename: whoever sees the directory sees it whole."""
    with tempfile.TemporaryDirectory(dir=wanted.parent, prefix=".build-") as scratch:
        output = Path(scratch) / "out"
        output.mkdir()
        packages = _count_packages(sources, toolchain)
        with progress(f"building Kubernetes {kubernetes_version(sources)}", packages) as step:
            for name, package in PROGRAMS.items():
                _compile(sources, toolchain, output / name, package, step)
        output.rename(wanted)


def _compile(sources: Path, toolchain: Toolchain, output: Path, package: str, step: Step) -> None:
    flags = " ".join(linker_flags(sources))
    command = [str(toolchain.go), "build", "-v", "-trimpath", "-ldflags", flags, "-o", str(output), f"./{package}"]
    process = subprocess.Popen(command, cwd=sources, env=_environment(), stderr=subprocess.PIPE, text=True)
    last: deque[str] = deque(maxlen=20)
    with process:
        for done, line in enumerate(process.stderr or (), start=1):
            last.append(line.rstrip())
            step(done, line.strip())
    if process.returncode:
        raise ClusterError("the cluster's binary does not build:\n" + "\n".join(last))


def _count_packages(sources: Path, toolchain: Toolchain) -> int:
    """How many packages a cold build compiles. It also downloads the modules, since it reads every package."""
    command = [str(toolchain.go), "list", "-deps", *(f"./{package}" for package in PROGRAMS.values())]
    result = subprocess.run(command, cwd=sources, env=_environment(), capture_output=True, text=True, check=False)
    if result.returncode:
        raise ClusterError("the cluster's Go modules cannot be fetched:\n" + result.stderr.strip()[-2000:])
    return len(result.stdout.splitlines())


def _environment() -> dict[str, str]:
    """CGO_ENABLED=0: a static binary, that needs no C compiler to build and runs in an empty container."""
    return {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _line(path: Path, pattern: str) -> str:
    match = re.search(pattern, path.read_text(), re.MULTILINE)
    if match is None:
        raise ClusterError(f"{path} has no line like {pattern}")
    return match[1]
