"""Build the site, or show it while its pages are written: ``python -m scripts.site build|serve``."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from scripts.site.layout import CONFIG, ROOT, lay_out

FOLDER = ROOT / "build"
_LOOK_EVERY = 0.5
"""Seconds between two looks at whether a page has changed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 1 where the site cannot be right, 130 where Ctrl-C ended it."""
    parser = argparse.ArgumentParser(prog="python -m scripts.site", description=__doc__.partition("\n")[0])
    parser.add_argument("action", choices=("build", "serve"))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to lay the pages out and to make the site")
    options = parser.parse_args(arguments)
    try:
        lay_out(options.folder)
        return _build(options.folder) if options.action == "build" else _serve(options.folder)
    except ValueError as error:
        print(f"scripts.site: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _command(action: str, folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "zensical", action, "--config-file", str(folder / CONFIG), *options]


def _build(folder: Path) -> int:
    """All of it anew: a page that is kept from before is not looked at for links that lead nowhere."""
    built = subprocess.run(_command("build", folder, "--strict", "--clean"), check=False)
    return 1 if built.returncode else 0


def _serve(folder: Path) -> int:
    """Until it ends. A mistake in a page is told, and what was right before goes on being shown."""
    with subprocess.Popen(_command("serve", folder)) as server:
        told = ""
        while server.poll() is None:
            time.sleep(_LOOK_EVERY)
            wrong = _problem(folder)
            if wrong and wrong != told:
                print(f"scripts.site: {wrong}", file=sys.stderr)
            told = wrong
        return server.returncode


def _problem(folder: Path) -> str:
    try:
        lay_out(folder)
    except ValueError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    sys.exit(main())
