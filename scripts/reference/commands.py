"""The pages of the command line: every command and option, and the operator's with their variables."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

import typer
from scripts.reference.markdown import code, page, prose, table

from wharfinger.cli.main import app

OPERATOR = "run"
"""The command that runs the operator has a page of its own."""


def commands() -> dict[str, Any]:
    """Every command by what one types after ``wharfinger``; groups are no commands."""
    return dict(sorted(_within(typer.main.get_command(app), "")))


def _within(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        for word, child in command.commands.items():
            yield from _within(child, f"{name} {word}".strip())
    elif not command.hidden:
        yield name, command


def commands_page() -> str:
    """All commands but the operator's."""
    listed = {name: command for name, command in commands().items() if name != OPERATOR}
    return page(
        "Commands",
        "Every command with its arguments and options, as `--help` has them. What they are for, with examples, is in "
        "[command line](../cli.md); the options of `wharfinger run` are in [the operator](operator.md).",
        *(f"## `wharfinger {name}`\n\n{_help(command)}\n\n{_parameters(command)}" for name, command in listed.items()),
    )


def operator_page() -> str:
    """The options of ``wharfinger run`` with their environment variables."""
    command = commands()[OPERATOR]
    rows = [
        (_names(option), code(option.envvar), _default(option), _meaning(option))
        for option in command.params
        if not option.hidden
    ]
    return page(
        "The operator's options",
        "What `wharfinger run` can be told, on its command line or by its environment. [Helm](helm-values.md) has "
        "values for the usual ones, and `extraArgs` and `env` for the others.",
        table(("option", "variable", "default", "meaning"), rows),
        "A flag (without a word in capitals behind it) is turned on by a variable that is `true`, and off by `false`.",
    )


def _help(command: Any) -> str:
    return "\n\n".join(prose(paragraph) for paragraph in (command.help or "").split("\n\n"))


def _parameters(command: Any) -> str:
    rows = [
        (_names(parameter), _default(parameter), _meaning(parameter))
        for parameter in command.params
        if not parameter.hidden
    ]
    return table(("argument or option", "default", "meaning"), rows)


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return code(parameter.metavar or parameter.name.upper())
    word = "" if parameter.is_flag else f" {parameter.metavar or 'TEXT'}"
    if not parameter.is_flag and not parameter.metavar:
        word = f" {'N' if isinstance(parameter.default, int) else parameter.name.upper().replace('_', '-')}"
    names = (*parameter.opts, *parameter.secondary_opts)
    return ", ".join(code(name + word) for name in names)


def _default(parameter: Any) -> str:
    if parameter.required:
        return "**required**"
    default = "on" if parameter.default is True else parameter.default
    return code(default.value if isinstance(default, Enum) else default) if default not in (None, False) else ""


def _meaning(parameter: Any) -> str:
    choices = [choice.value for each in _types(parameter.type_descriptor.annotation) for choice in each]
    return prose(parameter.help or "") + (f" One of {', '.join(map(code, choices))}." if choices else "")


def _types(annotation: Any) -> Iterator[type[Enum]]:
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, Enum):
            yield each
