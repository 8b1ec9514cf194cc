"""Parses and converts documents, once for each content, in a thread of its own.

A conversion takes some milliseconds, and a malicious document up to the parser's time limit: meanwhile the event loop
goes on, and what is at rest is never converted again.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from time import monotonic
from typing import Final

from cachetools import LRUCache

from wharfinger.api.duration import seconds
from wharfinger.api.findings import error_at
from wharfinger.api.stack import StackDefaults, StackSpec
from wharfinger.api.status import Finding
from wharfinger.compose.building.builder import Builder
from wharfinger.compose.convert import Conversion, ConvertedService, convert
from wharfinger.compose.dialect import by_content
from wharfinger.compose.parser import ComposeError, Dialect, Document, Parser, ParserFailure
from wharfinger.compose.part import Defaults
from wharfinger.engine.desired import Desired
from wharfinger.reconcilers.stack.children import children
from wharfinger.reconcilers.stack.patience import Patience
from wharfinger.reconcilers.stack.reading import Stack
from wharfinger.reconcilers.stack.sources import INLINE, Gathered

_RECENT: Final = 1024
"""Conversions that are kept."""
_HIDDEN: Final = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What the documents of a Stack become."""

    desired: tuple[Desired, ...] = ()
    """None after an error."""
    services: tuple[ConvertedService, ...] = ()
    findings: tuple[Finding, ...] = ()
    dialect: Dialect | None = None
    passing: bool = False
    """Whether it failed for a reason that may pass: the parser took too long, or died."""
    again_after: float | None = None
    """Seconds until it is worth another try, of what failed so."""

    @property
    def refused(self) -> bool:
        """Whether nothing may be written."""
        return any(finding.severity == "error" for finding in self.findings)


class Converter:
    """Converts Stacks. `program` says where the parser's program is, when it is first needed; `clock` has seconds."""

    def __init__(self, program: Callable[[], Path], *, clock: Callable[[], float] = monotonic) -> None:
        self._program = program
        self._parser: Parser | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="compose")
        self._known: LRUCache[bytes, Converted] = LRUCache(_RECENT)
        self._patience = Patience[Converted](clock)

    async def convert(self, stack: Stack, gathered: Gathered, *, again: str = "") -> Converted:
        """What the Stack becomes; findings instead where it cannot be read. `again`: see `Builder`."""
        key = _digest(stack, gathered, again)
        known = self._known.get(key)
        if known is not None:
            return known
        if waiting := self._patience.waiting(key):
            failed, left = waiting
            return replace(failed, again_after=left)
        loop = asyncio.get_running_loop()
        made = await loop.run_in_executor(self._thread, self._convert, stack, gathered, again)
        if made.passing:
            return replace(made, again_after=self._patience.failed(key, made))
        self._patience.went_well(key)
        self._known[key] = made
        return made

    def close(self) -> None:
        """End the parser's program and the thread. For who converts once; an operator's end with its process."""
        self._thread.shutdown()
        if self._parser is not None:
            self._parser.close()

    def _convert(self, stack: Stack, gathered: Gathered, again: str) -> Converted:
        """The documents have to be what the parser takes, and it has to answer."""
        try:
            if self._parser is None:
                self._parser = Parser(self._program())
            document = _without_lines(self._parser.parse(gathered.source))
        except ComposeError as error:
            reason = "ParserFailed" if isinstance(error, ParserFailure) else "DocumentInvalid"
            finding = error_at("spec", reason, _hidden(str(error), gathered.secrets)[:1024])
            return Converted(findings=(finding,), passing=isinstance(error, ParserFailure))
        dialect = stack.spec.dialect or by_content(document.project)
        conversion = convert(
            document,
            namespace=stack.namespace,
            files=gathered.source.files,
            dialect=dialect,
            defaults=defaults_of(stack.spec, again=again, withheld=gathered.secrets),
        )
        return _converted(stack, conversion, dialect, gathered.secrets)


def defaults_of(spec: StackSpec, *, again: str = "", withheld: frozenset[str] = frozenset()) -> Defaults:
    """As the front-end takes them."""
    said = spec.defaults
    return Defaults(
        storage_class=said.storage_class_name,
        storage_size=said.storage_size,
        volume_retention=spec.volume_retention,
        ingress_class=said.ingress_class_name,
        registry=said.registry,
        image_pull_secrets=tuple(secret.name for secret in said.image_pull_secrets),
        service_account=said.service_account_name,
        builder=_builder(said, again, withheld),
    )


def _builder(said: StackDefaults, again: str, withheld: frozenset[str]) -> Builder | None:
    build = said.build
    if build.image is None:
        return None
    secret = build.push_secret or next(iter(said.image_pull_secrets), None)
    return Builder(
        image=build.image,
        push_secret=secret.name if secret else None,
        insecure=build.insecure_registry,
        unconfined=build.unconfined,
        resources=build.resources,
        deadline=max(1, int(seconds(build.deadline))),
        again=again,
        withheld=withheld,
    )


def _converted(stack: Stack, conversion: Conversion, dialect: Dialect, secrets: frozenset[str]) -> Converted:
    findings = tuple(
        finding.model_copy(update={"message": _hidden(finding.message, secrets)}) for finding in conversion.findings
    )
    return Converted(
        desired=children(stack, conversion),
        services=conversion.services,
        findings=tuple(sorted(findings, key=lambda finding: _RANK[finding.severity])),
        dialect=dialect,
    )


_RANK: Final = {"error": 0, "warning": 1, "info": 2}


def _hidden(text: str, secrets: frozenset[str]) -> str:
    """Without anything that came from a Secret: whole, or a part that is quoted, as Go's own errors quote numbers."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    if secrets:
        text = _QUOTED.sub(lambda quoted: _unless_part(quoted, secrets), text)
    return text


_QUOTED: Final = re.compile(r"""(["'`])(.+?)\1""")


def _unless_part(quoted: re.Match[str], secrets: frozenset[str]) -> str:
    mark, inner = quoted.groups()
    return f"{mark}{_HIDDEN}{mark}" if any(inner in secret for secret in secrets) else quoted[0]


def _without_lines(document: Document) -> Document:
    """A document that was given as an object has no lines that its author knows."""
    return replace(document, places={name: places for name, places in document.places.items() if name != INLINE})


def _digest(stack: Stack, gathered: Gathered, again: str) -> bytes:
    """Of all that a conversion depends on."""
    spec = stack.spec
    said = (
        stack.namespace,
        stack.name,
        spec.dialect or "",
        spec.volume_retention,
        spec.defaults.model_dump_json(),
        again,
    )
    digest = blake2b(gathered.source.to_request(), digest_size=16)
    digest.update("\0".join(said).encode())
    return digest.digest()
