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

from wharfinger.cluster.programs import PROGRAMS, go_module

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
    packages = [each for each in bill["components"] if each.get("purl", "").startswith("pkg:pypi/")]
    listed = {canonicalize_name(each["name"]): each["version"] for each in packages}
    listed.pop("wharfinger", None)
    assert listed == {name: pin.version for name, pin in pins(RUN).items() if pin.applies}
    about = bill["metadata"]["component"]
    assert (about["name"], about["version"], about["type"]) == ("wharfinger", version(), "application")


def test_bill_of_materials_names_the_go_programs_and_their_modules(operator_image: Built) -> None:
    """Every module that go.mod says is linked in, with its licence; the whole depends on both programs."""
    bill = json.loads(_read(operator_image, SBOM))
    listed = {each["purl"]: each for each in bill["components"] if each.get("purl", "").startswith("pkg:golang/")}
    required = (go_module("wharfinger-compose", version()).sources / "go.mod").read_text()
    direct = re.findall(r"^\t(\S+) (\S+)$", required, re.MULTILINE)
    assert len(direct) >= 4
    assert {f"pkg:golang/{path}@{number}" for path, number in direct} <= listed.keys()
    assert any(each.startswith("pkg:golang/stdlib@1.26.") for each in listed)
    assert all(known["license"]["id"] for each in listed.values() for known in each["licenses"])
    about = bill["metadata"]["component"]["bom-ref"]
    (whole,) = [each for each in bill["dependencies"] if each["ref"] == about]
    assert {f"pkg:golang/wharfinger.dev/{each}@{version()}" for each in ("compose", "start")} <= set(whole["dependsOn"])


def _program(image: Built, name: str, directory: Path) -> Path:
    path = directory / name
    path.write_bytes(_read(image, f"{HOME}/bin/{name}"))
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_need_nothing_of_the_image_that_they_run_in(operator_image: Built, tmp_path: Path, name: str) -> None:
    """They are static: no ELF interpreter is asked for. And they say what they are."""
    program = _program(operator_image, name, tmp_path)
    assert b"ld-linux" not in program.read_bytes()
    assert program.stat().st_size < 8 * MEGABYTE
    said = subprocess.run([program, "version"], check=True, capture_output=True, text=True, env={}).stdout
    assert re.fullmatch(rf"{name} {re.escape(version())} \(.*go1\.26\.\d+\)\n", said)


def test_the_start_program_installs_itself(operator_image: Built, tmp_path: Path) -> None:
    program = _program(operator_image, "wharfinger-start", tmp_path)
    (tmp_path / "there").mkdir()
    subprocess.run([program, "install", tmp_path / "there"], check=True)
    assert (tmp_path / "there" / "wharfinger-start").read_bytes() == program.read_bytes()


def test_it_is_small(operator_image: Built, ours: dict[str, tarfile.TarInfo]) -> None:
    """What it adds to its base, to be pulled and to be kept. docs/image.md says how much that is."""
    (layer,) = operator_image.layers[1:]
    assert layer.stat().st_size < 45 * MEGABYTE
    assert sum(member.size for member in ours.values()) < 160 * MEGABYTE
