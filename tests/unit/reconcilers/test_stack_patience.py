"""Documents whose parser gives no answer are left alone for longer each time; those that it reads, it reads once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wharfinger.reconcilers.stack.conversion import Converter
from wharfinger.reconcilers.stack.patience import FIRST, LONGEST, Patience
from wharfinger.reconcilers.stack.reading import Stack, parse
from wharfinger.reconcilers.stack.sources import gather

STARTS = "starts"


class Clock:
    """Stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A parser that dies at once, and leaves a line each time."""
    made = tmp_path / "parser"
    made.write_text(f"#!/bin/sh\necho >>'{tmp_path / STARTS}'\nexit 1\n")
    made.chmod(0o755)
    return made


def _stack(compose: Any = "services: {web: {image: web}}") -> Stack:
    metadata = {"name": "shop", "namespace": "default", "uid": "1", "generation": 1}
    return parse({"metadata": metadata, "spec": {"compose": compose}})


def _starts(program: Path) -> int:
    return len((program.parent / STARTS).read_text().splitlines())


async def test_a_parser_that_dies_is_asked_again_ever_more_seldom(clock: Clock, program: Path) -> None:
    converter, stack = Converter(lambda: program, clock=clock), _stack()
    for number, wait in enumerate([60, 120, 240, 480, 960, 1920, 3600, 3600], start=1):
        found = await converter.convert(stack, gather(stack, {}))
        assert (found.refused, found.findings[0].reason) == (True, "ParserFailed")
        assert (_starts(program), found.again_after) == (number, wait)
        clock.now += wait


async def test_whatever_wakes_the_stack_meanwhile_costs_no_parser(clock: Clock, program: Path) -> None:
    converter, stack = Converter(lambda: program, clock=clock), _stack()
    first = await converter.convert(stack, gather(stack, {}))
    clock.now += FIRST - 10
    woken = await converter.convert(stack, gather(stack, {}))
    assert (woken.findings, woken.again_after) == (first.findings, 10)
    assert _starts(program) == 1


async def test_other_documents_are_tried_at_once(clock: Clock, program: Path) -> None:
    converter = Converter(lambda: program, clock=clock)
    for number, compose in enumerate(["services: {}", "services: {web: {image: web}}"], start=1):
        stack = _stack(compose)
        assert (await converter.convert(stack, gather(stack, {}))).again_after == FIRST
        assert _starts(program) == number


def test_what_went_well_begins_anew(clock: Clock) -> None:
    patience = Patience[str](clock)
    assert [patience.failed(b"a", "no answer") for _ in range(2)] == [FIRST, 2 * FIRST]
    patience.went_well(b"a")
    assert patience.waiting(b"a") is None
    assert patience.failed(b"a", "no answer") == FIRST < LONGEST
