"""The objects that a Stack brings along: Secrets of what `secrets` names, and ConfigMaps of what is too large. Pure.

They are named by their content and never change, so that a Stack never sees half of an update: a change is other
objects, and a Stack that refers to them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from posixpath import normpath
from typing import Any, Final

from wharfinger.api import API_VERSION
from wharfinger.api.builtin import CONFIG_MAP, SECRET
from wharfinger.api.kinds import STACK
from wharfinger.api.labels import STACK_BROUGHT_LABEL
from wharfinger.api.resource import Key, Resource
from wharfinger.compose import names
from wharfinger.compose.groups.contents import KEY

Object = dict[str, Any]

_CHUNK: Final = 900_000
"""Bytes in one ConfigMap: Kubernetes takes a mebibyte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What a secret of the project takes from a file, or from a variable."""

    key: str
    """Name in the document."""
    content: str
    file: str | None = None
    variable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A text, and the key that it has in a ConfigMap."""

    key: str
    path: str
    text: str


def secrets(project: Object, files: Mapping[str, str], environment: Mapping[str, str]) -> list[Secret]:
    """Those that services use and whose content is here. `project` is in canonical form."""
    by_path = {normpath(path): text for path, text in files.items()}
    found = []
    for key, entry in (project.get("secrets") or {}).items():
        path, variable = entry.get("file"), entry.get("environment")
        content = by_path.get(normpath(path)) if path else environment.get(variable or "")
        if content is not None and _used(project, key):
            found.append(Secret(key=key, content=content, file=normpath(path) if path else None, variable=variable))
    return found


def _used(project: Object, key: str) -> bool:
    services = (project.get("services") or {}).values()
    return any(used["source"] == key for service in services for used in service.get("secrets") or ())


def secret_name(secret: Secret, stack: Key) -> str:
    """Of its Secret. `stack` is the Stack's namespace and name."""
    return f"{names.legal(f'{stack[1]}-{secret.key}')}-{_hash(*stack, secret.key, secret.content)}"


def secret_object(secret: Secret, stack: Key) -> Object:
    """The Secret, as services expect one that is external."""
    content = b64encode(secret.content.encode()).decode()
    return {**brought(SECRET, secret_name(secret, stack), stack), "immutable": True, "data": {KEY: content}}


def chunks(texts: Mapping[str, str]) -> Iterator[list[Piece]]:
    """Texts for a ConfigMap each, in their order. One that is larger than a ConfigMap is alone, and will be refused."""
    chunk: list[Piece] = []
    size = 0
    for path, text in texts.items():
        more = len(text.encode())
        if chunk and size + more > _CHUNK:
            yield chunk
            chunk, size = [], 0
        chunk.append(Piece(key=f"file-{len(chunk)}", path=path, text=text))
        size += more
    if chunk:
        yield chunk


def config_map(chunk: list[Piece], stack: Key) -> Object:
    """A ConfigMap of these texts."""
    name = f"{stack[1]}-files-{_hash(*stack, *(part for piece in chunk for part in (piece.path, piece.text)))}"
    data = {piece.key: piece.text for piece in chunk}
    return {**brought(CONFIG_MAP, name, stack), "immutable": True, "data": data}


def brought(resource: Resource, name: str, stack: Key) -> Object:
    """An object with the label that says which Stack it is for."""
    labels = {STACK_BROUGHT_LABEL: stack[1]}
    metadata = {"name": name, "namespace": stack[0], "labels": labels}
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata}


def owned(obj: Object, stack: Object) -> Object:
    """The object as the Stack's: it goes with it. Not as a controller's own, so that the operator leaves it be."""
    metadata = stack["metadata"]
    owner = {"apiVersion": API_VERSION, "kind": STACK.kind, "name": metadata["name"], "uid": metadata["uid"]}
    return {**obj, "metadata": {**obj["metadata"], "ownerReferences": [owner]}}


def _hash(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=5).hexdigest()
