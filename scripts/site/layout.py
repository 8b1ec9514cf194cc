"""The pages of the site, each with what it is made of; and the folder that the generator reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from scripts.site.links import for_site
from scripts.site.nav import expanded

ROOT = Path(__file__).parents[2]
CONFIG = "mkdocs.yml"
_STYLE = "scripts/site/site.css"
_TOP = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "reporting.md",
    _STYLE: "assets/site.css",
}
"""Files outside of docs/, and where they are on the site."""


def pages(root: Path = ROOT) -> dict[str, str]:
    """Every file of the site: its path in the repository, and its path on the site."""
    files = (path.relative_to(root) for path in sorted((root / "docs").rglob("*")) if path.is_file())
    return {path.as_posix(): _on_site(path.relative_to("docs")) for path in files} | _TOP


def _on_site(path: Path) -> str:
    """README.md is what a code host shows for a folder; a site calls it index."""
    return (path.with_name("index.md") if path.name == "README.md" else path).as_posix()


def contents(root: Path = ROOT) -> dict[str, bytes]:
    """What the generator reads, by path. Raises ValueError for a link or an order of pages that cannot be right."""
    placed = pages(root)
    made = {f"pages/{place}": _content(root, source, placed) for source, place in placed.items()}
    return made | {CONFIG: _config(root, placed)}


def _content(root: Path, source: str, placed: dict[str, str]) -> bytes:
    raw = (root / source).read_bytes()
    return for_site(raw.decode(), source, placed, root).encode() if source.endswith(".md") else raw


def _config(root: Path, placed: dict[str, str]) -> bytes:
    config: dict[str, Any] = yaml.safe_load((root / CONFIG).read_text(encoding="utf-8"))
    config["nav"] = expanded(config["nav"], (place for place in placed.values() if place.endswith(".md")))
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True).encode()


def lay_out(folder: Path, root: Path = ROOT) -> None:
    """Make `folder` what the generator reads. What is right already is not touched: it may be watched."""
    made = contents(root)
    for path in [path for path in (folder / "pages").rglob("*") if path.is_file()]:
        if path.relative_to(folder).as_posix() not in made:
            path.unlink()
    for name, content in made.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
