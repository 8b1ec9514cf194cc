"""What the client's requests are made of: media types, queries, and the reading of watch events."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

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


def event_of(line: bytes) -> Object:
    """A watch event, decoded; raises what an ERROR event says."""
    event: Object = orjson.loads(line)
    if event["type"] == "ERROR":
        raise from_status(event["object"], 0)
    return event
