"""Regular expressions of a document, run by RE2: in time linear in the text, whatever the pattern.

ECS takes Java's. What Java has and RE2 has not (look-around, back-references, possessive quantifiers) is refused.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import re2

_LARGEST: Final = 1 << 20
"""Bytes that a compiled pattern may take."""


class PatternError(ValueError):
    """No pattern. Its text says why."""


@lru_cache(maxsize=1024)
def pattern(text: str) -> Any:
    """A compiled pattern. PatternError where RE2 refuses it."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _LARGEST
    try:
        return re2.compile(text, options)
    except re2.error as error:
        raise PatternError(error.args[0].decode(errors="replace")) from None


def matches(text: str, value: str) -> bool:
    """Whether all of `value` is of the pattern: Java's String.matches."""
    return pattern(text).fullmatch(value) is not None
