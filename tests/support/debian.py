"""Programs of Debian packages, for tests that need the real thing: unpacked beside, not installed.

So no machine gets a service from a test that only wants its program, and nobody has to be root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from wharfinger.cluster.paths import cache_dir

_TIMEOUT = 300.0


def program(package: str, name: str) -> Path:
    """The program of that name: the machine's own, else that of the package. Skips the test where there is neither."""
    if found := shutil.which(name):
        return Path(found)
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        pytest.skip(f"the program {name} is not here, and this is no Debian that could fetch the package {package}")
    return _unpacked(package) / "usr/bin" / name


def _unpacked(package: str) -> Path:
    """The files of a package, kept for the next run."""
    kept = cache_dir() / "debian" / package
    if kept.is_dir():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as place:
        archive = _download(package, Path(place))
        files = Path(place) / "files"
        subprocess.run(("dpkg-deb", "--extract", archive, files), check=True, capture_output=True, timeout=_TIMEOUT)
        try:
            files.rename(kept)
        except OSError:  # another run was faster
            assert kept.is_dir()
    return kept


def _download(package: str, place: Path) -> Path:
    tried = _apt("download", package, cwd=place)
    if tried.returncode and os.geteuid() == 0:
        _apt("update", cwd=place)  # the lists may be missing or old
        tried = _apt("download", package, cwd=place)
    if tried.returncode:
        pytest.skip(f"apt-get cannot fetch the package {package}: {tried.stderr.strip().splitlines()[-1:]}")
    return next(place.glob("*.deb"))


def _apt(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = ("apt-get", "--quiet", *arguments)
    return subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True, timeout=_TIMEOUT)
