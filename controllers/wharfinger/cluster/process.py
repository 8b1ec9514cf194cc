"""Processes that outlive the command that started them, and are never mistaken for another.

A pid alone is reused by the kernel; a pid with its start time is not. Each signal goes through a pidfd, which is opened
before the start time is compared, so that it reaches the process that was started or none.
"""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wharfinger.cluster.errors import ClusterError

_POLL = 0.02
_STARTTIME = 19  # field 22 of /proc/PID/stat, counted from the state, field 3, which follows the parenthesised name


@dataclass(frozen=True, slots=True)
class Process:
    """One process for all time: its pid, and when it started (the boot's id and clock ticks since that boot)."""

    pid: int
    started: str


def spawn(argv: Sequence[str | Path], *, log: Path) -> Process:
    """Start a program in a session of its own, with both outputs appended to ``log``.

    posix_spawn and not Popen: nobody waits for it, and it must not end with its starter's terminal. Nor does it keep
    what a shell has given its starter: a lock, or the pipe whose end somebody waits for.
    """
    arguments = [os.fspath(part) for part in argv]
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.fspath(log), flags, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
        *((os.POSIX_SPAWN_CLOSE, descriptor) for descriptor in _handed_down()),
    ]
    pid = os.posix_spawnp(arguments[0], arguments, os.environ, file_actions=actions, setsid=True)
    return identify(pid) or Process(pid, "ended")


def child_of(process: Process, *, timeout: float) -> Process:
    """The one child of a program that forks itself into new namespaces (unshare, nsenter), once that runs its program.

    The parent only waits for it, and would not hand signals on. Raises ClusterError when there is none in time.
    """
    deadline = time.monotonic() + timeout
    program = _program(process.pid)
    while time.monotonic() < deadline and is_alive(process):
        for pid in _children(process.pid):
            child = identify(pid)
            if child is not None and _program(pid) not in (program, None):
                return child
        time.sleep(_POLL)
    raise ClusterError("a program could not be started in the namespaces of its node")


def identify(pid: int) -> Process | None:
    """The process that has ``pid`` now, or None: there is none, or it has ended."""
    fields = _stat(pid)
    return None if fields is None or fields[0] in "ZX" else Process(pid, f"{_boot_id()}/{fields[_STARTTIME]}")


def is_alive(process: Process) -> bool:
    """Whether it still runs (a stopped process does); a zombie of ours is reaped and counts as ended."""
    _reap(process.pid)
    return identify(process.pid) == process


def is_paused(process: Process) -> bool:
    """Whether it is stopped by SIGSTOP."""
    fields = _stat(process.pid)
    return is_alive(process) and fields is not None and fields[0] == "T"


def resident_bytes(process: Process) -> int:
    """Its resident memory in bytes; 0 when it has ended."""
    try:
        pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def send(process: Process, number: signal.Signals) -> bool:
    """Send a signal to exactly this process; False when it has ended."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        if not is_alive(process):
            return False
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
    return True


def stop(process: Process, *, grace: float) -> None:
    """End it: SIGTERM, and SIGKILL after ``grace`` seconds (0 kills at once). It has ended when this returns."""
    if grace > 0:
        send(process, signal.SIGTERM)
        send(process, signal.SIGCONT)  # a paused process would only see SIGTERM when it is resumed
        if wait_ended(process, timeout=grace):
            return
    send(process, signal.SIGKILL)
    wait_ended(process, timeout=30)


def wait_ended(process: Process, *, timeout: float) -> bool:
    """Wait at most ``timeout`` seconds for its end; False when it still runs."""
    deadline = time.monotonic() + timeout
    while is_alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def _handed_down() -> list[int]:
    """Descriptors beside the standard ones that a program started by us would inherit. Python's own are never."""
    listed = [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]
    return [descriptor for descriptor in listed if descriptor > 2 and _is_inheritable(descriptor)]


def _is_inheritable(descriptor: int) -> bool:
    try:
        return os.get_inheritable(descriptor)
    except OSError:
        return False  # it was that of the listing itself


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _program(pid: int) -> str | None:
    try:
        return str(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return None


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # another command's child: init reaps it
