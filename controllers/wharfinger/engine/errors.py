"""What the API server may answer when it does not do as asked, as types to catch.

The distinction that matters to the engine is between *permanent* (asking again changes nothing until somebody changes
something: a user's error, a policy, a quota) and *transient* (ask again later). `ApiError.permanent` says which.
"""

# ruff: noqa: N818 - named as Kubernetes names the reasons

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Cause:
    """One field that is wrong, of the several that a 422 may list."""

    field: str
    message: str
    reason: str = ""


class LeadershipLost(Exception):
    """The lease that allowed this write is gone; nothing more may be written."""


class ApiError(Exception):
    """An answer of the API server other than success, with its Status taken apart."""

    permanent: ClassVar[bool] = True

    def __init__(
        self,
        message: str,
        *,
        code: int = 0,
        reason: str = "",
        causes: tuple[Cause, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.reason = reason
        self.causes = causes
        self.retry_after = retry_after


class Unauthorized(ApiError):
    """401: no valid credentials. Transient, since tokens are renewed."""

    permanent = False


class Forbidden(ApiError):
    """403: RBAC, admission, or one of its special cases below."""


class QuotaExceeded(Forbidden):
    """403 by a ResourceQuota."""


class NamespaceTerminating(Forbidden):
    """403 since the namespace is going away."""


class NotFound(ApiError):
    """404: no such object, or no such resource (a CRD that is not installed)."""


class Conflict(ApiError):
    """409: the object changed meanwhile, or another field manager owns a field."""

    permanent = False


class AlreadyExists(Conflict):
    """409 to a create."""


class Gone(ApiError):
    """410: the resource version is too old to list or watch from."""

    permanent = False


class Invalid(ApiError):
    """400 or 422: the object is wrong; `causes` say where."""


class Immutable(Invalid):
    """422: a field that cannot be changed on an existing object."""


class TooManyRequests(ApiError):
    """429: priority and fairness, or a PodDisruptionBudget that forbids an eviction."""

    permanent = False


class Unavailable(ApiError):
    """5xx, a time-out, or no connection at all."""

    permanent = False


_BY_CODE: dict[int, type[ApiError]] = {
    HTTPStatus.BAD_REQUEST: Invalid,
    HTTPStatus.UNAUTHORIZED: Unauthorized,
    HTTPStatus.FORBIDDEN: Forbidden,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.GONE: Gone,
    HTTPStatus.UNPROCESSABLE_ENTITY: Invalid,
    HTTPStatus.TOO_MANY_REQUESTS: TooManyRequests,
}

# Kubernetes has no machine-readable mark for these; the words are stable across releases, since clients match on them.
_IMMUTABLE = re.compile(
    r"field is immutable|may not change|updates to \w+ spec for fields other than|cannot be changed"
)
_NOT_DECLARED = re.compile(r"(?:^|\s)\.?([\w.\[\]\"=,:/-]+): field not declared in schema")
_UNKNOWN_FIELD = re.compile(r'(?:unknown|duplicate) field "([^"]+)"')


def from_status(status: Mapping[str, Any], code: int, retry_after: float | None = None) -> ApiError:
    """The exception for a metav1.Status, or for a body that is none (``{}``) with this HTTP code."""
    code = status.get("code") or code
    message = status.get("message") or f"the API server answered {code}"
    reason = status.get("reason", "")
    details = status.get("details") or {}
    causes = _causes(details) or _causes_in(message)
    if retry_after is None and details.get("retryAfterSeconds"):
        retry_after = float(details["retryAfterSeconds"])
    kind = _classify(code, reason, message, causes)
    return kind(message, code=code, reason=reason, causes=causes, retry_after=retry_after)


def _causes(details: Mapping[str, Any]) -> tuple[Cause, ...]:
    return tuple(
        Cause(cause.get("field", ""), cause.get("message", ""), cause.get("reason", ""))
        for cause in details.get("causes") or ()
    )


def _causes_in(message: str) -> tuple[Cause, ...]:
    """Fields that strict validation names in prose only."""
    if undeclared := _NOT_DECLARED.findall(message):
        return tuple(Cause(field, "unknown field", "FieldValueInvalid") for field in undeclared)
    return tuple(Cause(field, "unknown field", "FieldValueInvalid") for field in _UNKNOWN_FIELD.findall(message))


def _classify(code: int, reason: str, message: str, causes: tuple[Cause, ...]) -> type[ApiError]:
    if code == HTTPStatus.FORBIDDEN:
        return _forbidden(message, causes)
    if code == HTTPStatus.CONFLICT:
        return AlreadyExists if reason == "AlreadyExists" else Conflict
    if any(cause.field == "metadata.uid" for cause in causes):
        return Conflict  # a uid given as a precondition: the object was replaced by another one of that name
    if code == HTTPStatus.UNPROCESSABLE_ENTITY and _IMMUTABLE.search(message):
        return Immutable
    if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # Server-side apply answers an unknown field under strict validation with 500, though it is the user's error.
        return Invalid if "field not declared in schema" in message else Unavailable
    return _BY_CODE.get(code, ApiError)


def _forbidden(message: str, causes: tuple[Cause, ...]) -> type[ApiError]:
    if any(cause.reason == "NamespaceTerminating" for cause in causes):
        return NamespaceTerminating
    return QuotaExceeded if "exceeded quota" in message else Forbidden
