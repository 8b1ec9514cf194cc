"""From files to a bundle: what is wrong with them is told, and nothing is written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from posixpath import normpath
from typing import Any, Final

from wharfinger.api.resource import Key
from wharfinger.api.status import Finding
from wharfinger.cli import console
from wharfinger.cli.converting import reading, tell
from wharfinger.cli.converting.reading import Gathered
from wharfinger.cli.errors import BadInputError
from wharfinger.cli.stack import registry
from wharfinger.cli.stack.brought import Secret, secrets
from wharfinger.cli.stack.bundle import (
    SECRETS_DOCUMENT,
    Bundle,
    Content,
    Settings,
    bundle,
    hidden,
    pulling_with,
    scaled,
)
from wharfinger.compose import names
from wharfinger.compose.convert import convert
from wharfinger.compose.parser import Document, Source
from wharfinger.compose.part import Defaults

Object = dict[str, Any]

_NAME: Final = re.compile(rf"[a-z]([-a-z0-9]{{0,{names.LONGEST - 2}}}[a-z0-9])?")
_INTERPOLATED: Final = re.compile(r"(?<!\$)\$\{?([A-Za-z_]\w*)")
_READ_FOR_VARIABLES: Final = (".yaml", ".yml", ".env")


def legal_name(name: str) -> str:
    """The Stack's name as it is. Raises BadInputError for one that it cannot have."""
    if not _NAME.fullmatch(name):
        raise BadInputError(
            f"{name}: is no name of a Stack; write at most {names.LONGEST} lower-case letters, digits and dashes, "
            "with a letter in front"
        )
    return name


def project_stack(gathered: Gathered) -> str:
    """The Stack of a project: called as the command line or the documents say, else as their directory."""
    if gathered.asked.project_name:
        return names.legal(reading.project_name(gathered.asked.project_name))
    return names.legal(str(reading.parsed(gathered.source()).project.get("name")))


def prepared(gathered: Gathered, settings: Settings, stack: Key) -> Bundle:
    """What a deploy writes. Findings go to standard error.

    Raises BadInputError where the documents are wrong, or would have to show a secret.
    """
    first = reading.parsed(replace(gathered.source(), name=stack[1], name_wins=False))
    content = scaled(_content(gathered, first), first.project, _known(first.project, settings.scale))
    found = secrets(first.project, gathered.source().files, first.environment)
    shown = hidden(content, found, stack)
    last = _read_again(gathered, shown, stack[1])
    if found:
        _check_hidden(first.project, last.project, found)
    _check(last, shown, settings, namespace=stack[0])
    _remind(content, first.environment)
    made = bundle(shown, found, settings, stack)
    return _with_credentials(made, last.project, stack) if settings.registry_auth else made


def _content(gathered: Gathered, first: Document) -> Content:
    """Of variables, those that the documents name, and those of the command line; never the whole environment."""
    named = (text for path, text in gathered.referred.items() if path.endswith(_READ_FOR_VARIABLES))
    texts = [*gathered.documents.values(), *named]
    used = {name for name in first.environment if name in gathered.variables or mentioned(name, texts)}
    return Content(
        documents=gathered.documents,
        files=gathered.referred,
        env={name: value for name, value in first.environment.items() if name in used},
    )


def mentioned(name: str, texts: Iterable[str]) -> bool:
    """Whether a variable's name stands anywhere as a word: ``${TAG}``, or `environment: [TAG]`."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return any(word.search(text) for text in texts)


def _known(project: Object, scale: Mapping[str, int]) -> Mapping[str, int]:
    for name in scale:
        if name not in (project.get("services") or {}):
            raise BadInputError(f"--scale {name}: there is no such service")
    return scale


def _read_again(gathered: Gathered, content: Content, name: str) -> Document:
    """Read what the Stack will say, as the operator will."""
    source = Source(
        documents=list(content.documents),
        files={**content.files, **content.documents},
        name=name,
        environment=content.env,
        env_files=[".env"] if ".env" in content.files else [],
        profiles=list(gathered.asked.profiles),
        dialect=gathered.asked.dialect or "compose",
    )
    return reading.parsed(source)


def _check_hidden(first: Object, last: Object, found: Sequence[Secret]) -> None:
    """Without what secrets are taken from, everything else has to be what it was."""
    configs = (first.get("configs") or {}).values()
    taken = {(normpath(each["file"]) if "file" in each else None, each.get("environment")) for each in configs}
    shared = any((each.file, each.variable) in taken for each in found)
    if shared or _unscaled(first) != _unscaled(last):
        raise BadInputError(
            "a file or variable of `secrets` is used elsewhere in the documents too, where it would lie open; "
            "take that from another file or variable"
        )


def _unscaled(project: Object) -> Object:
    """The services, without what ``--scale`` changes."""
    services = (project.get("services") or {}).items()
    return {name: {**service, "deploy": None, "scale": None} for name, service in services}


def _check(document: Document, content: Content, settings: Settings, *, namespace: str) -> None:
    """Tell what is not honoured. Raises BadInputError if something is an error."""
    conversion = convert(
        document,
        namespace=namespace,
        files=content.files,
        dialect=settings.dialect,
        defaults=defaults(settings.defaults),
    )
    tell(_news(conversion.findings))
    if conversion.refused:
        raise BadInputError("nothing was written, because of these errors")


def _news(findings: Sequence[Finding]) -> list[Finding]:
    """Without those that ask for the Secrets which we bring."""
    ours = f"{SECRETS_DOCUMENT}:"
    return [each for each in findings if each.severity == "error" or not each.message.startswith(ours)]


def _remind(content: Content, known: Mapping[str, str]) -> None:
    """Of variables that docker would take from the shell: here the same files mean the same everywhere."""
    used = {name for text in content.documents.values() for name in _INTERPOLATED.findall(text)}
    for name in sorted(used - known.keys()):
        if name in os.environ:
            console.remark(f"{name} is set in your shell, and not used: --env {name} passes it on")


def _with_credentials(made: Bundle, project: Object, stack: Key) -> Bundle:
    """And docker's credentials for the images, as a Secret that the pods pull with."""
    services = (project.get("services") or {}).values()
    images = [service["image"] for service in services if service.get("image")]
    return pulling_with(made, registry.pull_secret(registry.credentials(registry.kept(), images), stack))


def defaults(block: Object) -> Defaults:
    """`spec.defaults` as the conversion takes it."""
    return Defaults(
        storage_class=block.get("storageClassName"),
        storage_size=block.get("storageSize", "1Gi"),
        registry=block.get("registry"),
    )
