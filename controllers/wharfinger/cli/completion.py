"""``wharfinger completion``: the script by which a shell asks this program what may come next."""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
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


_DEFAULT, _NO_FILES = ":0", ":4"
"""cobra's ShellCompDirectiveDefault and ShellCompDirectiveNoFileComp."""


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


def complete_for_kubectl() -> None:
    """The program ``kubectl_complete-wharfinger``, which kubectl calls with the words after ``kubectl wharfinger``.

    It prints a candidate a line, then a colon and what the shell shall do, as kubectl's own commands answer. Source:
    KEP-2379, "Shell Completion Support".
    """
    for line in kubectl_answer(sys.argv[1:]):
        sys.stdout.write(f"{line}\n")


def kubectl_answer(words: Sequence[str]) -> list[str]:
    """The candidates for the last of the words, and the directive. Nothing to offer, the shell offers files."""
    found = _candidates(words or [""])
    return [*found, _NO_FILES if found else _DEFAULT]


def _candidates(words: Sequence[str]) -> list[str]:
    """What bash is offered: the program is asked as its completion script asks it."""
    asked = {_VARIABLE: "complete_bash", "COMP_WORDS": shlex.join([_PROGRAM, *words]), "COMP_CWORD": str(len(words))}
    command = [sys.executable, "-m", "wharfinger"]
    done = subprocess.run(command, env={**os.environ, **asked}, capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if line]
