"""What is in manifests/gitops is accepted by those it is for: Flux's CRDs, Argo CD's ConfigMap, kustomize."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from scripts.argocd import ARGOCD, files, settings
from tests.support.kustomize import ROOT, build, overlay
from tests.support.verdicts import GITOPS
from tests.support.world import World

from wharfinger.api.resource import Object

pytestmark = pytest.mark.integration

FLUX = sorted((GITOPS / "flux").glob("*.yaml"))
APPLICATIONS = sorted(path for path in ARGOCD.glob("*.yaml") if "kind: Application" in path.read_text())
ARGOCD_CM: Object = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "argocd-cm", "labels": {"app.kubernetes.io/part-of": "argocd"}},
    "data": {"url": "https://argocd.example.com"},
}
"""As an installation of Argo CD has it."""


def documents(path: Path) -> list[Object]:
    return [obj for obj in yaml.safe_load_all(path.read_text()) if obj]


def of_flux(kind: str) -> list[Object]:
    return [obj for path in FLUX for obj in documents(path) if obj["kind"] == kind]


@pytest.mark.parametrize("path", FLUX, ids=lambda path: path.name)
async def test_flux_takes_it(bare: World, path: Path) -> None:
    """By the CRDs of its controllers; of a HelmRelease there is only the Go type."""
    objects = [obj for obj in documents(path) if obj["kind"] != "HelmRelease"]
    for obj in objects:
        obj["metadata"]["namespace"] = bare.namespace
    said = await bare.kubectl(
        "apply", "--server-side", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump_all(objects)
    )
    assert said.count("applied (server dry run)") == len(objects)


def test_flux_finds_what_it_shall_apply() -> None:
    """The paths in this repository; and what the workloads wait for is what the operator is called."""
    operators = [obj for obj in of_flux("Kustomization") if obj["metadata"]["name"] == "wharfinger"]
    assert all((ROOT / obj["spec"]["path"] / "kustomization.yaml").exists() for obj in operators)
    (release,) = of_flux("HelmRelease")
    assert release["spec"]["chart"]["spec"]["chart"] == "./helm/wharfinger"
    (workloads,) = [obj for obj in of_flux("Kustomization") if obj not in operators]
    assert {each["name"] for each in workloads["spec"]["dependsOn"]} == {obj["metadata"]["name"] for obj in operators}


def test_argo_cd_finds_the_operator() -> None:
    found = {obj["metadata"]["name"]: obj["spec"]["source"] for path in APPLICATIONS for obj in documents(path)}
    assert set(found) == {"wharfinger", "shop"}
    assert (ROOT / found["wharfinger"]["path"] / "kustomization.yaml").exists()


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_what_is_made_of_the_scripts_is_up_to_date(path: Path) -> None:
    assert path.read_text() == files()[path], "`make gitops` writes it anew"


async def test_argocd_cm_keeps_what_others_have_in_it(bare: World) -> None:
    """Applied server-side, twice, as an upgrade does."""
    await bare.kubectl("create", "-f", "-", stdin=yaml.safe_dump(ARGOCD_CM))
    (ours,) = documents(ARGOCD / "argocd-cm.yaml")
    ours["metadata"]["namespace"] = bare.namespace
    for _ in range(2):
        await bare.kubectl(
            "apply", "--server-side", "--field-manager=wharfinger", "-f", "-", stdin=yaml.safe_dump(ours)
        )
    found = yaml.safe_load(await bare.kubectl("get", "configmap", "argocd-cm", "-o", "yaml"))
    assert found["data"] == ARGOCD_CM["data"] | settings()


async def test_argocd_cm_by_kustomize(bare: World, tmp_path: Path) -> None:
    """The component adds to the ConfigMap of the installation."""
    base, folder = tmp_path / "base", tmp_path / "overlay"
    base.mkdir()
    folder.mkdir()
    (base / "argocd-cm.yaml").write_text(yaml.safe_dump(ARGOCD_CM))
    (base / "kustomization.yaml").write_text(yaml.safe_dump({"namespace": "argocd", "resources": ["argocd-cm.yaml"]}))
    (built,) = await build(bare, overlay(folder, base=base, components=["gitops/argocd"]))
    assert built["data"] == ARGOCD_CM["data"] | settings()


def test_every_action_has_a_script_and_every_script_is_installed() -> None:
    """Argo CD offers an action by discovery.lua, and runs the definition of that name."""
    (actions,) = [yaml.safe_load(value) for key, value in settings().items() if ".actions." in key]
    assert {each["name"] for each in actions["definitions"]} == {"restart", "pause", "resume", "rollback"}
    for each in actions["definitions"]:
        assert f'["{each["name"]}"]' in actions["discovery.lua"]
