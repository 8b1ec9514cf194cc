"""A base image in the place of `python:slim`, from files of this machine: interpreter, pip, a shell, certificates."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from wharfinger.cluster.images import Directory, Entry, File, Image, Link, libraries

_STDLIB = Path(os.__file__).parent
_UNUSED = {
    "test",
    "tests",
    "idlelib",
    "lib2to3",
    "tkinter",
    "turtledemo",
    "__pycache__",
    "site-packages",
    "dist-packages",
}
_TOOLS = ("sh", "rm")
"""What the Dockerfile's commands need beside Python."""
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def base() -> Image:
    """The image. Everything is where it is on this machine; `python` is on the PATH."""
    interpreter = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    files = [interpreter, *_stdlib()]
    programs = [interpreter, *(path for path in files if path.suffix == ".so"), *_extensions()]
    entries: dict[str, Entry] = {
        **{_name(path): _file(path) for path in files},
        **{_name(interpreter.with_name(name)): Link(interpreter.name) for name in ("python", "python3")},
        **{_name(path): _file(path) for program in programs for path in map(Path, libraries(program))},
        **_pip(),
        **_tools(),
        _name(_CERTIFICATES): _file(_CERTIFICATES),
        "etc/passwd": File(b"root:x:0:0:root:/root:/bin/sh\n"),
        "etc/group": File(b"root:x:0:\n"),
        "tmp": Directory(0o1777),
    }
    return Image(entries, environment={"PATH": f"{interpreter.parent}:/bin"})


def _stdlib() -> Iterator[Path]:
    """The standard library's files, less what an operator has no use for, and what is not Python's own."""
    for directory, names, files in os.walk(_STDLIB):
        names[:] = [name for name in names if name not in _UNUSED and not name.startswith("config-")]
        yield from (
            Path(directory) / file for file in files if not file.startswith("_tkinter") and file != "EXTERNALLY-MANAGED"
        )


def _extensions() -> Iterator[Path]:
    """The extensions in this virtual environment: wheels take some libraries for granted."""
    return Path(sysconfig.get_path("platlib")).rglob("*.so")


def _pip() -> dict[str, Entry]:
    """The pip of this virtual environment, in the base's own place for packages."""
    ours = Path(sysconfig.get_path("purelib"))
    theirs = Path(sysconfig.get_path("purelib", vars={"base": sys.base_prefix}))
    packages = [path for pattern in ("pip", "pip-*.dist-info") for path in ours.glob(pattern)]
    files = [path for package in packages for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {_name(theirs / path.relative_to(ours)): _file(path) for path in files}


def _tools() -> dict[str, Entry]:
    paths = [Path("/bin") / tool for tool in _TOOLS]
    return {_name(path): _file(path) for each in paths for path in (each, *map(Path, libraries(each)))}


def _file(path: Path) -> File:
    return File(path.read_bytes(), 0o755 if os.access(path, os.X_OK) and path.stat().st_mode & 0o100 else 0o644)


def _name(path: Path) -> str:
    return str(path).lstrip("/")
