"""What determines the cluster's binary, and how a build that fails is told."""

import shutil
from pathlib import Path

import pytest

from wharfinger.cluster.build import SOURCES, build, build_key, kubernetes_version, linker_flags
from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.toolchain import Toolchain, find_toolchain, parse_version

GO = Toolchain(Path("/go"), "go1.26.8")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the Go module, to change."""
    return Path(shutil.copytree(SOURCES, tmp_path / "go"))


def test_key_is_the_same_for_the_same_content_elsewhere(sources: Path) -> None:
    assert build_key(sources, GO) == build_key(SOURCES, GO)


@pytest.mark.parametrize("file", ["main.go", "go.mod", "go.sum", "demo/serve.go"])
def test_key_changes_with_each_source(sources: Path, file: str) -> None:
    before = build_key(sources, GO)
    (sources / file).write_text((sources / file).read_text() + "\n")
    assert build_key(sources, GO) != before


def test_key_changes_with_the_toolchain() -> None:
    assert build_key(SOURCES, GO) != build_key(SOURCES, Toolchain(Path("/go"), "go1.26.9"))


def test_version_is_stamped_into_both_packages_that_report_it() -> None:
    version = kubernetes_version()
    flags = linker_flags(SOURCES)
    assert f"-X=k8s.io/component-base/version.gitVersion={version}" in flags
    assert f"-X=k8s.io/client-go/pkg/version.gitVersion={version}" in flags


def test_versions_compare_by_number() -> None:
    assert parse_version("go1.26.8") >= parse_version("1.26")
    assert parse_version("go1.9") < parse_version("1.26")
    assert parse_version("devel") < parse_version("1.0")


def test_failed_build_says_what_the_compiler_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHARFINGER_CACHE", str(tmp_path / "cache"))
    module = tmp_path / "broken"
    (module / "demo").mkdir(parents=True)
    # Our own go.mod's lines, as far as the build reads them; nothing is fetched, since nothing is imported.
    (module / "go.mod").write_text("module broken\n\ngo 1.26.0\n\nexclude (\n\tk8s.io/kubernetes v1.36.1\n)\n")
    for package in (module, module / "demo"):
        (package / "main.go").write_text("package main\n\nfunc main() { undefinedFunction() }\n")
    with pytest.raises(ClusterError, match="undefined: undefinedFunction"):
        build(module)
    assert not list((tmp_path / "cache/bin").glob("[!.]*")), "a failed build left something that looks built"


def test_toolchain_that_is_too_old_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "bin/go"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho go1.19\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:/usr/bin:/bin")
    try:
        found = find_toolchain((1, 26))
    except ClusterError:
        return  # no other Go here, and none to be had: also an answer
    assert found.go != old
    assert parse_version(found.version) >= (1, 26)
