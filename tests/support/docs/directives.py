"""The comment above a fenced block, which readers do not see: `<!-- docs-test: KEY=VALUE … -->`.

The words are few, and CONTRIBUTING.md has them; any other is an error.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

GIVEN = Path(__file__).with_name("given")

NEEDS = {
    "registry": "an image registry or a chart repository that answers",
    "engine": "docker or podman",
    "program": "a program that no package brings here",
    "shell": "another shell than bash",
    "machine": "a machine that it may change, such as by installing packages or writing to ~/.kube",
    "hours": "more time than tests may take",
}
"""Why a block cannot be run."""

VALUES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "needs": frozenset(NEEDS),
        "on": frozenset({"simulated", "real", "both"}),
        "start": frozenset({"operator", "kinds", "bare"}),
        "output": frozenset({"lines", "headers", "last"}),
        "as": frozenset(
            {"objects", "workload-spec", "helm-values", "kustomization", "prometheus", "policy-validations"}
        ),
        "goes-on": frozenset({"yes"}),
    }
)
"""The words that take one of a few values."""

_FREE = frozenset({"covered-by", "given", "file", "exit"})
_PLACEHOLDER = re.compile(r"[A-Z][A-Z_]*")


class NotUnderstoodError(ValueError):
    """A comment that says what nobody understands."""


@dataclass(frozen=True)
class Directives:
    """What the comment says; the defaults are those of a block without one."""

    needs: str = ""
    """Why it is not run (a key of `NEEDS`): it is checked without being run."""
    covered_by: str = ""
    """The test that runs it, as `PATH` or `PATH::NAME`: it is not run once more."""
    on: str = "simulated"
    """Which nodes it is run on."""
    start: str = ""
    """What is there before it: `operator`, `kinds` (the CRDs alone) or `bare`, a new cluster. Empty: as it was left."""
    given: tuple[str, ...] = ()
    """Scripts of `GIVEN` that are run before it."""
    file: str = ""
    """The name under which the block is kept, for the commands after it."""
    exits: tuple[int, ...] = (0,)
    """Exit codes of its commands in order; the last one holds for the rest."""
    output: str = "lines"
    """What of the output that is shown must come: its lines; the headers of tables; or the last line."""
    goes_on: bool = False
    """Its commands do not end by themselves: they are interrupted once they have written something."""
    kind: str = ""
    """Of YAML that is no Kubernetes object: what it is."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What stands for each word in capitals."""


def parse(text: str) -> Directives:
    """What the comment says, without its `docs-test:`. NotUnderstoodError where it is not in the vocabulary."""
    said: dict[str, str] = {}
    for word in shlex.split(text):
        key, equals, value = word.partition("=")
        if not equals or not value or key in said:
            raise NotUnderstoodError(f"not KEY=VALUE, or twice: {word}")
        said[key] = value
    for key, value in said.items():
        _check(key, value)
    return Directives(
        needs=said.get("needs", ""),
        covered_by=said.get("covered-by", ""),
        on=said.get("on", "simulated"),
        start=said.get("start", ""),
        given=tuple(filter(None, said.get("given", "").split(","))),
        file=said.get("file", ""),
        exits=tuple(int(code) for code in said.get("exit", "0").split(",")),
        output=said.get("output", "lines"),
        goes_on="goes-on" in said,
        kind=said.get("as", ""),
        values={key: value for key, value in said.items() if _PLACEHOLDER.fullmatch(key)},
    )


def _check(key: str, value: str) -> None:
    if key in VALUES:
        if value not in VALUES[key]:
            raise NotUnderstoodError(f"{key}={value}: one of {', '.join(sorted(VALUES[key]))}")
    elif key not in _FREE and not _PLACEHOLDER.fullmatch(key):
        raise NotUnderstoodError(
            f"{key}: one of {', '.join(sorted(VALUES.keys() | _FREE))}, or a placeholder in capitals"
        )
    if key == "exit" and not re.fullmatch(r"\d+(,\d+)*", value):
        raise NotUnderstoodError(f"exit={value}: numbers with commas between")
    if key == "given" and (missing := [name for name in value.split(",") if not (GIVEN / f"{name}.sh").is_file()]):
        raise NotUnderstoodError(f"given={value}: no {missing[0]}.sh in {GIVEN.name}/")
