"""Start and stop components, wait until they are ready, and say why one is not."""

import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from wharfinger.cluster import process
from wharfinger.cluster.client import answers
from wharfinger.cluster.controlplane import Component
from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.layout import Layout
from wharfinger.cluster.process import Process

START_TIMEOUT = 180.0
"""Seconds that a component has to become ready: what takes 3 s on a quiet machine took 42 s with a load of 16."""
INOTIFY_HINT = (
    "\nfs.inotify.max_user_instances is used up (a cluster takes about 16): take one down, or raise it by sysctl"
)
_POLL = 0.05
_LOG_LINES = 8


def start(component: Component, layout: Layout, processes: Mapping[str, Process]) -> Process:
    """Start one component, its output appended to its log; ``processes`` run already."""
    prefix: tuple[str, ...] = ()
    if component.within:
        place = processes[component.within]
        prefix = ("nsenter", "--target", str(place.pid), "--net", "--mount", "--pid", "--")
    started = process.spawn((*prefix, *component.argv), log=layout.log(component.name))
    if component.within or component.becomes_child:
        return process.child_of(started, timeout=START_TIMEOUT)
    return started


def wait_ready(component: Component, running: Process, layout: Layout, tls: ssl.SSLContext) -> None:
    """Wait until the component answers. Raises ClusterError with its last lines when it ends or is too late."""
    url = component.ready
    if url is None:
        return

    def ready() -> bool:
        require_alive(component.name, running, layout)
        return answers(url, tls)

    if not wait_until(ready, timeout=START_TIMEOUT):
        raise ClusterError(
            f"{component.name} is not ready after {START_TIMEOUT:.0f} s{last_lines(layout, component.name)}"
        )


def require_alive(name: str, running: Process, layout: Layout) -> None:
    """Raise ClusterError, with the last lines of its log, when a component has ended."""
    if not process.is_alive(running):
        raise ClusterError(f"{name} ended while it started{last_lines(layout, name)}")


def require_all_alive(processes: Mapping[str, Process], layout: Layout) -> None:
    """`require_alive` for each of a cluster's processes."""
    for name, running in processes.items():
        require_alive(name, running, layout)


def last_lines(layout: Layout, name: str) -> str:
    """The end of a component's log, indented, to go behind an error's first line."""
    return told(tail(layout.log(name))) + f"\n(all of it: {layout.log(name)})"


def told(lines: Sequence[str]) -> str:
    """Lines of a log, each on a line of its own, indented and not too long; and a hint, if they call for one."""
    hint = INOTIFY_HINT if any("too many open files" in line for line in lines) else ""
    return "".join(f"\n  {line[:300]}" for line in lines) + hint


def tail(path: Path, lines: int = _LOG_LINES) -> Sequence[str]:
    """The last lines of a file; none when there is no file."""
    if not path.exists():
        return []
    return path.read_text(errors="replace").splitlines()[-lines:]


def wait_until(condition: Callable[[], bool], *, timeout: float) -> bool:
    """Poll until the condition holds; False when it did not within ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True
