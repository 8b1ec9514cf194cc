"""Nodes: what the store keeps of them, read once for each version."""

from __future__ import annotations

from typing import Final

from cachetools import LRUCache

from wharfinger.api.resource import Object
from wharfinger.placement import Node, read_node

_MANY: Final = 16384
"""Nodes whose reading is kept."""

_nodes: Final[LRUCache[tuple[str, str], Node]] = LRUCache(_MANY)


def read(obj: Object) -> Node:
    """The node of a stored object."""
    version = (obj["metadata"]["uid"], obj["metadata"]["resourceVersion"])
    found = _nodes.get(version)
    if found is None:
        found = _nodes[version] = read_node(obj)
    return found


def changed(old: Object | None, new: Object | None) -> bool:
    """Whether a node changed in what says where pods may be."""
    if old is None or new is None:
        return old is not new
    return read(old) != read(new)
