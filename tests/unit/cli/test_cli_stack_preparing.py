"""From files to a Stack: which variables and files come along, what is told, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.composing import program

from wharfinger.cli.converting.reading import Asked, gathered
from wharfinger.cli.errors import BadInputError
from wharfinger.cli.stack.bundle import SECRETS_DOCUMENT, Bundle, Settings
from wharfinger.cli.stack.preparing import legal_name, mentioned, prepared, project_stack

SHOP = ("prod", "shop")

WEB = """\
services:
  web:
    image: "web:${TAG:-1}"
    restart: always
"""
WITH_SECRET = f"""\
{WEB}    secrets: [db]
secrets: {{db: {{file: ./db.txt}}}}
"""


@pytest.fixture(autouse=True)
def _program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHARFINGER_COMPOSE_PROGRAM", str(program()))


def put(directory: Path, text: str, name: str = "compose.yaml") -> str:
    (directory / name).write_text(text)
    return str(directory / name)


def made(*files: str, settings: Settings | None = None, **asked: Any) -> Bundle:
    return prepared(gathered(Asked(files=files, **asked)), settings or Settings(), SHOP)


def env(bundle: Bundle) -> dict[str, str]:
    return {each["name"]: each["value"] for each in bundle.stack["spec"].get("env", ())}


def test_documents_go_as_they_are_in_their_order(tmp_path: Path) -> None:
    over = "services: {web: {image: 'web:9'}}  # newer\n"
    found = made(put(tmp_path, WEB), put(tmp_path, over, "over.yaml")).stack["spec"]["documents"]
    assert [(each["name"], each["content"]) for each in found] == [("compose.yaml", WEB), ("over.yaml", over)]


def test_only_variables_that_the_documents_name_come_along(tmp_path: Path) -> None:
    file = put(tmp_path, WEB)
    put(tmp_path, "TAG=$MAJOR.4\nMAJOR=1\nPASSWORD=hunter2\n", ".env")
    assert env(made(file)) == {"TAG": ".4"}
    put(tmp_path, "MAJOR=1\nTAG=$MAJOR.4\nPASSWORD=hunter2\n", ".env")
    assert env(made(file)) == {"TAG": "1.4"}
    assert "hunter2" not in str(made(file).stack)
    assert env(made(file, env=["TAG=2", "MORE=x"])) == {"TAG": "2", "MORE": "x"}


def test_variables_that_a_container_takes_over_come_along(tmp_path: Path) -> None:
    file = put(tmp_path, WEB + "    environment: [LEVEL]\n")
    assert env(made(file, env_files=[put(tmp_path, "LEVEL=3\nOTHER=1\n", "vars")])) == {"LEVEL": "3"}


@pytest.mark.parametrize(
    ("text", "found"), [("a: ${TAG}", True), ("- TAG", True), ("a: $TAG-x", True), ("TAGS", False), ("MY_TAG", False)]
)
def test_a_variable_is_mentioned_as_a_word(text: str, found: bool) -> None:
    assert mentioned("TAG", [text]) is found


def test_the_shell_is_not_looked_at_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TAG", "hidden-value")
    file = put(tmp_path, WEB)
    assert env(made(file)) == {}
    said = capsys.readouterr().err
    assert "TAG is set in your shell, and not used: --env TAG passes it on" in said
    assert "hidden-value" not in said
    assert env(made(file, env=["TAG"])) == {"TAG": "hidden-value"}
    assert "not used" not in capsys.readouterr().err


def test_files_that_documents_name_come_along_and_no_others(tmp_path: Path) -> None:
    put(tmp_path, "A=1\n", "web.env")
    put(tmp_path, "x", "other.txt")
    found = made(put(tmp_path, WEB + "    env_file: web.env\n")).stack["spec"]["files"]
    assert found == [{"path": "web.env", "content": "A=1\n"}]


def test_dot_env_comes_along_only_where_a_service_names_it(tmp_path: Path) -> None:
    put(tmp_path, "A=1\n", ".env")
    assert "files" not in made(put(tmp_path, WEB)).stack["spec"]
    found = made(put(tmp_path, WEB + "    env_file: .env\n")).stack["spec"]
    assert found["files"] == [{"path": ".env", "content": "A=1\n"}]


def test_a_secrets_file_becomes_a_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, "hunter2", "db.txt")
    found = made(put(tmp_path, WITH_SECRET))
    assert [each["kind"] for each in found.brought] == ["Secret"]
    assert "files" not in found.stack["spec"]
    assert found.stack["spec"]["documents"][-1]["name"] == SECRETS_DOCUMENT
    assert "must be in the namespace" not in capsys.readouterr().err  # we bring it


def test_a_secret_that_would_lie_open_elsewhere_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "A=hunter2", "db.txt")
    configs = WITH_SECRET + "configs: {db: {file: ./db.txt}}\n"
    variable = WITH_SECRET.replace("file: ./db.txt", "environment: PASSWORD") + "x-it: ${PASSWORD}\n"
    variable = variable.replace("    secrets: [db]\n", "    secrets: [db]\n    environment: [PASSWORD]\n")
    used = configs.replace("    secrets: [db]\n", "    secrets: [db]\n    configs: [db]\n")
    with pytest.raises(BadInputError, match="lie open"):
        made(put(tmp_path, used))
    with pytest.raises(BadInputError, match="lie open"):
        made(put(tmp_path, variable), env=["PASSWORD=hunter2"])


def test_an_error_is_told_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadInputError, match="nothing was written"):
        made(put(tmp_path, WEB + "    working_dir: www\n"))
    assert "compose.yaml:5:5: error: services.web.working_dir: " in capsys.readouterr().err


def test_scale_is_for_services_that_there_are(tmp_path: Path) -> None:
    file = put(tmp_path, WEB)
    documents = made(file, settings=Settings(scale={"web": 3})).stack["spec"]["documents"]
    assert "replicas: 3" in documents[-1]["content"]
    with pytest.raises(BadInputError, match="--scale api"):
        made(file, settings=Settings(scale={"api": 3}))


@pytest.mark.parametrize(
    ("text", "asked", "name"),
    [
        (WEB, {}, "my-shop"),
        (f"name: blog\n{WEB}", {}, "blog"),
        (f"name: blog\n{WEB}", {"project_name": "Third_One"}, "third-one"),
    ],
)
def test_a_stack_is_called_as_its_project(tmp_path: Path, text: str, asked: dict[str, str], name: str) -> None:
    directory = tmp_path / "my_shop"
    directory.mkdir()
    assert project_stack(gathered(Asked(files=[put(directory, text)], **asked))) == name  # type: ignore[arg-type]


def test_a_stacks_name_is_one_of_kubernetes() -> None:
    assert legal_name("shop-2") == "shop-2"
    for name in ("Shop", "my_shop", "2shop", "shop-", "", "s" * 60):
        with pytest.raises(BadInputError, match="is no name of a Stack"):
            legal_name(name)
