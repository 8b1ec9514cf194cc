"""Where two JSON values differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wharfinger.api.findings import Path, text
from wharfinger.api.resource import Object


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that has one value here and another there. None is absence."""

    path: Path
    before: Any
    after: Any

    def at(self, root: str = "") -> str:
        """The path as people write it."""
        return text(root, self.path)

    def to_json(self) -> Object:
        """For scripts."""
        return {"path": self.at(), "before": self.before, "after": self.after}


def differences(before: Any, after: Any, path: Path = ()) -> Iterator[Difference]:
    """The deepest fields that differ; a list of another length differs as a whole."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from differences(before.get(name), after.get(name), (*path, name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, (*path, index))
    elif before != after:
        yield Difference(path, before, after)
