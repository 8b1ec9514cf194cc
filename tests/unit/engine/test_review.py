"""AdmissionReviews and their answers: what is warned of, what is refused, and who is left in peace."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding, Severity
from wharfinger.engine.review import Answer, BadReviewError, answer, judged_as, refusal, unjudged, warnings

ERROR = Finding(path="spec.pod.x", severity="error", reason="UnknownField", message="unknown field")
WARNING = Finding(path="spec.route", severity="warning", reason="RouteIgnored", message="no route is made")
INFO = Finding(path="spec.storage", severity="info", reason="RecreateForStorage", message="updates stop all pods first")


def _review(spec: Object | None = None, *, old: Object | None = None, **request: Any) -> Object:
    """As the API server sends it; `old` is the stored spec."""
    kind = CONTAINER_WORKLOAD
    metadata = {"name": "web", "namespace": "shop", "uid": "u1"}
    obj = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, "spec": spec or {"image": "web:1"}}
    body: Object = {
        "uid": "705ab4f5",
        "kind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "resource": {"group": kind.group, "version": kind.version, "resource": kind.plural},
        "name": "web",
        "namespace": "shop",
        "operation": "CREATE" if old is None else "UPDATE",
        "object": obj,
        "oldObject": None if old is None else {**obj, "spec": old},
        "dryRun": False,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {**body, **request}}


def _answer(review: Object, *found: Finding, enforce: bool = False) -> Answer:
    return answer(review, {judged_as(CONTAINER_WORKLOAD): lambda _: found}, enforce=enforce)


def _response(answered: Answer) -> Object:
    assert answered.review["apiVersion"] == "admission.k8s.io/v1"
    assert answered.review["kind"] == "AdmissionReview"
    response: Object = answered.review["response"]
    assert response["uid"] == "705ab4f5"
    return response


def test_a_good_document_passes_in_silence() -> None:
    answered = _answer(_review(), enforce=True)
    assert _response(answered) == {"uid": "705ab4f5", "allowed": True}
    assert answered.result == "allowed"


def test_findings_are_warnings_the_worst_first() -> None:
    answered = _answer(_review(), INFO, WARNING, ERROR)
    assert _response(answered) == {
        "uid": "705ab4f5",
        "allowed": True,
        "warnings": [
            "spec.pod.x: unknown field",
            "spec.route: no route is made",
            "spec.storage: updates stop all pods first",
        ],
    }
    assert answered.result == "warned"


def test_enforce_refuses_errors_in_one_line_and_still_warns_of_the_rest() -> None:
    answered = _answer(_review(), WARNING, ERROR, enforce=True)
    response = _response(answered)
    assert not response["allowed"]
    assert response["status"] == {"code": 422, "reason": "Invalid", "message": "spec.pod.x: unknown field"}
    assert response["warnings"] == ["spec.route: no route is made"]
    assert (answered.result, answered.kind, answered.key) == ("denied", "ContainerWorkload", ("shop", "web"))


def test_enforce_refuses_no_warnings() -> None:
    assert _response(_answer(_review(), WARNING, INFO, enforce=True))["allowed"]


def test_a_new_spec_with_an_error_is_refused() -> None:
    assert not _response(_answer(_review({"image": "web:2"}, old={"image": "web:1"}), ERROR, enforce=True))["allowed"]


def test_a_spec_that_stays_is_never_refused() -> None:
    """Else nobody could label, or take a finalizer from, a document that was stored while the webhook was off."""
    response = _response(_answer(_review({"image": "web:1"}, old={"image": "web:1"}), ERROR, enforce=True))
    assert response["allowed"]
    assert response["warnings"] == ["spec.pod.x: unknown field"]


def _never(_: Object) -> tuple[Finding, ...]:
    raise AssertionError("nobody asked")


@pytest.mark.parametrize(
    "request_",
    [
        {"resource": {"group": "apps", "version": "v1", "resource": "deployments"}},
        {"subResource": "status"},
        {"subResource": "scale"},
        {"operation": "DELETE", "object": None},
        {"object": {"kind": "Any", "metadata": {"name": "web", "deletionTimestamp": "2026-01-01T00:00:00Z"}}},
    ],
    ids=["another kind", "status", "scale", "deletion", "on its way out"],
)
def test_what_is_not_ours_to_judge_passes(request_: Object) -> None:
    answered = answer(_review(**request_), {judged_as(CONTAINER_WORKLOAD): _never}, enforce=True)
    assert _response(answered) == {"uid": "705ab4f5", "allowed": True}
    assert answered.result == "ignored"


@pytest.mark.parametrize(
    "review",
    [
        None,
        [],
        {},
        {"request": {}},
        {"apiVersion": "admission.k8s.io/v1", "request": {"uid": 1}},
        {**_review(), "apiVersion": "admission.k8s.io/v1beta1"},
        _review(object={"kind": "ContainerWorkload"}),
        _review(object=["ContainerWorkload"]),
        _review(oldObject="ContainerWorkload"),
    ],
)
def test_what_is_no_review_is_said_to_be_none(review: Any) -> None:
    with pytest.raises(BadReviewError):
        _answer(review)


def test_what_cannot_be_judged_passes() -> None:
    assert _response(unjudged(_review())) == {"uid": "705ab4f5", "allowed": True}


def _finding(path: str, message: str, severity: Severity = "warning") -> Finding:
    return Finding(path=path, severity=severity, reason="Any", message=message)


@given(st.lists(st.builds(_finding, st.text(max_size=400), st.text(max_size=1024)), max_size=64))
def test_warnings_are_such_as_the_api_server_passes_on(found: list[Finding]) -> None:
    """Header-safe, at most 256 characters each, and 4096 in all: beyond, it would drop some."""
    lines = warnings(found)
    assert all(len(line) <= 256 and all(each.isprintable() for each in line) for line in lines)
    assert sum(map(len, lines)) <= 4096


def test_what_is_too_much_is_counted() -> None:
    lines = warnings([_finding(f"spec.env[{index}]", "wrong") for index in range(20)])
    assert len(lines) == 16
    assert lines[-1] == "and 5 more: see status.findings"


def test_a_warning_that_is_too_long_says_that_it_goes_on() -> None:
    (line,) = warnings([_finding("spec", "long " * 100)])
    assert len(line) == 256
    assert line.endswith("…")


def test_a_refusal_names_every_error_in_one_line() -> None:
    said = refusal([_finding("spec.a", "one\nline", "error"), _finding("spec.b", "two", "error")])
    assert said == "spec.a: one line; spec.b: two"


def test_a_document_without_a_path_is_told_by_its_message() -> None:
    assert warnings([_finding("", "must be an object")]) == ["must be an object"]
