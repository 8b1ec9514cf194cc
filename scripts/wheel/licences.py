"""Which licence a text is, for the few that our modules have: one that is not among them stops the build."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence by its SPDX identifier, and the text that names its holders."""

    id: str
    text: str


_REDISTRIBUTION: Final = "redistribution and use in source and binary forms, with or without modification"
_ENDORSE: Final = "used to endorse or promote products derived from this software"

_MARKS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("Apache-2.0", ("apache license version 2.0, january 2004",)),
    ("Apache-2.0", ("licensed under the apache license, version 2.0",)),
    ("BSD-3-Clause", (_REDISTRIBUTION, _ENDORSE)),
    ("ISC", ("permission to use, copy, modify, and/or distribute this software for any purpose",)),
    ("MIT", ("permission is hereby granted, free of charge, to any person obtaining a copy",)),
    ("MPL-2.0", ("mozilla public license version 2.0",)),
)
"""SPDX identifiers, and what such a text says, all of it, in lower case and with single spaces."""


def licences_of(directory: Path) -> list[Licence]:
    """The licences in a module's directory. Raises LookupError where none is found that we know."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(directory.iterdir()) if _is_licence(path)]
    found = [Licence(each, text) for text in texts for each in identify(text)]
    if not found:
        raise LookupError(f"{directory.name}: no licence is found that scripts/wheel/licences.py knows")
    return found


def identify(text: str) -> list[str]:
    """SPDX identifiers of the licences in a text, sorted; none where we know none of them."""
    plain = " ".join(text.lower().split())
    found = {name for name, marks in _MARKS if all(mark in plain for mark in marks)}
    if _REDISTRIBUTION in plain and "BSD-3-Clause" not in found:
        found.add("BSD-2-Clause")
    return sorted(found)


def _is_licence(path: Path) -> bool:
    """As Go's own tools look for it. LICENSE.docs and the like are about something that is not linked."""
    return path.is_file() and path.name.upper() in {"LICENSE", "LICENCE", "COPYING", "LICENSE.MD", "LICENSE.TXT"}
