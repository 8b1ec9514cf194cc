"""What a Stack refers to, and its documents put together for the parser. Pure.

Nothing is read but what the Stack names in its own namespace: no other variable, and no file of the operator's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import join
from typing import Final, Literal

import orjson

from wharfinger.api.findings import error_at
from wharfinger.api.parse import InvalidSpec
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.parser import Source
from wharfinger.reconcilers.stack.reading import Stack

Kind = Literal["ConfigMap", "Secret"]

Data = Mapping[str, str]
"""Text by key."""

Contents = Mapping[tuple[Kind, str], Data | None]
"""By kind and name; None where there is no such object."""

INLINE: Final = "spec.compose"
"""What the document that is an object is called: it has no lines to point at."""
_TEXT: Final = "compose.yaml"
_DOT_ENV: Final = ".env"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A ConfigMap or Secret that a Stack names."""

    kind: Kind
    name: str
    path: str
    """Where the Stack names it."""
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All that the parser needs."""

    source: Source
    secrets: frozenset[str] = field(repr=False)
    """Values that came from Secrets: nothing that is told may hold them."""


def references(stack: Stack) -> tuple[Reference, ...]:
    """Everything that the Stack names, in the order of its fields."""
    return tuple(_references(stack))


def gather(stack: Stack, contents: Contents) -> Gathered:
    """The documents, files and variables. Raises `InvalidSpec` for what is named and not there."""
    missing = [
        error_at(each.path, "ContentNotFound", f"there is no {each.kind} {each.name} in this namespace; make it")
        for each in references(stack)
        if contents.get((each.kind, each.name)) is None and not each.optional
    ]
    if missing:
        raise InvalidSpec(tuple(missing))
    known = _Known(contents)
    if stack.spec.compose is None and not stack.spec.documents:
        message = "compose or documents is required: the Compose file itself, or where it is kept"
        raise InvalidSpec((error_at("spec", "MissingField", message),))
    documents, files = dict(known.documents(stack)), dict(known.files(stack))
    variables = dict(known.variables(stack))
    if known.problems:
        raise InvalidSpec(tuple(known.problems))
    dialect = stack.spec.dialect or "compose"
    return Gathered(
        source=Source(
            documents=list(documents),
            files={**files, **documents},
            name=_project_name(stack.name),
            environment=variables,
            env_files=[_DOT_ENV] if _DOT_ENV in files and dialect == "compose" else [],
            profiles=list(stack.spec.profiles),
            dialect=dialect,
        ),
        secrets=_secrets(contents),
    )


def _project_name(name: str) -> str:
    """A Stack's name may begin with anything a DNS label does, and so may a project's; dots it has not."""
    return name.replace(".", "-")


# References


def _references(stack: Stack) -> Iterator[Reference]:
    spec = stack.spec
    for index, document in enumerate(spec.documents):
        where = f"spec.documents[{index}]"
        yield from _named("ConfigMap", document.config_map_key_ref, f"{where}.configMapKeyRef")
        yield from _named("Secret", document.secret_key_ref, f"{where}.secretKeyRef")
    for index, source in enumerate(spec.files):
        yield from _named("ConfigMap", source.config_map, f"spec.files[{index}].configMap")
        yield from _named("Secret", source.secret, f"spec.files[{index}].secret")
    for index, origin in enumerate(spec.env_from):
        yield from _named("ConfigMap", origin.get("configMapRef"), f"spec.envFrom[{index}].configMapRef")
        yield from _named("Secret", origin.get("secretRef"), f"spec.envFrom[{index}].secretRef")
    for index, variable in enumerate(spec.env):
        value = variable.get("valueFrom") or {}
        where = f"spec.env[{index}].valueFrom"
        yield from _named("ConfigMap", value.get("configMapKeyRef"), f"{where}.configMapKeyRef")
        yield from _named("Secret", value.get("secretKeyRef"), f"{where}.secretKeyRef")


def _named(kind: Kind, reference: Object | None, path: str) -> Iterator[Reference]:
    if reference is not None:
        optional = bool(reference.get("optional"))
        yield Reference(kind=kind, name=reference.get("name") or "", path=path, optional=optional)


# What they hold


class _Known:
    """What is to be had, and in `problems` what is not."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self.problems: list[Finding] = []

    def documents(self, stack: Stack) -> Iterator[tuple[str, str]]:
        """Name and text of each document, in the order in which they are merged."""
        compose = stack.spec.compose
        if isinstance(compose, str):
            yield _TEXT, compose
        elif isinstance(compose, dict):
            yield INLINE, orjson.dumps(compose).decode()
        elif compose is not None:
            self.problems.append(error_at(INLINE, "InvalidType", "must be a Compose file: an object, or its text"))
        for index, document in enumerate(stack.spec.documents):
            where = f"spec.documents[{index}]"
            if document.name == _TEXT and isinstance(compose, str):
                self.problems.append(error_at(f"{where}.name", "Duplicate", f"{_TEXT} is what `compose` is called"))
            elif document.content is not None:
                yield document.name, document.content
            elif (text := self._text(document.config_map_key_ref, document.secret_key_ref, where)) is not None:
                yield document.name, text

    def files(self, stack: Stack) -> Iterator[tuple[str, str]]:
        """Path and text of each file."""
        for index, source in enumerate(stack.spec.files):
            where = f"spec.files[{index}]"
            if source.content is not None:
                yield source.path or "", source.content
            elif source.config_map is not None:
                yield from self._projected("ConfigMap", source.config_map, source.path or "", where)
            elif source.secret is not None:
                yield from self._projected("Secret", source.secret, source.path or "", where)

    def variables(self, stack: Stack) -> Iterator[tuple[str, str]]:
        """Name and value of each variable; a later one wins."""
        for origin in stack.spec.env_from:
            prefix = origin.get("prefix") or ""
            for key, value in self._all(origin).items():
                yield f"{prefix}{key}", value
        for index, variable in enumerate(stack.spec.env):
            value_from = variable.get("valueFrom")
            if value_from is None:
                yield variable["name"], variable.get("value") or ""
                continue
            where = f"spec.env[{index}].valueFrom"
            text = self._text(value_from.get("configMapKeyRef"), value_from.get("secretKeyRef"), where)
            if text is not None:
                yield variable["name"], text

    def _all(self, origin: Object) -> Data:
        """Of an EnvFromSource."""
        kind: Kind = "ConfigMap" if "configMapRef" in origin else "Secret"
        reference = origin.get("configMapRef") or origin.get("secretRef") or {}
        return self._contents.get((kind, reference.get("name") or "")) or {}

    def _text(self, config_map: Object | None, secret: Object | None, where: str) -> str | None:
        """Of a key that a selector names; None where it is not there."""
        kind: Kind = "ConfigMap" if config_map is not None else "Secret"
        selector = config_map or secret or {}
        return self._key(kind, selector, selector.get("key", ""), where)

    def _projected(self, kind: Kind, projection: Object, directory: str, where: str) -> Iterator[tuple[str, str]]:
        """As a projected volume has them: all keys, or those that `items` name, each at its path."""
        data = self._contents.get((kind, projection.get("name") or "")) or {}
        items: Sequence[Object] = projection.get("items") or [{"key": key, "path": key} for key in data]
        for item in items:
            if (text := self._key(kind, projection, item["key"], where)) is not None:
                yield join(directory, item["path"]), text

    def _key(self, kind: Kind, reference: Object, key: str, where: str) -> str | None:
        """What a Stack refers to: it has to be there, and to hold the key."""
        name = reference.get("name") or ""
        data = self._contents.get((kind, name)) or {}
        if key not in data and not reference.get("optional"):
            message = f"the {kind} {name} has no key {key} with text in it"
            self.problems.append(error_at(where, "KeyNotFound", message))
        return data.get(key)


_SHORTEST = 4
"""Characters of a secret: shorter ones stand in texts by chance, and hide nothing."""


def _secrets(contents: Contents) -> frozenset[str]:
    return frozenset(
        line.strip()
        for (kind, _name), data in contents.items()
        if kind == "Secret" and data is not None
        for value in data.values()
        for line in (value, *value.splitlines())
        if len(line.strip()) >= _SHORTEST
    )
