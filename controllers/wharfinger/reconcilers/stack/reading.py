"""Stacks as they are stored, read once for each generation."""

from __future__ import annotations

from dataclasses import dataclass

from cachetools import LRUCache
from pydantic import ValidationError

from wharfinger.api.findings import findings
from wharfinger.api.parse import InvalidSpec
from wharfinger.api.resource import Object
from wharfinger.api.schema import structural
from wharfinger.api.stack import StackSpec

_RECENT = 1024
"""Stacks whose reading is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A Stack that can be acted on."""

    name: str
    namespace: str
    uid: str
    spec: StackSpec


_known: LRUCache[tuple[str, int], Stack] = LRUCache(_RECENT)


def parse(obj: Object) -> Stack:
    """The Stack that a document describes. Raises `InvalidSpec`."""
    metadata, spec = obj["metadata"], obj.get("spec")
    try:
        parsed = StackSpec.model_validate(spec, by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidSpec(findings(error, spec, root="spec", schema=structural(StackSpec))) from error
    return Stack(
        name=metadata["name"],
        namespace=metadata.get("namespace") or "default",
        uid=metadata.get("uid", ""),
        spec=parsed,
    )


def read(obj: Object) -> Stack:
    """The same of a stored resource, whose uid and generation stand for its spec."""
    metadata = obj["metadata"]
    version = (metadata["uid"], metadata["generation"])
    known = _known.get(version)
    if known is None:
        known = _known[version] = parse(obj)
    return known


def readable(obj: Object) -> Stack | None:
    """The same, or None for what cannot be read."""
    try:
        return read(obj)
    except InvalidSpec:
        return None
