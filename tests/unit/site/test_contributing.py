"""CONTRIBUTING.md: what it names is there, and the map of the house is whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "controllers/wharfinger"

PATH = re.compile(r"`(?:UPDATE_GOLDEN=1 |\.venv/bin/pytest )*([\w.-]+(?:/[\w.-]+)*/?)`")
TARGET = re.compile(r"`make ([a-z -]+)`|^\$ make ([a-z-]+)", re.MULTILINE)


def named() -> set[str]:
    """Everything in code that looks like a path: with a slash, or with the ending of a file."""
    found = (path for path in PATH.findall(TEXT) if re.search(r"/|\w\.(py|md|yml|yaml|json|mod)$", path))
    return {path for path in found if not path.startswith("wharfinger.dev/")}


def house() -> Iterator[Path]:
    """The paths of the map, an indented one within the one above."""
    block = re.search(r"## The house\n\n```text\n(.*?)```", TEXT, re.DOTALL)
    assert block
    above = ROOT
    for line in block[1].splitlines():
        path = line.split()[0]
        above = above if line.startswith(" ") else ROOT / path
        yield above / path if line.startswith(" ") else above


@pytest.mark.parametrize("path", sorted(named()))
def test_what_is_named_is_there(path: str) -> None:
    places = (ROOT, PACKAGE / "api", PACKAGE / "render", PACKAGE / "cli", ROOT / "helm/wharfinger")
    assert any((place / path).exists() for place in places)


def test_many_paths_are_named() -> None:
    assert {"controllers/wharfinger/render/pod_template.py", "docs/howto/", "operation.py"} <= named()


def test_the_map_shows_what_is_there() -> None:
    shown = set(house())
    missing = [path for path in shown if not path.exists()]
    assert missing == []
    assert {path for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()} <= shown
    folders = {path for path in (ROOT / "tests").iterdir() if path.is_dir() and not path.name.startswith(("_", "."))}
    assert folders <= shown


def test_targets_of_make_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {word for match in TARGET.findall(TEXT) for word in " ".join(match).split()}
    assert {"crds", "reference", "lint", "unit", "docs"} <= targets
    assert [word for word in targets if f"\n{word}:" not in makefile] == []


def test_the_words_that_it_builds_on_are_there() -> None:
    for name, module in {
        "SPEC_RULES": "api/containerworkload.py",
        "DnsLabel": "api/model.py",
        "Duration": "api/model.py",
        "IntOrPercent": "api/model.py",
        "_base": "render/pod_template.py",
        "present": "render/pod_template.py",
        "RULES": "render/findings/operation.py",
    }.items():
        assert f"`{name}`" in TEXT
        assert re.search(rf"\b{name}\b", (PACKAGE / module).read_text(encoding="utf-8")), name
