"""What `make lock` wrote, read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
RUN = ROOT / "requirements.lock"
BUILD = ROOT / "requirements-build.lock"


@dataclass(frozen=True)
class Pin:
    """One version of a package, and the hashes of the files that it may be installed from."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def version(self) -> str:
        """The pinned version. AssertionError where anything but `==` is said."""
        (specifier,) = self.requirement.specifier
        assert specifier.operator == "==", str(self.requirement)
        return specifier.version

    @property
    def applies(self) -> bool:
        """Whether it is for this interpreter and machine."""
        return self.requirement.marker is None or self.requirement.marker.evaluate()


def pins(lock: Path) -> dict[str, Pin]:
    """The pins of a lock by canonical name: a requirement a line, its hashes in the lines that continue it."""
    lines = (line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#"))
    logical = "\n".join(lines).replace("\\\n", " ").splitlines()
    found = [_pin(line.split()) for line in logical if line.strip()]
    return {canonicalize_name(pin.requirement.name): pin for pin in found}


def declared() -> list[Requirement]:
    """What the operator depends on, as pyproject.toml says."""
    return [Requirement(text) for text in _project()["project"]["dependencies"]]


def declared_for_build() -> list[Requirement]:
    """What the Dockerfile builds with."""
    return [Requirement(text) for text in _project()["dependency-groups"]["image"]]


def version() -> str:
    """The version of the project."""
    return str(_project()["project"]["version"])


def _pin(words: list[str]) -> Pin:
    hashes = tuple(word.removeprefix("--hash=") for word in words if word.startswith("--hash="))
    return Pin(Requirement(" ".join(word for word in words if not word.startswith("--hash="))), hashes)


def _project() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())
