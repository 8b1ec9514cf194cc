"""``wharfinger convert --to helm`` and ``--to kustomize``: what the tools make of it is what `convert` prints."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support import helm
from tests.support.composing import program
from tests.unit.compose.compose_cases import cases

from wharfinger.cli.converting import helm as packed
from wharfinger.cli.converting import kustomize, writing
from wharfinger.cli.converting.images import Image, image
from wharfinger.cli.main import invoke

pytestmark = pytest.mark.integration

Objects = dict[tuple[str, str], dict[str, Any]]

COMPOSE = """
services:
  web:
    image: registry.example.com:5000/shop/web:1.4
    restart: always
    deploy: {replicas: 3}
    volumes: ["data:/data"]
    environment: {TEMPLATE: "{{ .Values.secret }}", LIST: "a, b"}
    configs: [{source: page, target: /page}]
    ports: ["80:8080"]
  proxy: {image: "registry.example.com/shop/proxy", network_mode: "service:web", restart: always}
  idle: {image: "idle@sha256:%s", restart: always, deploy: {replicas: 0}}
  once: {image: "once:1", restart: "no"}
volumes:
  data:
configs:
  page: {content: "{{ range .Files }}x{{ end }}\\n\\n"}
""" % ("0" * 64)


@pytest.fixture(autouse=True)
def _program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHARFINGER_COMPOSE_PROGRAM", str(program()))


@pytest.fixture
def document(tmp_path: Path) -> str:
    path = tmp_path / "compose.yaml"
    path.write_text(COMPOSE)
    return str(path)


def _objects(text: str) -> Objects:
    return {(each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(text) if each}


def _converted(document: str, kinds: str, capsys: pytest.CaptureFixture[str]) -> Objects:
    assert invoke(["convert", document, "--to", kinds, "-n", "shop", "-p", "shop"]) == 0
    return _objects(capsys.readouterr().out)


def _pack(document: str, to: str, directory: Path, *options: str) -> int:
    return invoke(
        ["convert", document, "--to", to, "--output-dir", str(directory), "-n", "shop", "-p", "shop", *options]
    )


def _helm(tmp_path: Path, *arguments: str) -> str:
    homes = {f"HELM_{kind}_HOME": str(tmp_path / "helm") for kind in ("CACHE", "CONFIG", "DATA")}
    return _output(helm.program(4), *arguments, environment=homes | {"KUBECONFIG": os.devnull})


def _output(*command: str | Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ | (environment or {}))
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.mark.parametrize("kinds", ["workloads", "kubernetes"])
def test_a_chart_renders_what_convert_prints(
    document: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], kinds: str
) -> None:
    chart = tmp_path / "chart"
    assert _pack(document, "helm", chart, "--kinds", kinds) == 0
    assert capsys.readouterr().out == ""
    _helm(tmp_path, "lint", str(chart))
    rendered = _objects(_helm(tmp_path, "template", "shop", str(chart), "-n", "shop", *helm.offline()))
    assert rendered == _converted(document, kinds, capsys)


def test_every_golden_project_comes_out_of_its_chart_and_its_base(tmp_path: Path) -> None:
    for case in cases():
        found = case.converted()
        if found.refused:
            continue
        folder, objects = tmp_path / case.name, list(found.objects)
        writing.write(folder / "chart", packed.chart("shop", objects), force=False)
        writing.write(folder / "base", kustomize.base(objects), force=False)
        meant = {(each["kind"], each["metadata"]["name"]): each for each in objects}
        chart = _helm(tmp_path, "template", "shop", str(folder / "chart"), "-n", "shop", *helm.offline())
        assert _objects(chart) == meant, case.name
        assert _built(folder / "base") == meant, case.name


@pytest.mark.parametrize(("kinds", "kind"), [("workloads", "ContainerWorkload"), ("kubernetes", "Deployment")])
def test_values_of_a_chart_say_images_replicas_and_volumes(
    document: str, tmp_path: Path, kinds: str, kind: str
) -> None:
    chart = tmp_path / "chart"
    assert _pack(document, "helm", chart, "--kinds", kinds) == 0
    settings = (
        "services.web.image.tag=2",
        "services.proxy.image.tag=7",
        "services.web.replicas=0",
        "services.idle.replicas=5",
        "volumes.data.size=9Gi",
        "volumes.data.storageClassName=fast",
    )
    options = [word for each in settings for word in ("--set", each)]
    rendered = _objects(_helm(tmp_path, "template", "shop", str(chart), *helm.offline(), *options))
    web, idle = rendered[kind, "web"]["spec"], rendered[kind, "idle"]["spec"]
    assert (web["replicas"], idle["replicas"]) == (0, 5)
    assert "registry.example.com:5000/shop/web:2" in yaml.safe_dump(web)
    assert "registry.example.com/shop/proxy:7" in yaml.safe_dump(web)
    claim = rendered["PersistentVolumeClaim", "data"]["spec"]
    assert (claim["resources"]["requests"]["storage"], claim["storageClassName"]) == ("9Gi", "fast")


def _built(directory: Path) -> Objects:
    return _objects(_output("kubectl", "kustomize", directory))


@pytest.mark.parametrize("kinds", ["workloads", "kubernetes"])
def test_a_base_builds_what_convert_prints(
    document: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], kinds: str
) -> None:
    base = tmp_path / "base"
    assert _pack(document, "kustomize", base, "--kinds", kinds) == 0
    capsys.readouterr()
    assert _built(base) == _converted(document, kinds, capsys)


def test_an_image_of_a_base_is_set_anew_in_workloads_too(document: str, tmp_path: Path) -> None:
    base = tmp_path / "base"
    assert _pack(document, "kustomize", base) == 0
    path = base / "kustomization.yaml"
    content = yaml.safe_load(path.read_text())
    for each in content["images"]:
        each.pop("digest", None)
        each["newTag"] = "9"
    path.write_text(yaml.safe_dump(content))
    web = _built(base)["ContainerWorkload", "web"]["spec"]
    assert web["image"] == "registry.example.com:5000/shop/web:9"
    assert {each.get("image") for each in web["pod"]["containers"]} == {None, "registry.example.com/shop/proxy:9"}


def test_what_a_person_changed_is_left_alone(document: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chart = tmp_path / "chart"
    assert _pack(document, "helm", chart) == 0
    assert _pack(document, "helm", chart) == 0, "what we wrote is ours to write again"
    values = chart / "values.yaml"
    values.write_text(values.read_text() + "mine: true\n")
    capsys.readouterr()
    assert _pack(document, "helm", chart) == 2
    assert str(values) in capsys.readouterr().err
    assert values.read_text().endswith("mine: true\n")
    assert _pack(document, "helm", chart, "--force") == 0
    assert "mine" not in values.read_text()


def test_what_is_no_longer_made_goes_unless_it_is_anothers(document: str, tmp_path: Path) -> None:
    base = tmp_path / "base"
    assert _pack(document, "kustomize", base) == 0
    (base / "own.yaml").write_text("kind: Own\n")
    Path(document).write_text("services: {web: {image: web, restart: always}}")
    assert _pack(document, "kustomize", base) == 0
    assert {path.name for path in base.iterdir()} == {
        "containerworkload-web.yaml", "kustomization.yaml", "kustomizeconfig.yaml", "own.yaml", "service-web.yaml",
    }  # fmt: skip


@pytest.mark.parametrize("options", [["--to", "helm"], ["--to", "kustomize"], ["--output-dir", "somewhere"]])
def test_a_directory_belongs_to_charts_and_bases(
    document: str, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert invoke(["convert", document, *options]) == 2
    assert "--output-dir" in capsys.readouterr().err


def test_an_error_writes_no_file(document: str, tmp_path: Path) -> None:
    Path(document).write_text("services: {web: {image: web, working_dir: www}}")
    assert _pack(document, "helm", tmp_path / "chart") == 2
    assert not (tmp_path / "chart").exists()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("web", Image("web")),
        ("web:1", Image("web", "1")),
        ("localhost:5000/web", Image("localhost:5000/web")),
        ("r.example.com:5000/a/b:1.4@sha256:00", Image("r.example.com:5000/a/b", "1.4", "sha256:00")),
    ],
)
def test_an_image_is_taken_apart(text: str, parts: Image) -> None:
    assert image(text) == parts
