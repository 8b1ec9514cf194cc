"""Write the CustomResourceDefinitions: ``python -m wharfinger.api.crd [--check] [DIR …]``.

One file a kind, named as the Kubernetes project names them: in crds/, and in the chart, which cannot reach beyond its
own folder. ``--check`` writes nothing and exits with 1 when a file is missing or stale: they are made, never edited.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from wharfinger.api.customresource import CustomResource, definition
from wharfinger.api.kinds import KINDS

FOLDERS = (Path("crds"), Path("helm/wharfinger/files/crds"))
"""Where they are published, relative to the repository."""

_HEADER = "# Generated from controllers/wharfinger/api by `make crds`; do not edit.\n"


class _Dumper(yaml.SafeDumper):
    """YAML without anchors, since reviewers read crds/."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def text(kind: CustomResource) -> str:
    """The file that publishes a kind."""
    return _HEADER + yaml.dump(definition(kind), Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)


def files() -> dict[str, str]:
    """Name and content of every file in crds/."""
    return {f"{kind.resource.group}_{kind.resource.plural}.yaml": text(kind) for kind in KINDS}


def stale(folder: Path) -> list[str]:
    """Names of the files in `folder` that are missing or differ from the models."""
    return [name for name, content in files().items() if not _same(folder / name, content)]


def _same(path: Path, content: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == content


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m wharfinger.api.crd", description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a file is stale")
    parser.add_argument("folders", nargs="*", type=Path, default=FOLDERS, metavar="DIR")
    options = parser.parse_args(arguments)
    if options.check:
        old = [folder / name for folder in options.folders for name in stale(folder)]
        for path in old:
            print(f"{path} is stale: run `make crds`", file=sys.stderr)
        return 1 if old else 0
    for folder in options.folders:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files().items():
            (folder / name).write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
