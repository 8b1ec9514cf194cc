"""``wharfinger completion``: the script by which a shell asks this program what may come next."""

import os
from enum import StrEnum
from typing import Annotated

import typer


class Shell(StrEnum):
    """The shells that it can be printed for."""

    bash = "bash"
    zsh = "zsh"
    fish = "fish"
    powershell = "powershell"


_PROGRAM = "wharfinger"
_VARIABLE = "_WHARFINGER_COMPLETE"
"""Set to source_SHELL, the program prints the script; set to complete_SHELL, it completes."""


def completion(context: typer.Context, shell: Annotated[Shell, typer.Argument(help="Which shell.")]) -> None:
    """Print the completion script of a shell. It completes commands, options, and the names of workloads.

    bash: source <(wharfinger completion bash)
    """
    os.environ[_VARIABLE] = f"source_{shell}"
    try:
        context.find_root().command.main(args=[], prog_name=_PROGRAM, complete_var=_VARIABLE)
    except SystemExit as end:
        raise typer.Exit(int(end.code or 0)) from end
    finally:
        del os.environ[_VARIABLE]
