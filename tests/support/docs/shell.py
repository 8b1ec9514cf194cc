"""One bash that runs the commands of a page one after another, as a reader's does."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.waiting import eventually

_END = "docs-test-ended"
_LIMIT = 1 << 20
_AGAIN = 10.0


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it wrote on both streams."""

    code: int
    lines: list[str]


@dataclass
class Shell:
    """What `cd`, `export` and variables do lasts; what a command writes goes to a file and is read from there."""

    process: asyncio.subprocess.Process
    place: Path
    """A directory of its own for scripts and output."""
    _count: int = 0

    async def run(self, command: str, *, timeout: float) -> Ran:
        """Run it to its end. AssertionError, with what it wrote, after `timeout` seconds."""
        output = await self._begin(command)
        code = await self._ended(command, output, timeout)
        return Ran(code, _read(output))

    async def interrupt(self, command: str, *, timeout: float) -> Ran:
        """Run it until it has written a line, then end it as Ctrl-C does. AssertionError if it ends by itself."""
        output = await self._begin(f"( {command}\n)")
        ended = asyncio.ensure_future(self._ended(command, output, timeout))
        try:

            async def wrote() -> bool:
                return ended.done() or bool(_read(output))

            await eventually(wrote, timeout=timeout, what=f"a line of `{command}`")
            assert not ended.done(), f"`{command}` ended by itself: {_read(output)}"
            while not ended.done():  # once more where a process was missed: the list of children may be incomplete
                for child in _descendants(self.process.pid):
                    with suppress(ProcessLookupError):
                        os.kill(child, signal.SIGINT)
                await asyncio.wait((ended,), timeout=_AGAIN)
            await ended
        finally:
            ended.cancel()
        return Ran(0, _read(output))

    async def _begin(self, command: str) -> Path:
        self._count += 1
        script = self.place / f"{self._count}.sh"
        output = script.with_suffix(".out")
        script.write_text(command + "\n", encoding="utf-8")
        assert self.process.stdin is not None
        line = f"source {script} >{output} 2>&1 </dev/null; echo {_END} $?\n"
        self.process.stdin.write(line.encode())
        await self.process.stdin.drain()
        return output

    async def _ended(self, command: str, output: Path, timeout: float) -> int:
        assert self.process.stdout is not None
        try:
            line = await asyncio.wait_for(self.process.stdout.readline(), timeout)
        except TimeoutError:
            text = "\n".join(_read(output))
            raise AssertionError(f"`{command}` does not end within {timeout} s; it wrote:\n{text}") from None
        words = line.decode().split()
        assert words[:1] == [_END], f"`{command}` ended the shell: {line!r}, {_read(output)}"
        return int(words[1])


@asynccontextmanager
async def shell(directory: Path, place: Path, environment: Mapping[str, str]) -> AsyncIterator[Shell]:
    """A bash in `directory`, without the user's own start-up files; ended with all that it started."""
    process = await asyncio.create_subprocess_exec(
        # Who started the tests in the background had Ctrl-C ignored, and a shell cannot undo that by itself.
        *("env", "--default-signal=INT", "bash", "--noprofile", "--norc"),
        cwd=directory,
        env=dict(environment),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LIMIT,
        start_new_session=True,
    )
    try:
        yield Shell(process, place)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _read(output: Path) -> list[str]:
    return output.read_text(encoding="utf-8", errors="replace").splitlines() if output.exists() else []


def _descendants(pid: int) -> list[int]:
    """The processes below one, the deepest first."""
    with suppress(FileNotFoundError, ProcessLookupError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
        return [each for child in children for each in (*_descendants(int(child)), int(child))]
    return []
