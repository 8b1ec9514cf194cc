"""``wharfinger status --watch``: redrawn in place on a terminal, a line a change elsewhere."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, aclosing, contextmanager
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live

from wharfinger.cli import console
from wharfinger.cli.errors import CommandError
from wharfinger.cli.kube import WORKLOAD, Kube
from wharfinger.cli.status import gather, show
from wharfinger.cli.status.changes import Ledger
from wharfinger.cli.status.detail import Detail
from wharfinger.cli.status.summary import summarise
from wharfinger.cli.watching import Mirror, Scope, mirrored

REDRAW = 0.2
"""Seconds between two drawings at least: a rollout of many pods changes faster than a person reads."""

Board = Callable[[Sequence[Detail]], None]
"""Shows workloads as they are now."""


async def follow(
    kube: Kube,
    namespace: str | None,
    names: Sequence[str],
    *,
    wide: bool,
    timeout: float | None,  # noqa: ASYNC109
) -> list[Detail]:
    """Show workloads until Ctrl-C, or for ``timeout`` seconds; the answer is how they were last.

    Raises CommandError where one of those named does not exist at first.
    """
    last: list[Detail] = []
    try:
        async with asyncio.timeout(timeout), aclosing(_states(kube, namespace, names)) as seen:
            with _board(console.out(), full=bool(names), wide=wide, namespaces=namespace is None) as board:
                async for last in seen:
                    board(last)
    except TimeoutError:
        return last
    return last


async def _states(kube: Kube, namespace: str | None, names: Sequence[str]) -> AsyncGenerator[list[Detail], None]:
    """The workloads, again with each change."""
    workloads, more = (
        gather.scopes(namespace or "", names) if names else (Scope(resource=WORKLOAD, namespace=namespace), [])
    )
    begun = False
    async with mirrored(kube.client, workloads, *more) as mirror:
        async for _ in mirror.changes(pause=REDRAW, beat=1.0):
            found = _named(mirror, namespace or "", names) if names else _listed(mirror)
            if not begun and len(found) < len(names):
                raise CommandError(
                    f"not found: {', '.join(sorted(set(names) - {each.summary.name for each in found}))}"
                )
            begun = True
            yield found


def _named(mirror: Mirror, namespace: str, names: Sequence[str]) -> list[Detail]:
    now = datetime.now(UTC)
    found = (gather.mirrored_family(mirror, namespace, name) for name in names)
    return [family.detail(now=now) for family in found if family]


def _listed(mirror: Mirror) -> list[Detail]:
    now = datetime.now(UTC)
    workloads = [workload for _, workload in sorted(mirror.found[WORKLOAD].items())]
    return [Detail(summary=summarise(workload, now=now), status=workload.get("status", {})) for workload in workloads]


def _board(to: Console, *, full: bool, wide: bool, namespaces: bool) -> AbstractContextManager[Board]:
    if not to.is_terminal:
        return _lines(full=full)

    def drawn(found: Sequence[Detail]) -> RenderableType:
        if full:
            return Group(*(show.tree(item) for item in found))
        return show.listing([item.summary for item in found], wide=wide, namespaces=namespaces)

    return _live(to, drawn)


@contextmanager
def _live(to: Console, drawn: Callable[[Sequence[Detail]], RenderableType]) -> Iterator[Board]:
    """Redrawn in place; what was there last stays on the screen."""
    with Live(console=to, auto_refresh=False, vertical_overflow="crop") as live:
        yield lambda found: live.update(drawn(found), refresh=True)


@contextmanager
def _lines(*, full: bool) -> Iterator[Board]:
    ledger = Ledger()

    def tell(found: Sequence[Detail]) -> None:
        for line in ledger.lines(found, full=full):
            console.say(f"{datetime.now(UTC):%H:%M:%S}  {line}")

    yield tell
