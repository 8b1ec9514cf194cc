"""Where the program is that reads Compose documents, and how it is built where nobody has."""

import os
import sys
from pathlib import Path
from typing import Final

from wharfinger import compose
from wharfinger.cli.errors import BadInputError
from wharfinger.cluster.gobuild import GoModule, build_module

NAME: Final = "wharfinger-compose"
VARIABLE: Final = "WHARFINGER_COMPOSE_PROGRAM"


def program() -> Path:
    """What the variable names, what lies beside our own program, or what is built now, once.

    Raises BadInputError where the variable names nothing, ClusterError where no Go toolchain is there to build it.
    """
    if named := os.environ.get(VARIABLE):
        if not os.access(named, os.X_OK):
            raise BadInputError(f"{VARIABLE}: {named} is no program")
        return Path(named)
    beside = Path(sys.executable).parent / NAME
    return beside if beside.exists() else built()


def built() -> Path:
    """The program, from the cache or built now; progress is shown on standard error."""
    sources = Path(compose.__file__).parent / "go"
    return build_module(GoModule("the reader of Compose files", sources, {NAME: "."})) / NAME
