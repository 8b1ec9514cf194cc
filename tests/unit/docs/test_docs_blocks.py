"""Every fenced block of the documentation has a place in the tests, and each comment above one is understood."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.support.docs.directives import GIVEN, Directives, NotUnderstoodError, parse
from tests.support.docs.pages import OTHER, ROOT, SHELL, Block, blocks_in, blocks_of, pages
from tests.support.docs.play import is_run
from tests.support.docs.session import NoCommandError, steps

ALL = [block for page in pages() for block in blocks_of(page)]
COMMANDS = [block for block in ALL if block.language in SHELL]


def of(language: str) -> list[Block]:
    return [block for block in ALL if block.language == language]


def where(block: Block) -> str:
    return block.where


def test_every_fence_is_found() -> None:
    """Counted in another way than they are read."""
    for page in pages():
        fences = re.findall(r"^\s*(?:```|~~~)", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(blocks_of(page)), page


@pytest.mark.parametrize("block", ALL, ids=where)
def test_each_block_says_its_language(block: Block) -> None:
    assert block.language in SHELL | OTHER, f"{block.where}: one of {sorted(SHELL | OTHER)}"


@pytest.mark.parametrize("block", COMMANDS, ids=where)
def test_no_command_is_left_out(block: Block) -> None:
    """Run on one kind of node at least, or covered by a test that exists, or with one of the few reasons not to be."""
    said = block.directives
    run = any(is_run(block, node) for node in ("simulated", "real"))
    assert run + bool(said.covered_by) + bool(said.needs) >= 1
    assert not (run and said.covered_by)
    assert steps(block)


@pytest.mark.parametrize("block", [each for each in ALL if each.directives.covered_by], ids=where)
def test_a_test_that_is_said_to_cover_a_block_exists(block: Block) -> None:
    path, _, name = block.directives.covered_by.partition("::")
    assert (ROOT / path).is_file() or (ROOT / path).is_dir(), path
    assert not name or re.search(rf"^(async )?def {name}\b", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("block", [each for each in ALL if each.directives.values], ids=where)
def test_a_placeholder_that_has_a_value_is_there(block: Block) -> None:
    for name in block.directives.values:
        assert re.search(rf"\b{name}\b", block.text), name


@pytest.mark.parametrize("block", of("json"), ids=where)
def test_json_is_json(block: Block) -> None:
    json.loads(block.filled)


@pytest.mark.parametrize("block", of("python"), ids=where)
def test_python_compiles_and_imports_what_exists(block: Block) -> None:
    compile(block.filled, block.where, "exec")
    imports = [line for line in block.filled.splitlines() if re.match(r"(from|import) ", line)]
    exec("\n".join(imports), {})


def test_every_script_that_prepares_is_used() -> None:
    assert {name for block in ALL for name in block.directives.given} == {path.stem for path in GIVEN.glob("*.sh")}


# The reader itself


def block(text: str) -> Block:
    (found,) = blocks_in(text, "page.md")
    return found


def test_a_comment_belongs_to_the_block_below_it() -> None:
    found = list(blocks_in("<!-- docs-test: needs=engine -->\n```sh\ntrue\n```\n\n```sh\nfalse\n```\n", "page.md"))
    assert [each.directives.needs for each in found] == ["engine", ""]
    assert [each.where for each in found] == ["page.md:3", "page.md:7"]


def test_a_block_in_a_list_loses_its_indentation() -> None:
    assert block("- so:\n\n  ```console\n  $ true\n    more\n  ```\n").text == "$ true\n  more\n"


@pytest.mark.parametrize(
    "text",
    [
        "<!-- docs-test: needs=patience -->\n```sh\n```\n",
        "<!-- docs-test: need=engine -->\n```sh\n```\n",
        "<!-- docs-test: needs -->\n```sh\n```\n",
        "<!-- docs-test: given=nothing-of-that-name -->\n```sh\n```\n",
        "<!-- docs-test: exit=one -->\n```sh\n```\n",
        "<!-- docs-test: needs=engine -->\ntext\n",
        "<!-- docs-test: needs=engine -->\n",
        "<!-- docs-test: on=real -->\n<!-- docs-test: needs=engine -->\n```sh\n```\n",
    ],
)
def test_a_comment_that_nobody_understands_is_refused(text: str) -> None:
    with pytest.raises(NotUnderstoodError):
        list(blocks_in(text, "page.md"))


def test_a_block_without_a_comment_is_run() -> None:
    assert parse("") == Directives()
    assert is_run(block("```console\n$ true\n```\n"), "simulated")
    assert not is_run(block("```console\n$ true\n```\n"), "real")


def test_commands_go_on_after_a_backslash_and_to_the_end_of_a_here_document() -> None:
    found = steps(block("```console\n$ one \\\n    more\nsaid\n$ two <<'END'\nbody\nEND\nother\n```\n"))
    assert [(each.command, each.output) for each in found] == [
        ("one \\\n    more", ("said",)),
        ("two <<'END'\nbody\nEND", ("other",)),
    ]
    assert [each.where for each in found] == ["page.md:2", "page.md:5"]


def test_commands_go_on_in_quotes() -> None:
    found = steps(block("```console\n$ one '{\n}'  # it's one\nsaid\n```\n"))
    assert [(each.command, each.output) for each in found] == [("one '{\n}'  # it's one", ("said",))]


def test_placeholders_are_filled_in_whole_words_only() -> None:
    found = block("<!-- docs-test: NAME=web -->\n```console\n$ get NAME $NAME NAMES\n```\n")
    assert [each.command for each in steps(found)] == ["get web $NAME NAMES"]


def test_a_session_begins_with_a_prompt() -> None:
    with pytest.raises(NoCommandError, match=r"page.md:2: .*kubectl get"):
        steps(block("```console\nkubectl get\n```\n"))


def test_pages_are_found_wherever_they_are() -> None:
    assert {"README.md", "CONTRIBUTING.md", "docs/cli.md"} <= set(pages())
    assert all(Path(ROOT / page).is_file() for page in pages())
