"""From the bytes of a log to lines, and from lines to what is printed. Pure."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")


@dataclass(slots=True)
class Palette:
    """A colour for each pod, given out in turn, so that pods side by side differ."""

    _given: dict[str, str] = field(default_factory=dict)

    def of(self, pod: str) -> str:
        """The pod's colour, the same each time."""
        return self._given.setdefault(pod, COLOURS[len(self._given) % len(COLOURS)])


async def split(chunks: AsyncIterator[bytes]) -> AsyncIterator[list[str]]:
    """Whole lines, as many at a time as have arrived; what follows the last line's end comes at the end, as a line.

    What is no UTF-8 is shown as U+FFFD. Other than str.splitlines, only a line feed ends a line.
    """
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if whole:
            yield [line.decode(errors="replace") for line in whole]
    if rest:
        yield [rest.decode(errors="replace")]


def stamped(line: str) -> tuple[str, str]:
    """Time and text of a line of a log with timestamps."""
    time, _, text = line.partition(" ")
    return time, text


def newer(lines: list[str], last: str) -> Iterator[tuple[str, str]]:
    """Time and text of the lines after the moment ``last``: a log that is begun again repeats a second's worth.

    Times are RFC 3339 in UTC with nanoseconds, whose trailing zeros may be left out.
    """
    for line in lines:
        time, text = stamped(line)
        if not last or _sortable(time) > _sortable(last):
            yield time, text


def _sortable(time: str) -> tuple[str, str]:
    """Without the zone, the fraction apart: ``…:05Z`` is before ``…:05.1Z``."""
    seconds, _, fraction = time.rstrip("Z").partition(".")
    return seconds, fraction.ljust(9, "0")
