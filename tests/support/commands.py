"""The command line as a user runs it: in this process where it ends by itself, as a process where it goes on."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.world import World
from wharfinger.api import API_VERSION
from wharfinger.api.resource import Object
from wharfinger.cli.main import invoke

_TIMEOUT = 90.0


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


async def wharfinger(world: World, *arguments: str) -> Done:
    """Run a command to its end, in the namespace of the test. Its output is captured: run one at a time."""
    out, err = io.StringIO(), io.StringIO()

    def run() -> int:
        with redirect_stdout(out), redirect_stderr(err):
            return invoke([*arguments, *_where(world)])

    code = await asyncio.wait_for(asyncio.to_thread(run), _TIMEOUT)
    return Done(code, out.getvalue(), err.getvalue())


def _where(world: World) -> list[str]:
    return ["--kubeconfig", str(world.kubeconfig), "--namespace", world.namespace]


@dataclass(slots=True)
class Running:
    """A command that goes on: what it has written so far, and its end."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    """Of standard output and standard error, as they came."""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def says(self, *words: str, timeout: float = 60.0) -> str:
        """The first line that holds all of `words`, once there is one."""

        def found() -> str | None:
            return next((line for line in self.lines if all(word in line for word in words)), None)

        try:
            async with self._news:
                await asyncio.wait_for(self._news.wait_for(lambda: found() is not None), timeout)
        except TimeoutError:
            raise AssertionError(f"no line with {words} within {timeout} s in: {self.text}") from None
        return found() or ""

    async def ends(self, *, timeout: float = 60.0) -> int:
        """Its exit code."""
        try:
            return await asyncio.wait_for(self.process.wait(), timeout)
        except TimeoutError:
            raise AssertionError(f"does not end within {timeout} s; it wrote: {self.text}") from None

    async def interrupted(self) -> int:
        """Its exit code after Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return await self.ends()

    @property
    def text(self) -> str:
        """All that it has written."""
        return "\n".join(self.lines)

    async def listen(self) -> None:
        """Take in what it writes, to its end."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            async with self._news:
                self.lines.append(line.decode().rstrip("\n"))
                self._news.notify_all()


@asynccontextmanager
async def going_on(world: World, *arguments: str) -> AsyncIterator[Running]:
    """A command that goes on until the end of the block at most."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "wharfinger", *arguments, *_where(world)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    running = Running(process)
    listening = asyncio.create_task(running.listen())
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await listening


def document(name: str = "web", *, annotations: dict[str, str] | None = None, **spec: Any) -> Object:
    """A ContainerWorkload as somebody writes it."""
    metadata: Object = {"name": name, **({"annotations": annotations} if annotations else {})}
    return {"apiVersion": API_VERSION, "kind": "ContainerWorkload", "metadata": metadata, "spec": spec}


def written(directory: Path, *documents: Object, name: str = "web.yaml") -> str:
    """The path of a file with these documents."""
    path = directory / name
    path.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    return str(path)
