"""The Go programs that go with the operator: in its image and its platform wheels, which scripts/wheel makes.

Elsewhere they are built when they are first asked for, as the embedded cluster is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from wharfinger.cluster.gobuild import GoModule, build_module

COMPOSE: Final = "wharfinger-compose"
START: Final = "wharfinger-start"

PROGRAMS: Final = {
    COMPOSE: ("the reader of Compose files", "compose/go"),
    START: ("the start program", "render/start/go"),
}
"""Name of each, what it is, and the directory of its go.mod in this package."""


def go_module(name: str, version: str) -> GoModule:
    """What to build for one of PROGRAMS, stamped with Wharfinger's version.

    Without a build id, which differs from machine to machine, the same sources and toolchain give the same bytes.
    """
    title, directory = PROGRAMS[name]
    flags = ("-s", "-w", "-buildid=", f"-X=main.version={version}")
    return GoModule(title, Path(__file__).parents[1] / directory, {name: "."}, linker_flags=flags)


def built(name: str) -> Path:
    """One of PROGRAMS, from the cache or built now; progress is shown on standard error.

    Raises ClusterError where it does not build, or no Go toolchain is there and none can be fetched.
    """
    from importlib.metadata import version

    return build_module(go_module(name, version("wharfinger"))) / name
