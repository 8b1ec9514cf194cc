"""What the client's requests are made of: media types, queries, and the reading of watch events."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from wharfinger.api.depth import DEEPEST
from wharfinger.api.resource import Object, Resource
from wharfinger.engine.errors import from_status
from wharfinger.engine.transport import Request

JSON = {"Content-Type": "application/json"}
APPLY = {"Content-Type": "application/apply-patch+yaml"}  # JSON is YAML, and older servers know no apply-patch+json
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}

_GO_ESCAPES = (
    (b"<", b"\\u003c"),
    (b">", b"\\u003e"),
    (b"&", b"\\u0026"),
    ("\u2028".encode(), b"\\u2028"),
    ("\u2029".encode(), b"\\u2029"),
)


def request_for(  # noqa: PLR0917 - read in one line
    method: str,
    verb: str,
    resource: Resource,
    path: str,
    query: str,
    body: Any,
    headers: Mapping[str, str] = JSON,
) -> Request:
    """A request with a body."""
    return Request(
        method=method,
        verb=verb,
        resource=str(resource),
        path=path,
        query=query,
        body=encoded(body),
        headers=headers,
    )


def encoded(body: Any) -> bytes:
    """JSON to the byte as Go's encoding/json writes it: keys sorted, and five characters escaped.

    The API server keeps fields of free form as the bytes that were sent, encodes the object anew at every patch, and
    compares: a ControllerRevision made from other bytes cannot even get a label any more ("data: field is immutable").
    """
    text = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    for plain, escaped in _GO_ESCAPES:  # all of them occur within strings only
        text = text.replace(plain, escaped)
    return text


def selectors(label_selector: str, field_selector: str) -> dict[str, str]:
    """The part of a query that selects; empty selectors left out."""
    given = {"labelSelector": label_selector, "fieldSelector": field_selector}
    return {name: value for name, value in given.items() if value}


@functools.cache
def write_query(manager: str, *, dry_run: bool = False, force: bool | None = None) -> str:
    """Few differ, and each write needs one: encoded once."""
    query = {"fieldManager": manager, "fieldValidation": "Strict"}
    if dry_run:
        query["dryRun"] = "All"
    if force is not None:
        query["force"] = "true" if force else "false"
    return urlencode(query)


def decoded(text: bytes) -> Any:
    """What JSON says. Where that is nested deeper than orjson reads (1,024), null stands for what is too deep.

    The API server takes documents 10,000 deep: one of them in one namespace would end the operator of all.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return orjson.loads(_cut(text))


_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[{\[]|[}\]]|[^"{}\[\]]+', re.DOTALL)


def _cut(text: bytes) -> bytes:
    """The same JSON, with null for each object and list below `DEEPEST` levels."""
    kept: list[bytes] = []
    depth = 0
    for token in _TOKENS.findall(text):
        opens, closes = token in (b"{", b"["), token in (b"}", b"]")
        depth += opens
        if depth <= DEEPEST:
            kept.append(token)
        elif opens and depth == DEEPEST + 1:
            kept.append(b"null")
        depth -= closes
    return b"".join(kept)


def event_of(line: bytes) -> Object:
    """A watch event, decoded; raises what an ERROR event says."""
    event: Object = decoded(line)
    if event["type"] == "ERROR":
        raise from_status(event["object"], 0)
    return event
