"""What the documentation shows besides commands that are run: commands by their own help, YAML by what reads it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.docs.pages import ROOT, SHELL, Block, blocks_of, pages
from tests.support.docs.play import is_run
from tests.support.docs.session import steps
from tests.support.docs.usage import faults, syntax_error
from tests.support.docs.yamls import Judges, check, parses

pytestmark = pytest.mark.integration

ALL = [block for page in pages() for block in blocks_of(page)]
NOT_RUN = [block for block in ALL if block.language in SHELL and not is_run(block, "simulated")]
_INLINE = re.compile(r"(?<!`)`((?:kubectl|helm|wharfinger|make) [^`\n]+)`(?!`)")
_FENCED = re.compile(r"^\s*(```|~~~).*?^\s*\1", re.MULTILINE | re.DOTALL)


def where(block: Block) -> str:
    return block.where


def of(language: str) -> list[Block]:
    return [block for block in ALL if block.language == language]


@pytest.mark.parametrize("block", NOT_RUN, ids=where)
def test_a_command_that_is_not_run_is_one(block: Block, docs_helm: Path) -> None:
    for step in steps(block):
        assert block.directives.needs == "shell" or syntax_error(step.command) is None
        assert faults(step.command, docs_helm) == [], step.where


@pytest.mark.parametrize("page", pages())
def test_commands_in_the_text_exist(page: str, docs_helm: Path) -> None:
    text = _FENCED.sub("", (ROOT / page).read_text(encoding="utf-8"))
    assert [fault for command in _INLINE.findall(text) for fault in faults(command, docs_helm)] == []


@pytest.mark.parametrize(
    "command",
    [
        "kubectl gte pods",
        "kubectl get pods --all-namespace",
        "kubectl -n shop rollout statsu deploy/web",
        "helm instal x",
        "helm install x y --waits",
        "wharfinger stauts",
        "wharfinger status --wach",
        "kubectl wharfinger cluster upp",
        "true | make demos",
    ],
)
def test_a_command_that_does_not_exist_is_found(command: str, docs_helm: Path) -> None:
    assert faults(command, docs_helm)


@pytest.mark.parametrize("block", of("yaml"), ids=where)
def test_yaml_is_taken(block: Block, judges: Judges) -> None:
    check(block, judges)


@pytest.mark.parametrize("block", of("promql"), ids=where)
def test_promql_is_taken(block: Block, judges: Judges) -> None:
    parses(block.filled, judges)
