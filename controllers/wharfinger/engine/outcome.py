"""What came of writing an owner's children: counts, what stands in the way, and what is there now."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from wharfinger.api.resource import Key, Object, Resource
from wharfinger.engine.errors import (
    ApiError,
    Forbidden,
    Immutable,
    Invalid,
    NamespaceTerminating,
    NotFound,
    QuotaExceeded,
)

REASONS: tuple[tuple[type[ApiError], str], ...] = (
    (QuotaExceeded, "QuotaExceeded"),
    (NamespaceTerminating, "NamespaceTerminating"),
    (Forbidden, "Forbidden"),
    (Immutable, "Immutable"),
    (Invalid, "Invalid"),
    (NotFound, "NotFound"),
)
"""What a refusal is called in a status, the first that fits."""


@dataclass(frozen=True, slots=True)
class WriteError:
    """A child that cannot be written until somebody changes something."""

    resource: Resource
    key: Key
    reason: str
    """Conflict (somebody else's object), or what the API server's refusal is called in `REASONS`."""
    message: str
    fields: tuple[str, ...] = ()
    """Fields that the server complained about."""


@dataclass(slots=True)
class Outcome:
    """What `ChildWriter.ensure` did."""

    created: int = 0
    applied: int = 0
    deleted: int = 0
    unchanged: int = 0
    repaired: int = 0
    """Of those applied: changed by somebody else since we wrote them."""
    terminating: list[tuple[Resource, Key]] = field(default_factory=list)
    """Children that must be gone before they can be made again."""
    errors: list[WriteError] = field(default_factory=list)
    live: dict[tuple[Resource, Key], Object] = field(default_factory=dict)
    """The children that exist, as they are now."""
    transient: list[BaseException] = field(default_factory=list, repr=False)
    """What to raise once every write has ended."""

    @property
    def writes(self) -> int:
        """Children that were written."""
        return self.created + self.applied + self.deleted

    @property
    def ok(self) -> bool:
        """Whether every child is as it should be."""
        return not (self.errors or self.terminating or self.transient)

    @contextmanager
    def taking(self, resource: Resource, key: Key) -> Iterator[None]:
        """Around the write of one child: takes in what only a person can solve, lets everything else pass."""
        try:
            yield
        except ApiError as error:
            if not error.permanent:
                raise
            fields = tuple(cause.field for cause in error.causes if cause.field)
            self.errors.append(WriteError(resource, key, reason_of(error), error.message, fields))


def reason_of(error: ApiError) -> str:
    """The reason under which a refusal is reported."""
    return next((reason for kind, reason in REASONS if isinstance(error, kind)), error.reason or "Failed")


async def settle(writes: Sequence[Awaitable[None]], outcome: Outcome) -> None:
    """Do all the writes, at once, whatever becomes of each; exceptions are kept in ``outcome.transient``."""
    if len(writes) == 1:  # the commonest number by far; a task costs more than the rest of it
        try:
            await writes[0]
        except Exception as error:
            outcome.transient.append(error)
        return
    results = await asyncio.gather(*writes, return_exceptions=True)
    outcome.transient.extend(result for result in results if result is not None)
