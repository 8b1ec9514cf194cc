"""The Dockerfile, built by buildah from a base of this machine and wheels fetched beforehand: an OCI image layout.

It is kept in the cache, under a name made from everything that goes into it, so that it is built once for each content.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import tests.support.image.base as machine
from tests.support.image.lock import BUILD, ROOT, RUN, version
from wharfinger.api.resource import Object
from wharfinger.cluster.images import layer
from wharfinger.cluster.paths import cache_dir
from wharfinger.cluster.programs import PROGRAMS, go_module
from wharfinger.cluster.toolchain import find_toolchain

PROGRAM = "buildah"
_SOURCES = (
    "Dockerfile",
    ".dockerignore",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    RUN.name,
    BUILD.name,
    "controllers",
    "scripts/wheel",
)
_KEPT_SECONDS = 86400.0
_BASE = "localhost/base"
_TIMEOUT = 600.0


@dataclass(frozen=True)
class Built:
    """An image, as the OCI layout that holds it."""

    layout: Path

    @property
    def manifest(self) -> Object:
        """The image's manifest."""
        return self._json(self._json(self.layout / "index.json")["manifests"][0])

    @property
    def config(self) -> Object:
        """The image's configuration, which says how it runs, and how it was made."""
        return self._json(self.manifest["config"])

    @property
    def layers(self) -> list[Path]:
        """The tar of each layer; the base is the first."""
        return [self._blob(each) for each in self.manifest["layers"]]

    def _json(self, what: Path | Object) -> Object:
        path = what if isinstance(what, Path) else self._blob(what)
        found: Object = json.loads(path.read_text())
        return found

    def _blob(self, descriptor: Object) -> Path:
        return self.layout / "blobs" / str(descriptor["digest"]).replace(":", "/")


def build() -> Built:
    """The image, from the cache or built now."""
    key = _key(_sources())

    def make(directory: Path) -> None:
        _buildah(directory, {"wheels": wheels(), "modules": modules()})

    return Built(_cached("images", key, make))


def wheels() -> Path:
    """A directory with every wheel that the locks name for this interpreter, by pip with its usual configuration."""

    def make(directory: Path) -> None:
        for lock in (RUN, BUILD):
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--only-binary", ":all:"]
            _run(*command, "--dest", str(directory), "--requirement", str(lock))

    return _cached("wheels", _key([RUN, BUILD]), make)


def modules() -> Path:
    """A directory with every Go module that the programs are made of, by Go with its usual configuration."""
    sources = [module.sources for module in (go_module(name, version()) for name in PROGRAMS)]

    def make(directory: Path) -> None:
        go = str(find_toolchain(()).go)
        environment = os.environ | {"GOMODCACHE": str(directory), "GOFLAGS": "-modcacherw"}
        for each in sources:
            _run(go, "mod", "download", directory=each, environment=environment)

    cache = _cached("modules", _key([each / "go.mod" for each in sources]), make)
    return cache / "cache/download"


def _buildah(directory: Path, contexts: Mapping[str, Path]) -> None:
    """Build the base, then the Dockerfile on it with no index and no proxy, and write the layout into `directory`."""
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".storage-") as scratch:
        storage = ("--root", f"{scratch}/root", "--runroot", f"{scratch}/run", "--storage-driver", "vfs")
        building = (PROGRAM, *storage, "build", "--quiet", "--isolation", "chroot", "--layers=false")
        context = _base_context(Path(scratch) / "base")
        _run(*building, "--tag", _BASE, str(context))
        arguments = {"BASE_IMAGE": _BASE, "PIP_NO_INDEX": "1", "GOPROXY": "off"}
        given = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        given += [f"--build-context={name}={path}" for name, path in contexts.items()]
        _run(*building, *given, "--tag", "localhost/wharfinger", str(ROOT))
        _run(PROGRAM, *storage, "push", "--quiet", "localhost/wharfinger", f"oci:{directory}")


def _base_context(directory: Path) -> Path:
    """A build context that makes the base."""
    directory.mkdir()
    image = machine.base()
    (directory / "base.tar").write_bytes(layer(image.entries))
    environment = "".join(f"ENV {name}={value}\n" for name, value in image.environment.items())
    (directory / "Dockerfile").write_text(f"FROM scratch\nADD base.tar /\n{environment}")
    return directory


def _sources() -> Iterator[Path]:
    """The files that the image is made from, and the module that makes its base."""
    yield Path(machine.__file__)
    for path in (ROOT / name for name in _SOURCES):
        found = path.rglob("*") if path.is_dir() else [path]
        yield from (each for each in found if each.is_file() and each.suffix != ".pyc")


def _key(files: Iterator[Path] | list[Path]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(files):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _cached(kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """The directory of that key; `make` fills a new one, which is renamed into place when it is whole."""
    wanted = cache_dir() / kind / key
    if not wanted.exists():
        wanted.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=wanted.parent, prefix=".making-") as scratch:
            made = Path(scratch) / key
            made.mkdir()
            make(made)
            _forget_old(wanted.parent)
            if not wanted.exists():  # else another run was as quick, with the same result
                made.rename(wanted)
    os.utime(wanted)
    return wanted


def _forget_old(directory: Path) -> None:
    """Each change of a source makes another image: those that no run has used for a day go."""
    for path in directory.iterdir():
        if time.time() - path.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def _run(*command: str, directory: Path | None = None, environment: Mapping[str, str] | None = None) -> None:
    result = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False, timeout=_TIMEOUT
    )
    said = "\n".join((result.stdout + result.stderr).splitlines()[-20:])
    assert result.returncode == 0, f"`{' '.join(command)}` failed:\n{said}"
