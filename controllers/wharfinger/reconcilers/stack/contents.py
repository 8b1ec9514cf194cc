"""The content of ConfigMaps and Secrets that Stacks name, read once for each version of them.

A watch keeps digests only (see `reconcilers.content`): the content itself is asked for when a Stack names it, and again
when its digest changes.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterable
from typing import Final

from cachetools import LRUCache

from wharfinger.api.builtin import CONFIG_MAP, SECRET
from wharfinger.api.resource import Object, Resource
from wharfinger.engine.controller import Context
from wharfinger.engine.errors import NotFound
from wharfinger.reconcilers.content import DIGEST
from wharfinger.reconcilers.stack.sources import Contents, Data, Kind, Reference
from wharfinger.reconcilers.watches import CONTENT

_RESOURCES: Final[dict[Kind, Resource]] = {"ConfigMap": CONFIG_MAP, "Secret": SECRET}
_RECENT: Final = 256
"""Objects whose content is kept."""


class ContentReader:
    """Reads content, and remembers it while its digest stays the same."""

    def __init__(self) -> None:
        self._known: LRUCache[tuple[Kind, str, str], tuple[str, Data]] = LRUCache(_RECENT)

    async def read(self, context: Context, namespace: str, references: Iterable[Reference]) -> Contents:
        """What the references name. Raises `ApiError` for what cannot be asked for now."""
        wanted = {(each.kind, each.name) for each in references}
        return {(kind, name): await self._one(context, kind, namespace, name) for kind, name in sorted(wanted)}

    async def _one(self, context: Context, kind: Kind, namespace: str, name: str) -> Data | None:
        if CONTENT[kind] not in context.stores:
            return None
        digested = context.stores[CONTENT[kind]].get(namespace, name)
        if digested is None:
            return None
        known = self._known.get((kind, namespace, name))
        if known is not None and known[0] == digested[DIGEST]:
            return known[1]
        try:
            obj = await context.client.get(_RESOURCES[kind], namespace, name)
        except NotFound:
            return None
        data = text_of(kind, obj)
        self._known[kind, namespace, name] = (digested[DIGEST], data)
        return data


def text_of(kind: Kind, obj: Object) -> Data:
    """The keys that hold text, decoded. What is binary is not there: no document refers to it as text."""
    if kind == "ConfigMap":
        return dict(obj.get("data") or {})
    decoded = {key: _decoded(value) for key, value in (obj.get("data") or {}).items()}
    return {key: value for key, value in decoded.items() if value is not None}


def _decoded(value: str) -> str | None:
    try:
        return b64decode(value).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
