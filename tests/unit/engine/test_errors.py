"""What the API server says, as types. The Status bodies are as 1.36.1 sends them, shortened."""

from __future__ import annotations

from typing import Any

import pytest

from wharfinger.engine import errors


def _status(code: int, reason: str = "", message: str = "", **details: Any) -> dict[str, Any]:
    return {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details}


CASES = {
    "no such object": (_status(404, "NotFound"), errors.NotFound, True),
    "a conflict": (_status(409, "Conflict"), errors.Conflict, False),
    "a name that is taken": (_status(409, "AlreadyExists"), errors.AlreadyExists, False),
    "compacted": (_status(410, "Expired"), errors.Gone, False),
    "invalid": (_status(422, "Invalid", "spec.replicas: Invalid value: -1"), errors.Invalid, True),
    "an immutable field": (
        _status(422, "Invalid", "spec.selector: Invalid value: {}: field is immutable"),
        errors.Immutable,
        True,
    ),
    "a StatefulSet's template": (
        _status(422, "Invalid", "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', …"),
        errors.Immutable,
        True,
    ),
    "a pod's spec": (
        _status(422, "Invalid", "spec: Forbidden: pod updates may not change fields other than `spec…image`"),
        errors.Immutable,
        True,
    ),
    "a uid that is another object's": (
        _status(422, "Invalid", "metadata.uid: … field is immutable", causes=[{"field": "metadata.uid"}]),
        errors.Conflict,
        False,
    ),
    "RBAC": (_status(403, "Forbidden", "cannot create resource"), errors.Forbidden, True),
    "a quota": (_status(403, "Forbidden", "exceeded quota: q, requested: pods=1"), errors.QuotaExceeded, True),
    "a namespace that goes": (
        _status(403, "Forbidden", "is being terminated", causes=[{"reason": "NamespaceTerminating"}]),
        errors.NamespaceTerminating,
        True,
    ),
    "too many": (_status(429, "TooManyRequests"), errors.TooManyRequests, False),
    "a broken server": (_status(500, "InternalError"), errors.Unavailable, False),
    "a gateway": ({}, errors.Unavailable, False),
    "no credentials": (_status(401, "Unauthorized"), errors.Unauthorized, False),
}


@pytest.mark.parametrize(("status", "kind", "permanent"), CASES.values(), ids=CASES)
def test_each_answer_has_its_type(status: dict[str, Any], kind: type[errors.ApiError], permanent: bool) -> None:
    error = errors.from_status(status, 502)
    assert type(error) is kind
    assert error.permanent is permanent


def test_an_unknown_field_through_apply_is_the_users_error() -> None:
    """The server answers 500 to it."""
    what = "failed to create typed patch object (ns/web; apps/v1, Kind=Deployment)"
    message = f"{what}: .spec.replica: field not declared in schema"
    error = errors.from_status(_status(500, "", message), 500)
    assert type(error) is errors.Invalid
    assert [cause.field for cause in error.causes] == ["spec.replica"]


def test_unknown_fields_of_a_create_are_named() -> None:
    message = 'strict decoding error: unknown field "spec.replica", unknown field "spec.template.x"'
    error = errors.from_status(_status(400, "BadRequest", message), 400)
    assert type(error) is errors.Invalid
    assert [cause.field for cause in error.causes] == ["spec.replica", "spec.template.x"]


def test_causes_are_kept() -> None:
    causes = [{"field": "spec.replicas", "message": "must be positive", "reason": "FieldValueInvalid"}]
    error = errors.from_status(_status(422, "Invalid", "m", causes=causes), 422)
    assert error.causes == (errors.Cause("spec.replicas", "must be positive", "FieldValueInvalid"),)


def test_the_wait_that_the_server_asks_for() -> None:
    assert errors.from_status(_status(429, retryAfterSeconds=3), 429).retry_after == 3.0
    assert errors.from_status(_status(429), 429, 7.0).retry_after == 7.0
