"""Compose documents, read by compose-go in a program of ours that can reach neither the network nor any other file.

The program is kept running, since starting it costs more than most documents. It is ended and started anew when it
takes too long, and after an answer that was broken off.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import IO, Any, Final, Literal

import orjson

from wharfinger.api.resource import Object

Dialect = Literal["compose", "stack"]
"""compose: the Compose specification, as `docker compose`. stack: what `docker stack deploy` takes."""

Place = Sequence[int]
"""Line and column, from 1."""

_PROGRAM: Final = "wharfinger-compose"
"""What begins a line that the program itself says."""
_TIMEOUT: Final = 10.0
"""Seconds for one answer: a thousand times what a common document takes."""
_MOST: Final = 4 << 20
"""Bytes of all documents of a request."""
_CHUNK: Final = 1 << 20
_LONGEST: Final = 1024
"""Characters of an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What to read."""

    documents: Sequence[str]
    """Paths of Compose files, merged in their order."""
    files: Mapping[str, str]
    """All files by relative path, the documents among them: what `env_file`, `extends`, `include` refer to."""
    name: str = ""
    """Name of the project, if no document says one."""
    name_wins: bool = False
    """`name` counts whatever the documents say, as with ``docker compose -p``."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What interpolation sees. Never the operator's own environment."""
    env_files: Sequence[str] = ()
    """Files of further variables, such as ``.env``: a later one wins, and `environment` over them."""
    profiles: Sequence[str] = ()
    dialect: Dialect = "compose"

    def to_request(self) -> bytes:
        """As the program reads it: one line."""
        request = {
            "name": self.name,
            "nameWins": self.name_wins,
            "documents": list(self.documents),
            "files": dict(self.files),
            "environment": dict(self.environment),
            "envFiles": list(self.env_files),
            "profiles": list(self.profiles),
            "dialect": self.dialect,
        }
        return orjson.dumps(request) + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A project, in the canonical form of the Compose specification: every short syntax in its long one."""

    project: Object
    places: Mapping[str, Mapping[str, Place]]
    """Document to path in it to where that stands, for findings."""
    warnings: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    """What interpolation saw."""
    quoted: frozenset[str] = frozenset()
    """Paths of ports that are published as a text, which `docker stack` does not take."""

    def place(self, path: str) -> tuple[str, Place] | None:
        """Where the documents speak of a path such as ``services.web.ports[0]``, or of what is above it.

        The last document that does counts, since it wins.
        """
        while path:
            for name, found in reversed(tuple(self.places.items())):
                if path in found:
                    return name, found[path]
            path = _parent(path)
        return None


class ComposeError(ValueError):
    """A document that cannot be read; the message says where and why, for a person."""


class ParserFailure(ComposeError):  # noqa: N818 - it is what happened
    """The program gave no answer: it took too long, died, or cannot be started. That may pass."""


class Parser:
    """The program, started when it is first needed. It may be used from several threads."""

    def __init__(self, program: Path, *, timeout: float = _TIMEOUT) -> None:
        self._program = program
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._said: IO[bytes] | None = None
        self._lock = Lock()

    def parse(self, source: Source) -> Document:
        """Read documents. Raises ComposeError for what is wrong with them, ParserFailure without any answer."""
        size = sum(len(text) for text in source.files.values())
        if size > _MOST:
            raise ComposeError(f"the documents have {size} bytes; at most {_MOST} are read")
        try:
            request = source.to_request()
        except orjson.JSONEncodeError as problem:
            raise ComposeError(f"the documents are no text: {problem}") from problem
        with self._lock:
            answer = self._ask(request)
        if error := answer.get("error"):
            raise ComposeError(_one_line(error))
        places: Object = answer.get("places") or {}
        return Document(
            project=answer["project"],
            places=places,
            warnings=tuple(answer.get("warnings") or ()),
            environment=answer.get("environment") or {},
            quoted=frozenset(answer.get("quoted") or ()),
        )

    def close(self) -> None:
        """End the program."""
        process, self._process = self._process, None
        directory, self._directory = self._directory, None
        said, self._said = self._said, None
        if said is not None:
            said.close()
        if directory is not None:
            directory.cleanup()
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _ask(self, request: bytes) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = orjson.loads(self._answer(self._running(), request))
        except (OSError, orjson.JSONDecodeError) as error:
            self.close()
            raise ParserFailure(f"the documents cannot be read: {error}") from error
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._directory = tempfile.TemporaryDirectory(prefix="wharfinger-compose-")
            self._said = tempfile.TemporaryFile()  # noqa: SIM115 - `close` does
            self._process = subprocess.Popen(
                [self._program, "serve", self._directory.name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                env={},
                bufsize=0,
            )
        return self._process

    def _answer(self, process: subprocess.Popen[bytes], request: bytes) -> bytes:
        """Write the request and read a line, whichever way the pipes are ready, until the time is over."""
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended; reading shows that, and it has said why
            process.stdin.write(request)
        answer = bytearray()
        until = monotonic() + self._timeout
        while not answer.endswith(b"\n"):
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, until - monotonic()))
            if not ready:
                raise TimeoutError(f"no answer within {self._timeout:g} s")
            part = os.read(process.stdout.fileno(), _CHUNK)
            if not part:
                raise BrokenPipeError(f"the parser ended; {self._reason()}")
            answer += part
        return bytes(answer)

    def _reason(self) -> str:
        """What a program that has ended said of it. When Go's runtime gives up, it prints all that it knows."""
        assert self._said is not None
        self._said.seek(0)
        said = self._said.readline().decode(errors="replace").strip()
        own = said.removeprefix(f"{_PROGRAM}: ")
        return own if own != said else "they ask for too much memory, or are too deeply nested"


def _parent(path: str) -> str:
    """``services.web.ports[0]`` to ``services.web.ports`` to ``services.web``."""
    return re.sub(r"(\[\d+\]|\.?[^.\[]+)$", "", path)


def _one_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    line = "".join(f"{line} " if line.endswith(":") else f"{line}; " for line in lines).strip("; ")
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
