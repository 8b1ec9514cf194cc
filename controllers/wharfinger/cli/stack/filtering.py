"""docker's ``--filter KEY=VALUE``: of one key any of the values, of several keys all. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from wharfinger.cli.errors import BadInputError

Row = TypeVar("Row")


def wanted(filters: Sequence[str], known: Mapping[str, Callable[[Any, str], bool]]) -> Callable[[Any], bool]:
    """Whether a row is to be shown. Raises BadInputError for a key that is none."""
    by_key: dict[str, list[str]] = {}
    for text in filters:
        key, equals, value = text.partition("=")
        if not equals or key not in known:
            raise BadInputError(f"--filter {text}: write KEY=VALUE; the keys are {', '.join(sorted(known))}")
        by_key.setdefault(key, []).append(value)
    return lambda row: all(any(known[key](row, value) for value in values) for key, values in by_key.items())
