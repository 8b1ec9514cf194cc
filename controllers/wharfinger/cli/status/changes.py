"""What is new since the last look, a line each: for logs and pipes, where nothing can be redrawn. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wharfinger.cli.status.detail import Detail, PodLine
from wharfinger.cli.status.show import pods_ready


@dataclass(slots=True)
class Ledger:
    """What was said last, by what it was about."""

    _said: dict[str, str] = field(default_factory=dict)
    _told: dict[str, str] = field(default_factory=dict)

    def lines(self, found: Sequence[Detail], *, full: bool) -> Iterator[str]:
        """A line for each thing that says something else than before, or that is gone; ``full`` with its family."""
        now = {about: said for item in found for about, said in _facts(item, full=full)}
        told = {about: said for item in found for about, said in _events(item, full=full)}
        for before, after in ((self._said, now), (self._told, told)):
            yield from (f"{about}  {said}".rstrip() for about, said in after.items() if before.get(about) != said)
        yield from (f"{about}  gone" for about in self._said if about not in now)
        self._said, self._told = now, self._told | told


def _facts(item: Detail, *, full: bool) -> Iterator[tuple[str, str]]:
    row = item.summary
    name = f"{row.namespace}/{row.name}"
    yield name, "  ".join(part for part in (str(row.state), pods_ready(row), row.why) if part)
    if not full:
        return
    for child in item.children:
        yield f"{name} {child.kind}/{child.name}", child.fact
    for pod in item.pods:
        yield f"{name} Pod/{pod.name}", _pod(pod)


def _events(item: Detail, *, full: bool) -> Iterator[tuple[str, str]]:
    """Only the last of each reason; how often it happened is no news."""
    for event in item.events if full else ():
        yield f"{item.summary.namespace}/{item.summary.name} {event.about} {event.reason}", event.message


def _pod(pod: PodLine) -> str:
    restarts = f"{pod.restarts} restarts" if pod.restarts else ""
    return "  ".join(part for part in (f"{pod.state} {pod.ready}/{pod.containers}", restarts, pod.message) if part)
