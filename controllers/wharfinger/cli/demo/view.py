"""What the demo says: narration that reads alike on a terminal and in a log, and a table that is live on a terminal."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from wharfinger.cli.console import table
from wharfinger.cli.status.show import listing
from wharfinger.cli.status.summary import State, Summary, summarise

Object = dict[str, Any]

Board = Callable[[Mapping[str, Object]], None]
"""Shows workloads, by name, as they are now."""


class View:
    """The demo's narrator."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def title(self, text: str) -> None:
        """A chapter begins."""
        self.console.print()
        self.console.print(f"[bold]== {escape(text)}[/]")

    def say(self, text: str) -> None:
        """Plain words."""
        self.console.print(f"   {escape(text)}")

    def command(self, text: str) -> None:
        """What a person would type to do the same."""
        for line in text.splitlines():
            prompt = "$ " if line == text.splitlines()[0] else "  "
            self.console.print(f"   [cyan]{prompt}{escape(line)}[/]", soft_wrap=True)  # so that it can be copied

    def document(self, text: str) -> None:
        """A document, as written."""
        for line in text.splitlines():
            self.console.print(f"     [dim]{escape(line)}[/]")

    def rows(self, command: str, rows: Table) -> None:
        """A table that a command of ours prints."""
        self.command(command)
        self.console.print(Padding(rows, (0, 0, 0, 5), expand=False))

    def seen(self, text: str, seconds: float) -> None:
        """What came of it, and how long that took."""
        self.console.print(f"   [green]ok[/]  {escape(text)}  [bold]{took(seconds)}[/]")

    def failed(self, text: str) -> None:
        """What did not come of it."""
        self.console.print(f"   [red]FAILED[/]  {escape(text)}")

    def board(self) -> AbstractContextManager[Board]:
        """A table of workloads that follows them: live on a terminal, a line a change elsewhere."""
        return _live(self.console) if self.console.is_terminal else _lines(self)

    def results(self, rows: list[tuple[str, bool, str, float]]) -> None:
        """The summary: title, whether it passed, what was seen, seconds."""
        made = table("step", "result", "time", "seen")
        for title, passed, seen, seconds in rows:
            made.add_row(title, "[green]passed[/]" if passed else "[red]FAILED[/]", took(seconds), escape(seen))
        self.console.print(made)


def took(seconds: float) -> str:
    """``85 ms``, ``3.2 s``."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


@contextmanager
def _live(console: Console) -> Iterator[Board]:
    """Redrawn in place, four times a second at most."""
    with Live(_rows({}), console=console, refresh_per_second=4) as live:
        yield lambda workloads: live.update(_rows(workloads))


@contextmanager
def _lines(view: View) -> Iterator[Board]:
    """A line where a workload's state or reason is another one than before."""
    started, told = monotonic(), dict[str, tuple[str, str]]()

    def show(workloads: Mapping[str, Object]) -> None:
        for row in _summaries(workloads):
            now = (str(row.state), row.reason)
            if row.state is not State.unseen and told.get(row.name) != now:
                told[row.name] = now
                view.say(f"{monotonic() - started:6.1f} s  {row.name}: {row.state}  {row.why}".rstrip())

    yield show


def _rows(workloads: Mapping[str, Object]) -> Table:
    return listing(_summaries(workloads), wide=False, namespaces=False)


def _summaries(workloads: Mapping[str, Object]) -> list[Summary]:
    now = datetime.now(UTC)
    return [summarise(workloads[name], now=now) for name in sorted(workloads)]
