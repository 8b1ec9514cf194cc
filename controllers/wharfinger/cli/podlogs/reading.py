"""Read one log: every line once, to its end, however often the connection breaks."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from wharfinger.cli import console
from wharfinger.cli.podlogs.lines import newer, split
from wharfinger.cli.podlogs.printing import Printer, Style
from wharfinger.cli.podlogs.sources import Source
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import ApiError, Unavailable

RETRY = 1.0
"""Seconds between two attempts to go on with a log whose connection broke."""
ATTEMPTS = 20
"""In a row, without a line between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What of a log to print, and how."""

    since: float | None = None
    """Seconds."""
    tail: int | None = None
    previous: bool = False
    style: Style = field(default_factory=Style)


@dataclass(slots=True)
class Cursor:
    """How far the log of one container has been printed, over all of its runs."""

    last: str = ""
    """Time of the last line."""

    def pass_on(self, lines: list[str]) -> list[tuple[str, str]]:
        """Times and texts of those lines that are new."""
        fresh = list(newer(lines, self.last))
        if fresh:
            self.last = fresh[-1][0]
        return fresh


async def read(client: KubeClient, source: Source, options: Options, printer: Printer) -> None:
    """Print what the log has now. Raises ApiError."""
    async for lines in _batches(client, source, query(source, options, follow=False)):
        printer.print(source, newer(lines, ""))


async def read_on(
    client: KubeClient,
    source: Source,
    options: Options,
    printer: Printer,
    cursor: Cursor,
    *,
    alive: Callable[[], bool],
) -> None:
    """Print the log until its container ends. Raises ApiError where it cannot be read, or not any more.

    ``alive`` says whether the container still runs: the end of a connection alone does not tell. A connection that is
    begun again may show the container's next run already: the cursor keeps its lines from being printed twice.
    """
    failures = 0
    while True:
        asked = query(source, options, follow=True, last=cursor.last)
        try:
            async for lines in _batches(client, source, asked):
                printer.print(source, cursor.pass_on(lines))
                failures = 0
        except Unavailable:
            failures += 1
            if failures == ATTEMPTS:
                raise
        else:
            if not alive():
                return
        await asyncio.sleep(RETRY)


async def _batches(client: KubeClient, source: Source, asked: Mapping[str, str]) -> AsyncGenerator[list[str], None]:
    async with aclosing(client.log(source.namespace, source.pod, asked)) as chunks:
        async for lines in split(chunks):
            yield lines


def query(source: Source, options: Options, *, follow: bool, last: str = "") -> dict[str, str]:
    """The PodLogOptions. After a break, from the last line's second on."""
    asked = {"container": source.container, "timestamps": "true"}
    if follow:
        asked["follow"] = "true"
    if options.previous:
        asked["previous"] = "true"
    if last:
        return asked | {"sinceTime": f"{last[:19]}Z"}
    if options.since is not None:
        asked["sinceSeconds"] = str(max(1, round(options.since)))
    if options.tail is not None:
        asked["tailLines"] = str(options.tail)
    return asked


def complaint(source: Source, error: ApiError) -> None:
    """That a log cannot be read, and why."""
    console.remark(f"{source.pod}: the log of container {source.container} cannot be read: {error.message}")
