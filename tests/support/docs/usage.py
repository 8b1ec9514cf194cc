"""Commands that are not run, as far as they can be checked: the shell takes them; sub-commands and flags exist."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import typer.main

from tests.support.docs.pages import ROOT
from wharfinger.cli.main import app

_OPERATORS = frozenset({"|", "||", "&&", ";", "&", "(", ")", "<", ">", ">>", "<(", "|&", "\n"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*")
_FLAG = re.compile(r"--?[A-Za-z][\w-]*")
_WITH_VALUE = frozenset({"-n", "--namespace", "--context", "--kubeconfig"})
"""Flags that may stand before the sub-command, with a value after them."""
_TIMEOUT = 60.0


def syntax_error(command: str) -> str | None:
    """What bash says about it without running it; None if it takes it."""
    done = subprocess.run(("bash", "-n"), input=command, capture_output=True, text=True, check=False, timeout=_TIMEOUT)
    return done.stderr.strip() or None if done.returncode else None


def faults(script: str, helm: Path) -> list[str]:
    """What is wrong with the commands of a script, a line each."""
    found = [fault for argv in commands(script) if (fault := _fault(argv, helm))]
    return [f"{fault} in: {script.strip()}" for fault in found]


def commands(script: str) -> Iterator[list[str]]:
    """The simple commands in a script, without assignments and redirections' operators."""
    words: list[str] = []
    lexer = shlex.shlex(script.replace("\\\n", " ").replace("\n", " ; "), posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    for word in (*lexer, ";"):
        if set(word) <= set("();<>|&"):
            if words:
                yield words
            words = []
        elif words or not _ASSIGNMENT.fullmatch(word):
            words.append(word)


def _fault(argv: list[str], helm: Path) -> str | None:
    match argv:
        case ["wharfinger" | "kubectl-wharfinger", *rest] | ["kubectl", "wharfinger", *rest]:
            return _of_ours(rest)
        case ["kubectl", "krew", *_]:  # a plugin
            return None
        case ["kubectl", *rest]:
            return _of_cobra("kubectl", "kubectl", rest)
        case ["helm", *rest]:
            return _of_cobra("helm", str(helm), rest)
        case ["make", *rest]:
            return _of_make(rest)
    return None


def _of_make(words: list[str]) -> str | None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    unknown = [word for word in words if "=" not in word and not word.startswith("-") and word not in targets]
    return f"make has no target {unknown[0]}" if unknown else None


def _of_ours(words: list[str]) -> str | None:
    command: Any = typer.main.get_command(app)
    name = "wharfinger"
    words = list(words)
    while words and hasattr(command, "commands"):
        if words[0] == "…" or words[0].startswith("-"):
            break
        if words[0] not in command.commands:
            return f"{name} has no command {words[0]}"
        name, command = f"{name} {words[0]}", command.commands[words.pop(0)]
    known = {"--help", "-h"} | {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    return _unknown_flag(name, words, known)


def _of_cobra(name: str, program: str, words: list[str]) -> str | None:
    """Of kubectl and Helm, by their own help."""
    words = list(words)
    before: list[str] = []
    while words and words[0].startswith("-"):
        before.append(words.pop(0))
        if before[-1] in _WITH_VALUE and words:
            words.pop(0)
    if not words or words[0] == "…":
        return None
    path: list[str] = []
    while words and _is_command(name, program, (*path, words[0])):
        path.append(words.pop(0))
    if not path or (words and not words[0].startswith("-") and _is_group(_help(program, tuple(path)))):
        return f"{' '.join((name, *path))} has no command {words[0]}"
    known = set(
        _FLAG.findall(_help(program, tuple(path)) + (_help(program, ("options",)) if name == "kubectl" else ""))
    )
    return _unknown_flag(" ".join((name, *path)), [*before, *words], known | {"-h"})


def _is_command(name: str, program: str, path: tuple[str, ...]) -> bool:
    """Whether the help for these words is about just them: for an argument it is about the command before it."""
    if not re.fullmatch(r"[a-z][a-z-]*", path[-1]):
        return False
    usage = re.search(rf"^(?:Usage:)?\s*{name} {' '.join(path)}(\s|$)", _help(program, path), re.MULTILINE)
    return usage is not None and _help(program, path) != _help(program, path[:-1])


def _is_group(text: str) -> bool:
    """Whether the help is that of a command with commands below it: then a word after it is one of them."""
    return "Available Commands:" in text


@cache
def _help(program: str, path: tuple[str, ...]) -> str:
    command = (program, *path) if path == ("options",) else (program, *path, "--help")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT)
    return done.stdout + done.stderr


def _unknown_flag(name: str, words: list[str], known: set[str]) -> str | None:
    for word in words[: words.index("--")] if "--" in words else words:
        flag = word.partition("=")[0]
        if not _FLAG.fullmatch(flag) or flag in known or (not flag.startswith("--") and flag[:2] in known):
            continue
        return f"{name} has no flag {flag}"
    return None
