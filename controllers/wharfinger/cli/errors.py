"""How a command fails: one line for a person, one exit code for a script."""

from typer import TyperException

NOT_WELL = 1
"""Something is not well, or what was asked failed."""
BAD_INPUT = 2
"""The command line or a document is wrong; trying again will not help."""
INTERRUPTED = 130
"""Ctrl-C: 128 + SIGINT, as shells have it."""


class CommandError(TyperException):
    """What was asked failed; the message is one line that says what to do about it."""

    exit_code = NOT_WELL


class BadInputError(CommandError):
    """The command line or a document is wrong."""

    exit_code = BAD_INPUT
