"""The krew plugin: an archive that holds the whole command line, and the manifest that names it. Needs no cluster."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from wharfinger.cli.main import invoke

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]
"""The archive takes half a minute to build on a quiet machine, and is made of some sixty wheels."""

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / "krew/wharfinger.yaml"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a release builds, for this Python only."""
    out = tmp_path_factory.mktemp("krew")
    command = [sys.executable, "scripts/krew", "--output", str(out), "--uri-base", out.as_uri()]
    subprocess.run(command, cwd=ROOT, check=True, timeout=800)
    return out


def platforms(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text())["spec"]["platforms"]
    return found


def test_the_manifest_is_one_by_krews_rules() -> None:
    """Source: https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest."""
    manifest = yaml.safe_load(MANIFEST.read_text())
    assert manifest["apiVersion"] == "krew.googlecontainertools.github.com/v1alpha2"
    assert manifest["kind"] == "Plugin"
    assert manifest["metadata"]["name"] == MANIFEST.stem
    assert manifest["spec"]["version"].startswith("v")
    assert len(manifest["spec"]["shortDescription"]) <= 50
    assert not manifest["spec"]["shortDescription"].endswith(".")
    for each in platforms(MANIFEST):
        assert each.keys() == {"selector", "uri", "sha256", "bin"}
        assert each["selector"]["matchLabels"].keys() == {"os", "arch"}
        assert each["uri"].endswith(".tar.gz")


def test_the_manifest_names_the_archive_and_its_checksum(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = yaml.safe_load((built / "wharfinger.yaml").read_text())
    invoke(["version", "--short"])
    assert manifest["spec"]["version"] == f"v{capsys.readouterr().out.strip()}"
    [platform] = platforms(built / "wharfinger.yaml")
    archive = Path(platform["uri"].removeprefix("file://"))
    assert archive.parent == built
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == platform["sha256"]
    with tarfile.open(archive) as tar:
        assert {entry.name: oct(entry.mode) for entry in tar} == {"kubectl-wharfinger": "0o755", "LICENSE": "0o644"}


def test_kubectl_runs_what_the_archive_holds(built: Path, tmp_path: Path) -> None:
    """As krew sets it up: unpacked somewhere, with a link on the PATH. Nothing of this environment is used."""
    [platform] = platforms(built / "wharfinger.yaml")
    with tarfile.open(platform["uri"].removeprefix("file://")) as tar:
        tar.extractall(tmp_path / "store", filter="data")
    path = tmp_path / "bin"
    path.mkdir()
    (path / "kubectl-wharfinger").symlink_to(tmp_path / "store" / platform["bin"])
    (path / "python3").symlink_to(os.path.realpath(sys.executable))
    environment = {"PATH": f"{path}:{os.environ['PATH']}", "HOME": str(tmp_path), "PEX_ROOT": str(tmp_path / "pex")}

    def kubectl(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["kubectl", "wharfinger", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)

    shown = kubectl("version")
    assert (shown.returncode, shown.stdout.split()[0]) == (0, "wharfinger"), shown.stderr
    assert "Usage: kubectl wharfinger " in kubectl("--help").stdout
    wrong = kubectl("stauts")
    assert (wrong.returncode, wrong.stderr.startswith("kubectl wharfinger: ")) == (2, True)
