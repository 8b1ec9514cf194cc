"""The wheels: the one for all platforms, which needs no Go, and the one with the programs. Needs no cluster."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from tests.support.image.lock import ROOT, version

from wharfinger.cluster.programs import PROGRAMS, built
from wharfinger.cluster.toolchain import find_toolchain

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

HOOK = "HATCH_BUILD_HOOK_ENABLE_CUSTOM"


def build(directory: Path, *, sources: Path = ROOT, **environment: str) -> Path:
    """The wheel that hatchling makes. AssertionError with what it says where it fails."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(directory)]
    quiet = {key: value for key, value in os.environ.items() if key != HOOK}
    done = subprocess.run(command, cwd=sources, env=quiet | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = directory.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def platform_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel with the programs."""
    return build(tmp_path_factory.mktemp("wheel"), **{HOOK: "true"})


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_without_being_asked_it_is_for_all_platforms_and_needs_no_go(tmp_path: Path) -> None:
    """Nothing is on the PATH, and what is cached cannot be found either."""
    wheel = build(tmp_path, PATH="", WHARFINGER_CACHE=str(tmp_path / "cache"))
    assert wheel.name == f"wharfinger-{version()}-py3-none-any.whl"
    assert not [name for name in names(wheel) if "/scripts/" in name or "/sboms/" in name]
    assert "wharfinger/compose/go/main.go" in names(wheel)


def test_with_its_programs_it_is_for_any_libc(platform_wheel: Path) -> None:
    machine = os.uname().machine
    tag = f"py3-none-manylinux_2_17_{machine}.musllinux_1_1_{machine}"
    assert platform_wheel.name == f"wharfinger-{version()}-{tag}.whl"


def test_what_it_installs_is_found_and_says_its_version(platform_wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own, with the dependencies of this one."""
    home = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / "bin/python"
    install = ("install", "--quiet", "--no-deps", "--no-index", str(platform_wheel))
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), *install], check=True)
    for name in PROGRAMS:
        said = subprocess.run([home / "bin" / name, "version"], capture_output=True, text=True, check=True).stdout
        assert said.startswith(f"{name} {version()} (")
    environment = {"PYTHONPATH": sysconfig.get_path("purelib"), "PATH": "", "WHARFINGER_CACHE": str(tmp_path / "none")}
    script = "from wharfinger.cli.converting.program import program; print(program())"
    found = subprocess.run([python, "-c", script], env=environment, capture_output=True, text=True, check=True).stdout
    assert Path(found.strip()) == home / "bin/wharfinger-compose"


def test_its_bill_of_materials_names_what_go_linked_in(platform_wheel: Path) -> None:
    """Each module that the program says it has in it, and Go's own library, with a licence each."""
    with zipfile.ZipFile(platform_wheel) as archive:
        (path,) = [name for name in archive.namelist() if ".dist-info/sboms/" in name]
        bill = json.loads(archive.read(path))
    command = [find_toolchain(()).go, "version", "-m", "-json", built("wharfinger-compose")]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    linked = {f"pkg:golang/{each['Path']}@{each['Version']}" for each in told["Deps"]}
    own = {f"pkg:golang/wharfinger.dev/{each}@{version()}" for each in ("compose", "start")}
    listed = {each["purl"]: [known["license"]["id"] for known in each["licenses"]] for each in bill["components"]}
    assert listed.keys() == linked | own | {f"pkg:golang/stdlib@{told['GoVersion'].removeprefix('go')}"}
    assert all(listed.values())
    assert listed["pkg:golang/github.com/compose-spec/compose-go/v2@v2.16.2"] == ["Apache-2.0"]
    (program,) = [each for each in bill["dependencies"] if each["ref"].startswith("pkg:golang/wharfinger.dev/compose@")]
    assert linked <= set(program["dependsOn"])


def test_the_same_sources_give_the_same_bytes(platform_wheel: Path, tmp_path: Path) -> None:
    """Wherever they lie: here in a copy of what a wheel is made of."""
    sources = tmp_path / "sources"
    for name in ("controllers", "scripts/wheel"):
        shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    again = build(tmp_path, sources=sources, **{HOOK: "true"}, WHARFINGER_CACHE=str(tmp_path / "cache"))
    assert again.read_bytes() == platform_wheel.read_bytes()
