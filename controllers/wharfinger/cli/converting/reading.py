"""Compose files and all that they need, read from disk, and by compose-go."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wharfinger.cli.converting import files
from wharfinger.cli.converting.program import program
from wharfinger.cli.documents import read_text
from wharfinger.cli.errors import BadInputError
from wharfinger.compose.parser import ComposeError, Dialect, Document, Parser, Source

STDIN: Final = "stdin.yaml"
"""What the document is called that standard input has: ``-`` on the command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line says of documents."""

    files: Sequence[str]
    """Compose files, merged in their order; ``-`` is standard input."""
    env_files: Sequence[str] | None = None
    """Files of variables; None for ``.env`` beside the first document, which `docker stack` does not read."""
    env: Sequence[str] = ()
    """``NAME=VALUE``, or ``NAME`` with the value that it has here."""
    profiles: Sequence[str] = ()
    dialect: Dialect | None = None
    project_name: str | None = None
    """The directory's name if absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What was found on disk, by path in the project's directory."""

    root: Path
    """The project's directory."""
    documents: Mapping[str, str]
    """In their order."""
    referred: Mapping[str, str]
    """Files that documents name."""
    env_files: Mapping[str, str]
    """Files of variables, the last wins."""
    variables: Mapping[str, str]
    """Those of the command line, which win over all."""
    asked: Asked

    def source(self) -> Source:
        """All that the parser may need."""
        return Source(
            documents=list(self.documents),
            files={**self.referred, **self.env_files, **self.documents},
            name=project_name(self.asked.project_name or self.root.name),
            name_wins=self.asked.project_name is not None,
            environment=self.variables,
            env_files=list(self.env_files),
            profiles=list(self.asked.profiles),
            dialect=self.asked.dialect or "compose",
        )


def gathered(asked: Asked) -> Gathered:
    """Read all that was asked for, and all that it names. Raises BadInputError for what cannot be read."""
    root, texts = documents(asked.files)
    variables = dict(_variable(each) for each in asked.env)
    seen = _env_files(root, asked)
    known = _roughly("\n".join(seen.values())) | variables
    return Gathered(
        root=root,
        documents=texts,
        referred=files.referred(root, texts, known),
        env_files=seen,
        variables=variables,
        asked=asked,
    )


def documents(names: Sequence[str]) -> tuple[Path, Mapping[str, str]]:
    """The project's directory and each document's text by its path in it; standard input lies in our own directory."""
    if "-" not in names:
        return files.documents(list(names))
    if len(names) > 1:
        raise BadInputError("-: standard input is the only document where it is one")
    return Path.cwd(), {STDIN: sys.stdin.read()}


def parsed(read: Source) -> Document:
    """The project. Raises BadInputError for documents that are none."""
    parser = Parser(program())
    try:
        return parser.parse(read)
    except ComposeError as error:
        raise BadInputError(str(error)) from error
    finally:
        parser.close()


def project_name(text: str) -> str:
    """As Docker makes it of a directory's name."""
    return re.sub(r"[^a-z0-9_-]", "", text.lower()).lstrip("_-") or "project"


def _env_files(root: Path, asked: Asked) -> dict[str, str]:
    """Text by path."""
    if asked.env_files is not None:
        return {f".env-file-{number}": read_text(Path(name)) for number, name in enumerate(asked.env_files)}
    beside = root / ".env"
    return {".env": read_text(beside)} if beside.is_file() and asked.dialect != "stack" else {}


def _variable(text: str) -> tuple[str, str]:
    """``NAME=VALUE``, or ``NAME`` with the value that it has here."""
    name, given, value = text.partition("=")
    if not given and name not in os.environ:
        raise BadInputError(f"--env {name}: is not set here; write {name}=VALUE")
    return name, value if given else os.environ[name]


def _roughly(text: str) -> dict[str, str]:
    """Variables of env files, as far as it takes to find files by them; the parser reads them for good."""
    pairs = re.findall(r"^\s*(?:export\s+)?(\w+)\s*=\s*[\"']?([^\"'\s#]*)", text, re.MULTILINE)
    return dict(pairs)
