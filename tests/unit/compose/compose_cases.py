"""Projects to convert: a directory of golden/ is one, with all the files that its documents refer to.

- ``compose.yaml``: the document.
- ``options.yaml``, where there is one: arguments of `Source` (environment, profiles) and of `convert` (dialect,
  defaults), by their names.
- ``expected.yaml``: what comes out; the findings are comments at its head.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.support.composing import parser

from wharfinger.compose.building.builder import Builder
from wharfinger.compose.convert import Conversion, convert
from wharfinger.compose.parser import Source
from wharfinger.compose.part import Defaults

GOLDEN = Path(__file__).parent / "golden"
_OURS = ("expected.yaml", "options.yaml")
_OF_SOURCE = ("environment", "env_files", "profiles")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A directory."""

    directory: Path

    @property
    def name(self) -> str:
        return self.directory.name

    @property
    def golden(self) -> Path:
        return self.directory / "expected.yaml"

    def files(self) -> dict[str, str]:
        found = sorted(path for path in self.directory.rglob("*") if path.is_file() and path.name not in _OURS)
        return {str(path.relative_to(self.directory)): path.read_text() for path in found}

    def options(self) -> dict[str, Any]:
        path = self.directory / "options.yaml"
        return yaml.safe_load(path.read_text()) if path.exists() else {}

    def converted(self) -> Conversion:
        return converted(self.files(), **self.options())


def cases() -> list[Case]:
    return [Case(directory=path) for path in sorted(GOLDEN.iterdir()) if (path / "compose.yaml").exists()]


def converted(files: dict[str, str] | str, **options: Any) -> Conversion:
    """What files, or one document, become."""
    given = {"compose.yaml": files} if isinstance(files, str) else files
    of_source = {name: options.pop(name) for name in _OF_SOURCE if name in options}
    dialect = options.pop("dialect", None)
    source = Source(documents=["compose.yaml"], files=given, name="shop", dialect=dialect or "compose", **of_source)
    document = parser().parse(source)
    said = options.pop("defaults", {})
    builder = Builder(**said.pop("builder")) if "builder" in said else None
    defaults = Defaults(**said, builder=builder)
    return convert(document, namespace="shop", files=given, dialect=dialect, defaults=defaults, **options)


def workloads(conversion: Conversion) -> dict[str, dict[str, Any]]:
    """The specs of the ContainerWorkloads, by name."""
    return {
        each["metadata"]["name"]: each["spec"] for each in conversion.objects if each["kind"] == "ContainerWorkload"
    }


def objects(conversion: Conversion, kind: str) -> dict[str, dict[str, Any]]:
    """The objects of one kind, by name."""
    return {each["metadata"]["name"]: each for each in conversion.objects if each["kind"] == kind}


def reasons(conversion: Conversion) -> dict[str, str]:
    """Path of each finding, and its reason."""
    return {each.path: each.reason for each in conversion.findings}
