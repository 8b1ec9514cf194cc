"""Documents that mean harm: a clear line, soon, and nothing of the machine that reads them."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
from tests.support.composing import parser
from tests.support.harmful import WEB, Harm, harms

from wharfinger.compose.convert import Conversion, convert
from wharfinger.compose.parser import ComposeError, Source

_SOON = 30.0
"""Seconds, on a machine where much else runs; most take milliseconds."""


def _source(harm: Harm) -> Source:
    files = {"compose.yaml": harm.text, **harm.files}
    env_files = [".env"] if ".env" in files else []
    return Source(documents=["compose.yaml"], files=files, name="shop", env_files=env_files)


def _refusal(source: Source) -> str:
    """Why the parser or the conversion refuses it."""
    try:
        document = parser().parse(source)
    except ComposeError as error:
        return str(error)
    conversion: Conversion = convert(document, namespace="shop", files=source.files)
    assert conversion.refused
    assert conversion.objects == ()
    return "; ".join(finding.message for finding in conversion.findings if finding.severity == "error")


@pytest.mark.parametrize("harm", tuple(harms()), ids=lambda harm: harm.name)
def test_a_harmful_document_is_refused_soon_in_a_line(harm: Harm) -> None:
    parser().parse(Source(documents=["a"], files={"a": WEB}, name="x"))  # started, as in the operator
    start = time.monotonic()
    said = _refusal(_source(harm))
    assert time.monotonic() - start < _SOON
    assert harm.said in said
    assert "\n" not in said
    assert len(said) <= 1024
    assert not any(secret in said for secret in ("root:", "/tmp/", "goroutine", "Traceback", socket.gethostname()))


@pytest.mark.parametrize(
    "text",
    [
        "services: {{web: {{image: web, env_file: [{{path: {}, required: false}}]}}}}",
        "services: {{web: {{image: web, env_file: {}}}}}",
        "services: {{web: {{image: web, label_file: {}}}}}",
        "services: {{web: {{extends: {{file: {}, service: a}}}}}}",
        "include: [{}]\n" + WEB.replace("{", "{{").replace("}", "}}"),
        "include: [{{path: b.yaml, env_file: {}}}]\n" + WEB.replace("{", "{{").replace("}", "}}"),
    ],
)
def test_no_answer_tells_what_files_there_are(text: str, tmp_path: Path) -> None:
    there, missing = tmp_path / "there", tmp_path / "gone!"
    there.write_text("A=secret")
    answers = {path: _refusal(_with(text.format(path))) for path in (there, missing)}
    assert answers[there].replace("there", "gone!") == answers[missing]
    assert "not among the files" in answers[missing]


def _with(text: str) -> Source:
    return Source(documents=["a.yaml"], files={"a.yaml": text, "b.yaml": "services: {}"}, name="shop")


def test_ten_megabytes_are_refused_unread() -> None:
    said = _refusal(Source(documents=["a"], files={"a": "x-a: " + "a" * 10_000_000}, name="shop"))
    assert "10000005 bytes; at most" in said


def test_too_many_files_are_refused() -> None:
    files = {"compose.yaml": WEB, **{f"f{number}": "" for number in range(3000)}}
    assert "3001 files; at most" in _refusal(Source(documents=["compose.yaml"], files=files, name="shop"))


@pytest.mark.parametrize("path", ["a\0b", "a" * 5000, "../a"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    said = _refusal(Source(documents=["compose.yaml"], files={"compose.yaml": WEB, path: "x"}, name="shop"))
    assert "the path of a file must" in said
