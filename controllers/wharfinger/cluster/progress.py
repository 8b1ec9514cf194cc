"""Show how far a long piece of work is: a bar on a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

LINE_INTERVAL = 15.0
"""Seconds between two plain lines: often enough to see life, rare enough for a CI log."""


class Step(Protocol):
    """Told of each step: how many are done, and what the present one is."""

    def __call__(self, done: int, detail: str) -> None:
        """Show it, or not yet."""


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Step]:
    """Show ``title`` and up to ``total`` steps on standard error while the body runs; None where nobody knows."""
    with _bar(title, total) if sys.stderr.isatty() else _lines(title, total) as step:
        yield step


@contextmanager
def _bar(title: str, total: int | None) -> Iterator[Step]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[detail]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total, detail="")

        def step(done: int, detail: str) -> None:
            bar.update(task, completed=done, detail=detail[-50:])

        yield step


@contextmanager
def _lines(title: str, total: int | None) -> Iterator[Step]:
    started = time.monotonic()
    spoken = started

    def say(text: str) -> None:
        print(f"{title}: {text} ({time.monotonic() - started:.0f} s)", file=sys.stderr, flush=True)

    def step(done: int, detail: str) -> None:
        nonlocal spoken
        if time.monotonic() - spoken >= LINE_INTERVAL:
            spoken = time.monotonic()
            say(f"{done}{f' of {total}' if total else ''}, {detail}")

    say("started")
    yield step
    say("done")
