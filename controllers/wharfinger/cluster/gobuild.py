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
from collections.abc import Iterator, Mapping, Sequence
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
        packages = _fetch(module, toolchain)
        with progress(f"building {module.title}", len(packages)) as step:
            for name, package in module.programs.items():
                _compile(module, toolchain, output / name, package, step)
        output.rename(wanted)


def _compile(module: GoModule, toolchain: Toolchain, output: Path, package: str, step: Step) -> None:
    flags = " ".join(module.linker_flags)
    go, program = str(toolchain.go), str(output)
    command = (go, "build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", program, package)
    _run(command, module.sources, step, failure=f"{module.title} does not build")


def _fetch(module: GoModule, toolchain: Toolchain) -> list[str]:
    """Download the modules, by asking for every package that a cold build compiles: the answer."""
    command = (str(toolchain.go), "list", "-deps", *module.programs.values())
    with progress(f"fetching the Go modules of {module.title}", _count_modules(module.sources)) as step:
        return _run(command, module.sources, step, failure=f"the Go modules of {module.title} cannot be fetched")


def _count_modules(sources: Path) -> int:
    """How many modules can be downloaded at most: go.sum has a line for each, and one for its go.mod."""
    sums = sources / "go.sum"
    lines = sums.read_text().splitlines() if sums.exists() else []
    return sum("/go.mod " not in line for line in lines)


def _run(command: Sequence[str], directory: Path, step: Step, *, failure: str) -> list[str]:
    """Run a Go command; each line of its log is a step, the lines of its output are the answer.

    Raises ClusterError with `failure` and the last lines of the log.
    """
    last: deque[str] = deque(maxlen=20)
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command, cwd=directory, env=_environment(), stdout=output, stderr=subprocess.PIPE, text=True
        )
        with process:
            for done, line in enumerate(process.stderr or (), start=1):
                last.append(line.rstrip())
                step(done, line.strip().removeprefix("go: downloading "))
        if process.returncode:
            raise ClusterError(f"{failure}:\n" + "\n".join(last))
        output.seek(0)
        return output.read().splitlines()


def _environment() -> dict[str, str]:
    """CGO_ENABLED=0: a static binary, that needs no C compiler to build and runs in an empty container.

    -mod=readonly: modules are those of go.sum, and nothing else.
    """
    flags = f"{os.environ.get('GOFLAGS', '')} -mod=readonly".lstrip()
    return {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": flags}


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
