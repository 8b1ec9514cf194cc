"""``wharfinger convert``: everything or nothing on standard output, findings on standard error, files and variables."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from tests.support.composing import program

from wharfinger.cli.main import invoke


@pytest.fixture(autouse=True)
def _program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHARFINGER_COMPOSE_PROGRAM", str(program()))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project's directory."""
    directory = tmp_path / "My Shop"
    directory.mkdir()
    return directory


def put(directory: Path, text: str, name: str = "compose.yaml") -> str:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text))
    return str(path)


def documents(text: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {(each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(text)}


WEB = 'services: {web: {image: "web:${TAG:-1}", restart: always, ports: ["80:8080"]}}'


def test_it_prints_workloads_and_what_is_beside_them(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["convert", put(shop, WEB), "-n", "shop"]) == 0
    out, err = capsys.readouterr()
    found = documents(out)
    assert found["ContainerWorkload", "web"]["spec"]["image"] == "web:1"
    assert found["Service", "web-published"]["spec"]["ports"][0]["port"] == 80
    assert {each["metadata"]["namespace"] for each in found.values()} == {"shop"}
    assert found["Service", "web"]["metadata"]["labels"] == {"com.docker.compose.project": "myshop"}
    assert [line for line in err.splitlines() if " info: " not in line] == []


def test_it_prints_what_workloads_stand_for(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["convert", put(shop, WEB), "--to", "kubernetes"]) == 0
    found = documents(capsys.readouterr().out)
    assert found["Deployment", "web"]["spec"]["template"]["spec"]["containers"][0]["image"] == "web:1"
    assert not [name for kind, name in found if kind == "ContainerWorkload"]


def test_findings_say_where_as_compilers_do(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = """\
        services:
          web:
            image: web
            restart: always
            umask: "0022"
    """
    assert invoke(["convert", put(shop, text)]) == 0
    out, err = capsys.readouterr()
    assert out
    assert any(line.startswith("compose.yaml:5:5: warning: services.web.umask: ") for line in err.splitlines())


def test_an_error_leaves_standard_output_empty(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "services: {web: {image: web, working_dir: www}, db: {image: db}}"
    assert invoke(["convert", put(shop, text)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "compose.yaml:1:30: error: services.web.working_dir: " in err


@pytest.mark.parametrize(
    ("text", "said"),
    [("services: {web: {image: 7}}", "image"), ("services: [", "compose.yaml"), ("a: 1", "a")],
)
def test_what_is_no_compose_file_is_refused_in_one_line(
    shop: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    assert invoke(["convert", put(shop, text)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_file_that_is_not_there_is_named(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["convert", str(shop / "compose.yaml")]) == 2
    assert "No such file" in capsys.readouterr().err


def image(text: str) -> str:
    found: str = documents(text)["ContainerWorkload", "web"]["spec"]["image"]
    return found


def test_variables_come_from_dot_env_files_and_options(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAG", "ours")
    file = put(shop, WEB)
    put(shop, "TAG=dot # newest\n", ".env")
    named = put(shop, "TAG=file\n", "other/vars")
    expected = [
        ([], "web:dot"),
        (["--env-file", named], "web:file"),
        (["--env", "TAG=given"], "web:given"),
        (["--env", "TAG"], "web:ours"),
        (["--dialect", "stack"], "web:1"),  # docker stack reads no .env
    ]
    for options, wanted in expected:
        assert invoke(["convert", file, *options]) == 0
        assert image(capsys.readouterr().out) == wanted


def test_a_variable_that_is_not_set_is_refused(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["convert", put(shop, WEB), "--env", "NOT_SET_ANYWHERE"]) == 2
    assert "NOT_SET_ANYWHERE" in capsys.readouterr().err


def test_files_that_documents_name_are_found(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(shop, "LEVEL=3\n", "conf/prod.env")
    put(shop, "services: {base: {image: 'base:4', env_file: near.env}}", "parts/base.yaml")
    put(shop, "NEAR=1\n", "parts/near.env")
    put(shop, "services: {cache: {image: cache, restart: always}}", "more/compose.yaml")
    text = """
        include: [more/compose.yaml]
        services:
          web:
            extends: {file: parts/base.yaml, service: base}
            env_file: "conf/${STAGE}.env"
            restart: always
    """
    assert invoke(["convert", put(shop, text), "--env", "STAGE=prod"]) == 0
    found = documents(capsys.readouterr().out)
    assert ("ContainerWorkload", "cache") in found
    variables = {each["name"]: each["value"] for each in found["ContainerWorkload", "web"]["spec"]["env"]}
    assert variables == {"LEVEL": "3", "NEAR": "1"}


@pytest.mark.parametrize("reference", ["../secret.env", "{}/secret.env", "link.env"])
def test_files_outside_of_the_project_are_not_read(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], reference: str
) -> None:
    put(tmp_path, "PASSWORD=hunter2\n", "secret.env")
    (shop / "link.env").symlink_to(tmp_path / "secret.env")
    text = f"services: {{web: {{image: web, env_file: '{reference.format(tmp_path)}'}}}}"
    assert invoke(["convert", put(shop, text)]) == 2
    out, err = capsys.readouterr()
    assert "hunter2" not in out + err


def test_documents_are_merged_in_their_order(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    over = put(shop, "services: {web: {image: 'web:9'}}", "override.yaml")
    assert invoke(["convert", put(shop, WEB), over]) == 0
    assert image(capsys.readouterr().out) == "web:9"


def test_profiles_turn_services_on(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = put(shop, "services: {web: {image: w, restart: always}, dev: {image: d, restart: always, profiles: [dev]}}")
    for options, wanted in (([], {"web"}), (["--profile", "dev"], {"web", "dev"})):
        assert invoke(["convert", file, *options]) == 0
        found = documents(capsys.readouterr().out)
        assert {name for kind, name in found if kind == "ContainerWorkload"} == wanted


def test_a_program_that_is_not_there_is_said(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHARFINGER_COMPOSE_PROGRAM", str(shop / "none"))
    assert invoke(["convert", put(shop, WEB)]) == 2
    assert "WHARFINGER_COMPOSE_PROGRAM" in capsys.readouterr().err


def test_options_say_what_documents_cannot(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "services: {web: {image: web, restart: always, volumes: ['data:/data']}}\nvolumes: {data: }"
    options = ["--image-pull-secret", "a", "--image-pull-secret", "b", "--service-account", "shop"]
    assert invoke(["convert", put(shop, text), *options, "--volume-retention", "Delete"]) == 0
    found = documents(capsys.readouterr().out)
    spec = found["ContainerWorkload", "web"]["spec"]
    assert spec["imagePullSecrets"] == [{"name": "a"}, {"name": "b"}]
    assert spec["serviceAccount"] == {"name": "shop"}
    assert "annotations" not in found["PersistentVolumeClaim", "data"]["metadata"]
