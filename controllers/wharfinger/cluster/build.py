"""The embedded cluster's programs: built from the Go sources beside this module, once for each content of them."""

from dataclasses import dataclass
from pathlib import Path

from wharfinger.cluster.gobuild import GoModule, build_module, line_of, module_key
from wharfinger.cluster.toolchain import Toolchain

SOURCES = Path(__file__).parent / "go"
"""The Go module. Each directory of it that holds a ``package main`` becomes one program."""

PROGRAMS = {"wharfinger-cluster": ".", "demo": "./demo"}
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
    return Programs(build_module(_module(sources)))


def build_key(sources: Path, toolchain: Toolchain) -> str:
    """A name for what `sources` build to: 16 hexadecimal digits over every input of the build."""
    return module_key(_module(sources), toolchain)


def kubernetes_version(sources: Path = SOURCES) -> str:
    """The Kubernetes release that go.mod names, such as ``v1.36.1``."""
    return line_of(sources / "go.mod", r"^\s+k8s\.io/kubernetes (v\S+)$")


def linker_flags(sources: Path) -> list[str]:
    """Strip the binary, and stamp the version as Kubernetes' own build does: without it, clients refuse the server."""
    version = kubernetes_version(sources)
    major, minor = version.removeprefix("v").split(".")[:2]
    stamps = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return ["-s", "-w", *(f"-X={package}.{key}={value}" for package in packages for key, value in stamps.items())]


def _module(sources: Path) -> GoModule:
    return GoModule(
        f"Kubernetes {kubernetes_version(sources)}", sources, PROGRAMS, linker_flags=tuple(linker_flags(sources))
    )
