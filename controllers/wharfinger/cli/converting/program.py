"""Where the program is that reads Compose documents: installed with us, or built where nobody has."""

import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wharfinger.cli.errors import BadInputError
from wharfinger.cluster import programs

NAME: Final = programs.COMPOSE
VARIABLE: Final = "WHARFINGER_COMPOSE_PROGRAM"


def program() -> Path:
    """What the variable names, what was installed with us, or what is built now, once.

    Raises BadInputError where the variable names nothing, ClusterError where no Go toolchain is there to build it.
    """
    if named := os.environ.get(VARIABLE):
        if not os.access(named, os.X_OK):
            raise BadInputError(f"{VARIABLE}: {named} is no program")
        return Path(named)
    return next((found for found in _installed() if found.exists()), None) or built()


def _installed() -> Iterator[Path]:
    """Where pip puts the programs of a wheel: of the image and environments, of the whole machine, of one user."""
    yield Path(sys.executable).parent / NAME
    yield Path(sysconfig.get_path("scripts")) / NAME
    yield Path(sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user"))) / NAME


def built() -> Path:
    """The program, from the cache or built now; progress is shown on standard error."""
    return programs.built(NAME)
