"""What is in the operator's image, and what is not."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
from importlib.metadata import version as installed_version
from importlib.util import cache_from_source
from pathlib import Path, PurePosixPath
from typing import IO

import pytest
from packaging.utils import canonicalize_name
from tests.support.image.build import Built
from tests.support.image.lock import RUN, pins, version

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]  # the first to ask for the image builds it

HOME = "opt/wharfinger"
SBOM = f"{HOME}/sbom.cdx.json"
MEGABYTE = 1_000_000
WHITEOUT = ".wh."
"""What a layer calls a file that it takes away from those below (image-spec, "Whiteouts")."""


@pytest.fixture(scope="module")
def ours(operator_image: Built) -> dict[str, tarfile.TarInfo]:
    """The entries of the layer that the Dockerfile adds to its base."""
    with tarfile.open(operator_image.layers[-1]) as archive:
        return {member.name.removeprefix("./"): member for member in archive.getmembers()}


@pytest.fixture(scope="module")
def visible(operator_image: Built) -> set[str]:
    """The files that a container sees: the layers, one over the other."""
    seen: set[str] = set()
    for layer in operator_image.layers:
        with tarfile.open(layer) as archive:
            names = {member.name.removeprefix("./") for member in archive.getmembers() if not member.isdir()}
        gone = {name.replace(WHITEOUT, "", 1) for name in names if PurePosixPath(name).name.startswith(WHITEOUT)}
        seen = {name for name in seen if not _is_below(name, gone)} | {name for name in names if WHITEOUT not in name}
    return seen


def _is_below(name: str, removed: set[str]) -> bool:
    return any(str(path) in removed for path in (PurePosixPath(name), *PurePosixPath(name).parents))


def _read(image: Built, name: str) -> bytes:
    with tarfile.open(image.layers[-1]) as archive:
        file: IO[bytes] | None = archive.extractfile(name)
        assert file is not None
        return file.read()


def test_it_runs_the_operator_as_nobody(operator_image: Built) -> None:
    config = operator_image.config["config"]
    assert config["User"] == "65532:65532"
    assert (config["Entrypoint"], config["Cmd"]) == (["wharfinger"], ["run"])
    assert f"/{HOME}/bin" in dict(each.split("=", 1) for each in config["Env"])["PATH"].split(":")


def test_it_says_what_it_is(operator_image: Built) -> None:
    labels = operator_image.config["config"]["Labels"]
    prefix = "org.opencontainers.image."
    said = {name.removeprefix(prefix): value for name, value in labels.items() if name.startswith(prefix)}
    assert said["version"] == version() == installed_version("wharfinger")
    assert said["licenses"] == "Apache-2.0"
    assert said.keys() >= {"title", "description", "base.name"}


def test_nothing_in_it_installs_or_compiles(visible: set[str]) -> None:
    """The base had pip; and the embedded cluster's Go sources are in the package, but no Go is."""
    assert not [name for name in visible if "/site-packages/pip/" in name or "/ensurepip/" in name]
    programs = {PurePosixPath(name).name for name in visible if re.search(r"(^|/)s?bin/", name)}
    assert "wharfinger" in programs
    assert not programs & {"pip", "pip3", "hatchling", "cyclonedx-py", "gcc", "cc", "go", "make", "git"}
    assert any(name.endswith("wharfinger/cluster/go/main.go") for name in visible)


def test_nothing_in_it_can_be_written_by_whom_it_runs_as(ours: dict[str, tarfile.TarInfo]) -> None:
    assert {member.uid for member in ours.values()} == {0}
    assert not [name for name, member in ours.items() if not member.issym() and member.mode & 0o022 and name != "tmp"]


def test_every_module_of_it_is_compiled(ours: dict[str, tarfile.TarInfo]) -> None:
    """Nothing could be, once it runs."""
    modules = [name for name in ours if name.startswith(HOME) and name.endswith(".py")]
    assert len(modules) > 1000
    assert [name for name in modules if cache_from_source(name) not in ours] == []


def test_bill_of_materials_is_the_lock(operator_image: Built) -> None:
    """Every package of the lock that is for this machine, in that version; and nothing that the lock does not know."""
    bill = json.loads(_read(operator_image, SBOM))
    assert bill["bomFormat"] == "CycloneDX"
    listed = {canonicalize_name(each["name"]): each["version"] for each in bill["components"]}
    listed.pop("wharfinger", None)
    assert listed == {name: pin.version for name, pin in pins(RUN).items() if pin.applies}
    about = bill["metadata"]["component"]
    assert (about["name"], about["version"], about["type"]) == ("wharfinger", version(), "application")


def test_the_start_program_needs_nothing_of_the_image_that_it_runs_in(operator_image: Built, tmp_path: Path) -> None:
    """It is static: no ELF interpreter is asked for. And it runs."""
    program = tmp_path / "wharfinger-start"
    program.write_bytes(_read(operator_image, f"{HOME}/bin/wharfinger-start"))
    program.chmod(0o755)
    assert b"ld-linux" not in program.read_bytes()
    (tmp_path / "there").mkdir()
    subprocess.run([program, "install", tmp_path / "there"], check=True)
    assert (tmp_path / "there" / "wharfinger-start").read_bytes() == program.read_bytes()
    assert program.stat().st_size < 8 * MEGABYTE


def test_it_is_small(operator_image: Built, ours: dict[str, tarfile.TarInfo]) -> None:
    """What it adds to its base, to be pulled and to be kept. docs/image.md says how much that is."""
    (layer,) = operator_image.layers[1:]
    assert layer.stat().st_size < 45 * MEGABYTE
    assert sum(member.size for member in ours.values()) < 160 * MEGABYTE
