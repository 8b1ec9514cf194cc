"""The page of labels and annotations: constants of the source, with the docstring under each."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from scripts.reference.markdown import code, page, prose, table
from scripts.reference.source import PACKAGE, module

_FILES = ("api/labels.py", "render/metadata.py", "engine/desired.py")
_PREFIX = "wharfinger.dev/"


class Key(NamedTuple):
    """A label's or annotation's key, and what is said of it."""

    key: str
    meaning: str


def labels_page() -> str:
    """Every key of ours, and the recommended labels that mark what we make."""
    return page(
        "Labels and annotations",
        "Those that Wharfinger reads or writes. To steer a rollout by them, see [rollouts](../rollouts.md#by-hand).",
        table(("key", "meaning"), [(code(each.key), prose(each.meaning)) for each in keys()]),
        "Everything that Wharfinger makes also carries Kubernetes' recommended labels "
        "`app.kubernetes.io/managed-by: wharfinger`, by which the operator watches it, "
        "`app.kubernetes.io/instance`, the workload's name, and `app.kubernetes.io/name`.",
    )


def keys() -> list[Key]:
    """Each key once, by name. Raises LookupError for one that says nothing of itself."""
    found: dict[str, str] = {}
    for key, meaning in _constants():
        found[key] = max(found.get(key, ""), meaning, key=len)
    silent = [key for key, meaning in found.items() if not meaning]
    if silent:
        raise LookupError(f"without a docstring: {', '.join(silent)}")
    return [Key(key, found[key]) for key in sorted(found)]


def _constants() -> Iterator[tuple[str, str]]:
    for name in _FILES:
        body = module(PACKAGE / name).body
        for statement, after in zip(body, [*body[1:], None], strict=True):
            match statement:
                case ast.Assign(value=ast.Constant(value=str(key))) if key.startswith(_PREFIX):
                    yield key, _docstring(after)


def _docstring(statement: ast.stmt | None) -> str:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
    return ""
