"""What is remembered of a running cluster: its options, ports and processes, in one JSON file of its directory."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.layout import Layout
from wharfinger.cluster.options import Options
from wharfinger.cluster.process import Process

FILE = "cluster.json"


class State(BaseModel):
    """One cluster, as its directory tells it."""

    model_config = ConfigDict(extra="forbid")

    options: Options
    """As asked, except that ``node`` is what ``auto`` came to."""
    reason: str = ""
    """Why the nodes are of that kind."""
    host: str
    ports: dict[str, int]
    owner: Process | None = None
    """The process that the cluster is for; when it is gone, anyone may take the cluster down."""
    processes: dict[str, Process] = {}
    adopted: dict[str, Process] = {}
    """Processes that are no components, and go with the cluster all the same."""
    complete: bool = False
    """Whether the first start came to its end."""

    def layout(self, root: Path) -> Layout:
        """The files and ports that this state describes."""
        return Layout(root=root, host=self.host, ports=self.ports)


def load(root: Path) -> State | None:
    """The state kept in ``root``; None when there is no cluster. Raises ClusterError when it cannot be read."""
    path = root / FILE
    try:
        return State.model_validate_json(path.read_text())
    except FileNotFoundError:
        return None
    except (ValidationError, json.JSONDecodeError) as error:
        raise ClusterError(f"{path} is not readable as a cluster of this version: {error}") from error


def save(root: Path, state: State) -> None:
    """Replace the state at once: a reader sees the old one or the new one."""
    scratch = root / f".{FILE}"
    scratch.write_text(state.model_dump_json(indent=2))
    scratch.rename(root / FILE)


@contextmanager
def lock(root: Path) -> Iterator[None]:
    """One command at a time changes a cluster. The lock lies beside the directory, and goes when that has gone.

    Whoever waited for a lock file that was removed meanwhile holds nothing, and tries again with the new one.
    """
    path = root.parent / f".{root.name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _is_at(file.fileno(), path):
                continue
            try:
                yield
            finally:
                if not root.exists():
                    path.unlink()
            return


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file is still the one at ``path``."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
