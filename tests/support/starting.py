"""The start program, and tasks made of plain processes that it runs: containers without their walls."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from wharfinger.cluster.programs import START, built
from wharfinger.render import start

SOURCES = Path(start.__file__).parent / "go"
DEADLINE = 60.0
"""Seconds in which a task of the tests has ended by itself, on any machine."""


@cache
def program() -> Path:
    """The start program, from the cache or built now."""
    return built(START)


def python(script: str) -> list[str]:
    """A command that runs a few lines of Python: it heeds signals as these say."""
    return [sys.executable, "-c", script]


EXIT = "import sys; sys.exit({})"
SLEEP = "import time; time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
"""Does not end at SIGTERM."""


def heeding(name: str, code: int) -> str:
    """A script that ends with that code at that signal, and says first that it listens."""
    return (
        f"import signal, sys, time; signal.signal(signal.{name}, lambda *_: sys.exit({code})); "
        "print(flush=True); time.sleep(600)"
    )


POLITE = heeding("SIGTERM", 0)
"""Ends at SIGTERM with 0."""


@dataclass
class Task:
    """The containers of a task, each a process of the start program."""

    directory: Path
    processes: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    essential: Sequence[str] = ()

    def add(self, name: str, command: Sequence[str], **settings: Any) -> subprocess.Popen[str]:
        """Start a container."""
        told = {"directory": str(self.directory), "name": name, "essential": list(self.essential), "stopTimeout": 30}
        self.processes[name] = subprocess.Popen(
            [program(), "run", json.dumps(told | settings), *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self.processes[name]

    def up(self, name: str, command: Sequence[str], **settings: Any) -> subprocess.Popen[str]:
        """Start a container whose command says a line when it listens, and wait for that."""
        process = self.add(name, command, **settings)
        assert process.stdout
        assert process.stdout.readline() == "\n"
        return process

    def stop(self) -> None:
        """What the kubelet does with a pod: SIGTERM to all of them at once."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)

    def codes(self) -> dict[str, int]:
        """Exit codes, once all have ended."""
        return {name: process.wait(DEADLINE) for name, process in self.processes.items()}

    def record(self, name: str) -> dict[str, Any]:
        """What a container told the others."""
        path = self.directory / f"{name}.json"
        found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"phase": "waiting"}
        return found

    def end(self) -> None:
        """End what is left, and close its pipes."""
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
