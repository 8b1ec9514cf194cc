"""Build the programs of a Go module, once for each content of it.

They lie in the cache under a name made from everything that determines them: the sources, go.mod, go.sum, the build
flags and the toolchain. They are built in a directory of its own that is renamed into place, so that half-built ones
are never seen, under a lock, so that two processes do not both take the minutes that it takes.
"""

import fcntl
import hashlib
import os
import platform
import re
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.paths import cache_dir
from wharfinger.cluster.progress import Step, progress
from wharfinger.cluster.toolchain import Toolchain, find_toolchain, parse_version


@dataclass(frozen=True, slots=True)
class GoModule:
    """What to build, and how."""

    title: str
    """What it is, for the progress and for errors."""
    sources: Path
    """The directory of go.mod."""
    programs: Mapping[str, str]
    """Name of each program and its package, as `go build` takes it in `sources`."""
    linker_flags: tuple[str, ...] = ("-s", "-w")
    """Stripped, unless said otherwise."""


def build_module(module: GoModule) -> Path:
    """The directory of the programs, from the cache or built now; progress is shown on standard error.

    Raises ClusterError with the compiler's last lines when the build fails.
    """
    toolchain = find_toolchain(parse_version(line_of(module.sources / "go.mod", r"^go (\S+)$")))
    wanted = cache_dir() / "bin" / module_key(module, toolchain)
    if not wanted.exists():
        with _locked(wanted.parent / ".lock"):
            if not wanted.exists():  # built meanwhile by whoever held the lock
                _build_into(wanted, module, toolchain)
    return wanted


def module_key(module: GoModule, toolchain: Toolchain) -> str:
    """A name for what a module builds to: 16 hexadecimal digits over every input of the build."""
    digest = hashlib.sha256()
    for part in (toolchain.version, platform.machine(), *module.linker_flags, *module.programs):
        digest.update(part.encode() + b"\0")
    for path in sorted(file for file in module.sources.rglob("*") if file.is_file()):
        digest.update(str(path.relative_to(module.sources)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def line_of(path: Path, pattern: str) -> str:
    """The first group of the first line that matches. Raises ClusterError where none does."""
    match = re.search(pattern, path.read_text(), re.MULTILINE)
    if match is None:
        raise ClusterError(f"{path} has no line like {pattern}")
    return match[1]


def _build_into(wanted: Path, module: GoModule, toolchain: Toolchain) -> None:
    """Build beside `wanted` and rename: whoever sees the directory sees it whole."""
    with tempfile.TemporaryDirectory(dir=wanted.parent, prefix=".build-") as scratch:
        output = Path(scratch) / "out"
        output.mkdir()
        packages = _count_packages(module, toolchain)
        with progress(f"building {module.title}", packages) as step:
            for name, package in module.programs.items():
                _compile(module, toolchain, output / name, package, step)
        output.rename(wanted)


def _compile(module: GoModule, toolchain: Toolchain, output: Path, package: str, step: Step) -> None:
    flags = " ".join(module.linker_flags)
    command = [str(toolchain.go), "build", "-v", "-trimpath", "-ldflags", flags, "-o", str(output), package]
    process = subprocess.Popen(command, cwd=module.sources, env=_environment(), stderr=subprocess.PIPE, text=True)
    last: deque[str] = deque(maxlen=20)
    with process:
        for done, line in enumerate(process.stderr or (), start=1):
            last.append(line.rstrip())
            step(done, line.strip())
    if process.returncode:
        raise ClusterError(f"{module.title} does not build:\n" + "\n".join(last))


def _count_packages(module: GoModule, toolchain: Toolchain) -> int:
    """How many packages a cold build compiles. It also downloads the modules, since it reads every package."""
    command = [str(toolchain.go), "list", "-deps", *module.programs.values()]
    result = subprocess.run(
        command, cwd=module.sources, env=_environment(), capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise ClusterError(f"the Go modules of {module.title} cannot be fetched:\n" + result.stderr.strip()[-2000:])
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
