"""Write the reference: ``python -m scripts.reference [--check]``.

It is kept in the repository, so that it can be read where the code is, and reviewed with the change that alters it.
``--check`` writes nothing and exits with 1 when a page is missing, stale, or of nothing that there is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.reference.chart import values_page
from scripts.reference.commands import commands_page, operator_page
from scripts.reference.compose import compose_page
from scripts.reference.conditions import conditions_page
from scripts.reference.findings import findings_page
from scripts.reference.kinds import kind_page
from scripts.reference.labels import labels_page
from scripts.reference.markdown import page, table
from scripts.reference.metrics import metrics_page

from wharfinger.api.kinds import KINDS

FOLDER = Path(__file__).parents[2] / "docs/reference"
INDEX = "README.md"


def pages() -> dict[str, str]:
    """Name and content of every page."""
    made = {
        **{f"{kind.resource.kind.lower()}.md": kind_page(kind) for kind in KINDS},
        "conditions.md": conditions_page(),
        "findings.md": findings_page(),
        "labels.md": labels_page(),
        "compose.md": compose_page(),
        "commands.md": commands_page(),
        "operator.md": operator_page(),
        "helm-values.md": values_page(),
        "metrics.md": metrics_page(),
    }
    return {INDEX: _index(made), **made}


def _index(made: dict[str, str]) -> str:
    rows = [(f"[{_line(text, 2).removeprefix('# ')}]({name})", _line(text, 4)) for name, text in made.items()]
    return page(
        "Reference", "Every field, option, reason and metric, generated from the source.", table(("", ""), rows)
    )


def _line(text: str, number: int) -> str:
    """A line of a page; of a paragraph, its first sentence without the links in it."""
    sentence = text.splitlines()[number].partition(". ")[0]
    return sentence if sentence.startswith("#") else sentence.rstrip(".") + "."


def stale(made: dict[str, str]) -> list[str]:
    """Names of pages that are missing, differ, or should not be there."""
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    return sorted(name for name in made.keys() | kept.keys() if made.get(name) != kept.get(name))


def write(made: dict[str, str]) -> None:
    """Make the folder as it should be."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale(made):
        path = FOLDER / name
        if name in made:
            path.write_text(made[name], encoding="utf-8")
        else:
            path.unlink()


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.reference", description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a page is stale")
    options = parser.parse_args(arguments)
    try:
        made = pages()
    except LookupError as error:
        print(f"scripts.reference: {error.args[0]}", file=sys.stderr)
        return 1
    if not options.check:
        write(made)
        return 0
    old = stale(made)
    for name in old:
        print(f"docs/reference/{name} is stale: run `make reference`", file=sys.stderr)
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
