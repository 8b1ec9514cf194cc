"""The order of the pages: patterns stand for what they match, and every page is named once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from typing import Any

Nav = list[Any]
"""As mkdocs.yml has it: paths, ``{title: path}`` and ``{title: Nav}``."""


def expanded(nav: Nav, pages: Iterable[str]) -> Nav:
    """`nav` with each pattern replaced by the pages that it matches and nobody names, by name.

    Raises ValueError where a page is named that is not there, or one that is there is not reached.
    """
    there, given = set(pages), list(named(nav))
    if missing := sorted({path for path in given if "*" not in path} - there):
        raise ValueError(f"mkdocs.yml: nav names {', '.join(missing)}, which is not there")
    found = list(_expanded(nav, sorted(there - set(given))))
    if left := sorted(there - set(named(found))):
        raise ValueError(f"mkdocs.yml: nav leaves out {', '.join(left)}")
    return found


def named(nav: Nav) -> Iterator[str]:
    """Every path and pattern in it."""
    for entry in nav:
        for value in entry.values() if isinstance(entry, dict) else (entry,):
            yield from named(value) if isinstance(value, list) else (value,)


def _expanded(nav: Nav, unnamed: list[str]) -> Iterator[Any]:
    for entry in nav:
        if isinstance(entry, str):
            yield from (path for path in unnamed if fnmatch(path, entry)) if "*" in entry else (entry,)
        else:
            yield {
                title: list(_expanded(value, unnamed)) if isinstance(value, list) else value
                for title, value in entry.items()
            }
