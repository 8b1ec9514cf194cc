"""Documents as compose-go reads them, and documents that mean harm."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from tests.support.composing import program

from wharfinger.compose.parser import ComposeError, Dialect, Document, Parser, Source


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    """One program for all of them, as in the operator."""
    made = Parser(program(), timeout=60)
    yield made
    made.close()


def read(parser: Parser, text: str, *, files: dict[str, str] | None = None, **more: Any) -> Document:
    """One document, compose.yaml."""
    given = {"compose.yaml": dedent(text)} | (files or {})
    return parser.parse(Source(documents=["compose.yaml"], files=given, name="shop", **more))


def refusal(parser: Parser, text: str, **more: Any) -> str:
    """Why a document is refused."""
    with pytest.raises(ComposeError) as found:
        read(parser, text, **more)
    assert "\n" not in str(found.value)
    return str(found.value)


def test_a_document_comes_in_its_canonical_form(parser: Parser) -> None:
    project = read(parser, 'services: {web: {image: "web:1", ports: ["80:8080"], command: run --fast}}').project
    web = project["services"]["web"]
    assert web["ports"] == [{"mode": "ingress", "target": 8080, "published": "80", "protocol": "tcp"}]
    assert web["command"] == ["run", "--fast"]
    assert project["name"] == "shop"


def test_documents_are_merged_in_their_order(parser: Parser) -> None:
    files = {
        "a.yaml": "services: {web: {image: web:1, environment: {A: '1'}, ports: ['80:80']}}",
        "b.yaml": "services: {web: {image: web:2, environment: {B: '2'}, ports: !reset []}}",
    }
    web = parser.parse(Source(documents=["a.yaml", "b.yaml"], files=files, name="x")).project["services"]["web"]
    assert web["image"] == "web:2"
    assert web["environment"] == {"A": "1", "B": "2"}
    assert "ports" not in web


def test_interpolation_sees_what_it_is_given_and_nothing_of_ours(
    parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_OPERATOR", "s3cret")
    variables = '[SECRET_OF_THE_OPERATOR, "B=${SECRET_OF_THE_OPERATOR}"]'
    text = f'services: {{web: {{image: "web:${{TAG:-1}}", environment: {variables}}}}}'
    found = read(parser, text, environment={"TAG": "7"})
    assert found.project["services"]["web"]["image"] == "web:7"
    assert "s3cret" not in str(found.project)
    assert any("SECRET_OF_THE_OPERATOR" in warning for warning in found.warnings)


def test_variables_of_files_are_seen_and_told(parser: Parser) -> None:
    files = {".env": "TAG=1\nOTHER='$TAG'\n", "more.env": 'export TAG=2 # newer\nWORD="a b"\n'}
    text = "services: {web: {image: 'web:${TAG}', labels: {word: '${WORD}', given: '${GIVEN}', other: '${OTHER}'}}}"
    given = {"GIVEN": "by hand", "WORD": "mine"}
    found = read(parser, text, files=files, env_files=[".env", "more.env"], environment=given)
    assert found.project["services"]["web"]["image"] == "web:2"
    assert found.project["services"]["web"]["labels"] == {"word": "mine", "given": "by hand", "other": "$TAG"}
    assert found.environment["TAG"] == "2"


def test_env_files_extends_and_includes_are_read_from_what_is_given(parser: Parser) -> None:
    files = {
        "env/web.env": "A=1\nB=2\n",
        "base.yaml": "services: {base: {image: base:1, user: '7'}}",
        "more/compose.yaml": "services: {cache: {image: cache:1, volumes: ['./data:/data']}}",
    }
    text = """
        include: [more/compose.yaml]
        services:
          web: {extends: {file: base.yaml, service: base}, env_file: env/web.env, environment: {B: "3"}}
    """
    services = read(parser, text, files=files).project["services"]
    assert services["web"]["user"] == "7"
    assert services["web"]["environment"] == {"A": "1", "B": "3"}
    assert services["cache"]["volumes"][0]["source"] == "./more/data"


def test_profiles_choose_services(parser: Parser) -> None:
    text = "services: {web: {image: web}, debug: {image: debug, profiles: [dev]}}"
    assert set(read(parser, text).project["services"]) == {"web"}
    assert set(read(parser, text, profiles=["dev"]).project["services"]) == {"web", "debug"}


def test_it_is_known_where_everything_stands(parser: Parser) -> None:
    found = read(parser, "services:\n  web:\n    image: web\n    ports:\n      - 80:80\n")
    assert found.place("services.web.ports[0]") == ("compose.yaml", [5, 9])
    assert found.place("services.web.ports[0].target") == ("compose.yaml", [5, 9])
    assert found.place("services.web.image") == ("compose.yaml", [3, 5])
    assert found.place("nothing") is None


# Dialects (compose.md 5.2, as `docker compose config` and `docker stack config` were seen to do)

_BOTH = {"${A}": "AV", "$A": "AV", "${U:-d}": "d", "${U-d}": "d", "${E:-d}": "d", "${E-d}": "", "$$A": "$A"}


@pytest.mark.parametrize("dialect", ["compose", "stack"])
@pytest.mark.parametrize(("written", "meant"), _BOTH.items())
def test_both_dialects_agree_on(parser: Parser, dialect: Dialect, written: str, meant: str) -> None:
    assert _interpolated(parser, written, dialect) == meant


@pytest.mark.parametrize(
    ("written", "compose", "stack"),
    [
        ("${A:+x}", "x", None),
        ("${U:+x}", "", None),
        ("${E+x}", "x", None),
        ("${U:-${A}}", "AV", "${A}"),
        ("cost $5", "cost $5", None),
        ("a$", "a$", None),
        ("${}", None, None),
        ("${U:?m}", None, None),
    ],
)
def test_the_dialects_differ_on(parser: Parser, written: str, compose: str | None, stack: str | None) -> None:
    for dialect, meant in (("compose", compose), ("stack", stack)):
        if meant is None:
            with pytest.raises(ComposeError):
                _interpolated(parser, written, dialect)  # type: ignore[arg-type]
        else:
            assert _interpolated(parser, written, dialect) == meant  # type: ignore[arg-type]


def _interpolated(parser: Parser, written: str, dialect: Dialect) -> str:
    environment = {"A": "AV", "E": ""}
    text = f'services: {{web: {{image: web, labels: {{x: "{written}"}}}}}}'
    value: str = read(parser, text, environment=environment, dialect=dialect).project["services"]["web"]["labels"]["x"]
    return value


# Documents that mean harm


@pytest.mark.parametrize(
    "text",
    [
        "services: {web: {image: web, env_file: /etc/hostname}}",
        "services: {web: {image: web, env_file: ../../../../../../etc/hostname}}",
        "services: {web: {image: web, label_file: /etc/hostname}}",
        "services: {web: {extends: {file: /etc/hostname, service: a}}}",
        "include: [/etc/hostname]\nservices: {web: {image: web}}",
        "include: [{path: more.yaml, env_file: /etc/hostname}]\nservices: {web: {image: web}}",
        "include: [{path: more.yaml, env_file: '${UP}/etc/hostname'}]\nservices: {web: {image: web}}",
    ],
)
def test_files_that_were_not_given_cannot_be_read(parser: Parser, text: str) -> None:
    files = {"more.yaml": "services: {more: {image: more}}"}
    said = refusal(parser, text, files=files, environment={"UP": "../../../../../../.."})
    assert "is not among the files that were given" in said
    assert Path("/etc/hostname").read_text().strip() not in said


@pytest.mark.parametrize("path", ["../up.yaml", "/etc/cron.d/x", "a/../../b"])
def test_files_cannot_be_put_elsewhere(parser: Parser, path: str) -> None:
    assert path in refusal(parser, "services: {web: {image: web}}", files={path: "x"})


@pytest.mark.parametrize(
    "path", ["https://example.com/c.yaml", "git@example.com:a/b.git", "oci://example.com/a", "github.com/a/b.git"]
)
def test_nothing_is_fetched(parser: Parser, path: str) -> None:
    assert "nothing is fetched" in refusal(parser, f"include: ['{path}']\nservices: {{web: {{image: web}}}}")


def test_cycles_end(parser: Parser) -> None:
    assert "cycle" in refusal(parser, "include: [compose.yaml]\nservices: {web: {image: web}}")
    assert "ircular" in refusal(parser, "services: {a: {extends: b, image: a}, b: {extends: a, image: b}}")


def test_a_document_that_asks_for_too_much_memory_is_refused(parser: Parser, capfd: pytest.CaptureFixture[str]) -> None:
    """In a line; what Go's runtime has to say when it gives up is kept from whoever reads our standard error."""
    label = "'" + "${A}" * 250 + "'"
    text = f"services: {{web: {{image: x, labels: {{a: {label}, b: {label}, c: {label}}}}}}}"
    said = refusal(parser, text, environment={"A": "x" * (1 << 20)})
    assert "they ask for too much memory" in said
    assert capfd.readouterr().err == ""


def test_a_program_that_cannot_start_says_why(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho 'wharfinger-compose: the kernel has no Landlock' >&2\nexit 1\n")
    program.chmod(0o755)
    parser = Parser(program, timeout=60)
    assert refusal(parser, "services: {}").endswith("the parser ended; the kernel has no Landlock")
    parser.close()


def test_the_program_is_started_again_when_it_has_ended(parser: Parser) -> None:
    read(parser, "services: {web: {image: web}}")
    process = parser._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert read(parser, "services: {web: {image: web}}").project["services"]


def test_a_program_that_does_not_answer_is_ended(tmp_path: Path) -> None:
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 600\n")
    silent.chmod(0o755)
    parser = Parser(silent, timeout=0.2)
    assert "no answer" in refusal(parser, "services: {web: {image: web}}")
    assert parser._process is None


def test_it_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    parser = Parser(program(), timeout=60)
    read(parser, "services: {web: {image: web}}")
    [directory] = tmp_path.iterdir()
    assert list(directory.iterdir()) == []
    parser.close()
    assert list(tmp_path.iterdir()) == []
