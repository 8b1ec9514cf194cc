"""What a deploy writes: the Stack, with the Secrets and ConfigMaps that it brings. Pure.

The documents go as they are. What `secrets` takes from files and variables becomes Secrets, here and not by the
operator, so that no secret lies open in the Stack and the operator needs no right to read one: a document of our own at
the end says that they are external.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from posixpath import normpath
from typing import Any, Final

from wharfinger.api import API_VERSION
from wharfinger.api.kinds import STACK
from wharfinger.api.resource import Key
from wharfinger.cli.console import yaml_text
from wharfinger.cli.stack.brought import Piece, Secret, chunks, config_map, secret_name, secret_object
from wharfinger.compose.parser import Dialect

Object = dict[str, Any]

SECRETS_DOCUMENT: Final = "wharfinger-secrets.yaml"
SCALE_DOCUMENT: Final = "wharfinger-scale.yaml"

INLINE: Final = 700_000
"""Bytes of documents and files that a Stack holds itself: etcd takes one and a half million with everything."""
MOST_FILES: Final = 64
"""Entries of `spec.files`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a Stack is made of."""

    documents: Mapping[str, str]
    """Text by path, in their order."""
    files: Mapping[str, str]
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the command line says besides."""

    profiles: Sequence[str] = ()
    dialect: Dialect | None = None
    prune: bool = False
    defaults: Object = field(default_factory=dict)
    """`spec.defaults`."""
    scale: Mapping[str, int] = field(default_factory=dict)
    """Counts by service, whatever the documents say."""
    registry_auth: bool = False
    """Whether docker's credentials for the images come along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The objects of a deploy. Those that the Stack brings have no owner yet: see `owned`."""

    stack: Object
    brought: tuple[Object, ...]


def hidden(content: Content, found: Sequence[Secret], stack: Key) -> Content:
    """The content without secrets, and with the document that says where they are."""
    if not found:
        return content
    files, variables = {each.file for each in found}, {each.variable for each in found}
    entries = "".join(_external(each, stack) for each in found)
    return Content(
        documents={**content.documents, SECRETS_DOCUMENT: f"secrets:\n{entries}"},
        files={path: text for path, text in content.files.items() if normpath(path) not in files},
        env={name: value for name, value in content.env.items() if name not in variables},
    )


def _external(secret: Secret, stack: Key) -> str:
    """An entry of `secrets` that takes the place of the document's own."""
    return f"  {json.dumps(secret.key)}: !override\n    external: true\n    name: {secret_name(secret, stack)}\n"


def scaled(content: Content, project: Object, replicas: Mapping[str, int]) -> Content:
    """The content with a document at the end that says how many of some services there are, as `--scale` does."""
    if not replicas:
        return content
    services = project.get("services") or {}
    over = {
        name: {"deploy": {"replicas": count}} | ({"scale": count} if "scale" in services.get(name, {}) else {})
        for name, count in replicas.items()
    }
    return replace(content, documents={**content.documents, SCALE_DOCUMENT: yaml_text({"services": over})})


def bundle(content: Content, found: Sequence[Secret], settings: Settings, stack: Key) -> Bundle:
    """The Stack of that namespace and name, and what it brings. `content` has no secrets: see `hidden`."""
    documents, files, maps = _placed(content, stack)
    spec: Object = {
        "documents": documents,
        "files": files,
        "env": [{"name": name, "value": value} for name, value in sorted(content.env.items())],
        "profiles": list(settings.profiles),
        "dialect": settings.dialect,
        "defaults": settings.defaults,
    }
    return Bundle(
        stack={
            "apiVersion": API_VERSION,
            "kind": STACK.kind,
            "metadata": {"name": stack[1], "namespace": stack[0]},
            "spec": {name: value for name, value in spec.items() if value} | {"prune": settings.prune},
        },
        brought=(*(secret_object(each, stack) for each in found), *maps),
    )


def pulling_with(made: Bundle, secret: Object) -> Bundle:
    """The bundle with one more Secret, by which all images are pulled."""
    spec = made.stack["spec"]
    block = spec.get("defaults", {})
    others = block.get("imagePullSecrets", [])
    with_it = {**block, "imagePullSecrets": [*others, {"name": secret["metadata"]["name"]}]}
    return Bundle(stack={**made.stack, "spec": {**spec, "defaults": with_it}}, brought=(*made.brought, secret))


def _placed(content: Content, stack: Key) -> tuple[list[Object], list[Object], list[Object]]:
    """`spec.documents`, `spec.files`, and the ConfigMaps of what is too large, or too many, to lie in the Stack."""
    room = INLINE - _size(content.documents)
    documents = list(chunks(content.documents)) if room < 0 else []
    files = (
        list(chunks(content.files)) if _size(content.files) > max(room, 0) or len(content.files) > MOST_FILES else []
    )
    maps = [config_map(chunk, stack) for chunk in (*documents, *files)]
    placed = list(zip(maps, (*documents, *files), strict=True))
    return (
        [each for made, chunk in placed[: len(documents)] for each in _references(made, chunk)]
        or [{"name": path, "content": text} for path, text in content.documents.items()],
        [_projection(made, chunk) for made, chunk in placed[len(documents) :]]
        or [{"path": path, "content": text} for path, text in sorted(content.files.items())],
        maps,
    )


def _references(made: Object, chunk: list[Piece]) -> list[Object]:
    name = made["metadata"]["name"]
    return [{"name": piece.path, "configMapKeyRef": {"name": name, "key": piece.key}} for piece in chunk]


def _projection(made: Object, chunk: list[Piece]) -> Object:
    items = [{"key": piece.key, "path": piece.path} for piece in chunk]
    return {"configMap": {"name": made["metadata"]["name"], "items": items}}


def _size(texts: Mapping[str, str]) -> int:
    return sum(len(text.encode()) for text in texts.values())
