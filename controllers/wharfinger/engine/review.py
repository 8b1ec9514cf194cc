"""An AdmissionReview, answered: what there is to say about an object that is about to be stored. Pure.

The API server asks (https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/), and a
controller's ``admit`` judges. What it finds becomes warnings, which kubectl prints; with ``enforce`` an error becomes a
refusal. Nobody is kept from what has nothing to do with an error: an object that is being deleted is let through in
silence, and one whose spec does not change is never refused, so that labels and finalizers of a document from before
can still be changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from wharfinger.api.resource import Key, Object, Resource
from wharfinger.api.status import Finding

Judge = Callable[[Object], Sequence[Finding]]
"""What there is to say about an object, errors included."""

Judges = Mapping[tuple[str, str, str], Judge]
"""By group, version and plural, as a review names its resource."""

_API_VERSION = "admission.k8s.io/v1"
_LONGEST = 256
"""Characters of one warning: beyond 4096 in all, the API server cuts each to so many."""
_MOST = 15
"""Warnings of one answer, so that all of them are below 4096 characters; what is left out is counted in one more."""
_LONGEST_REFUSAL = 1024
"""Characters of the message that refuses."""
_ORDER = {"error": 0, "warning": 1, "info": 2}


class BadReviewError(ValueError):
    """Not an AdmissionReview that can be answered; the message says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to tell the API server, and how to count it."""

    review: Object
    """The AdmissionReview to send back."""
    result: Literal["allowed", "warned", "denied", "ignored", "error"]
    """How to count it; ``ignored`` where there was nothing to judge, ``error`` where we could not."""
    kind: str = ""
    """Kind of the object; empty where it was not judged."""
    key: Key = ("", "")
    findings: tuple[Finding, ...] = ()


def answer(review: Object, judges: Judges, *, enforce: bool) -> Answer:
    """Judge one review. Raises `BadReviewError`, and whatever a judge raises."""
    request = _request(review)
    judge, obj = judges.get(_resource(request)), request.get("object")
    if judge is None or not obj or "deletionTimestamp" in obj["metadata"]:
        return Answer(review=_response(request), result="ignored")
    found = tuple(sorted(judge(obj), key=lambda finding: _ORDER[finding.severity]))
    kind, key = obj["kind"], (request.get("namespace", ""), request.get("name", ""))
    errors = [finding for finding in found if finding.severity == "error"]
    if enforce and errors and _new_spec(request):
        said = _response(request, refusal=refusal(errors), warnings=warnings(found[len(errors) :]))
        return Answer(review=said, result="denied", kind=kind, key=key, findings=found)
    said = _response(request, warnings=warnings(found))
    return Answer(review=said, result="warned" if found else "allowed", kind=kind, key=key, findings=found)


def unjudged(review: Object) -> Answer:
    """Let through in silence: for when we cannot judge. Raises `BadReviewError`."""
    return Answer(review=_response(_request(review)), result="error")


def judged_as(resource: Resource) -> tuple[str, str, str]:
    """The resource as a review names it."""
    return resource.group, resource.version, resource.plural


def warnings(found: Sequence[Finding]) -> list[str]:
    """One line a finding, as the API server can pass it on."""
    lines = [_shortened(_line(finding), _LONGEST) for finding in found]
    if len(lines) <= _MOST:
        return lines
    return [*lines[:_MOST], f"and {len(lines) - _MOST} more: see status.findings"]


def refusal(errors: Sequence[Finding]) -> str:
    """All errors in one line, as far as they fit."""
    return _shortened("; ".join(_line(error) for error in errors), _LONGEST_REFUSAL)


def _request(review: Object) -> Object:
    request = review.get("request") if isinstance(review, dict) else None
    if not isinstance(request, dict) or not isinstance(request.get("uid"), str):
        raise BadReviewError("not an AdmissionReview: request.uid is missing")
    if not _is_object(request.get("object")) or not _is_object(request.get("oldObject")):
        raise BadReviewError("request.object and request.oldObject must be Kubernetes objects, or null")
    if review.get("apiVersion") != _API_VERSION:
        raise BadReviewError(f"an AdmissionReview of {_API_VERSION} is wanted, not of {review.get('apiVersion')}")
    return request


def _is_object(value: Any) -> bool:
    """Whether it is one, or none at all."""
    if value is None:
        return True
    return isinstance(value, dict) and isinstance(value.get("kind"), str) and isinstance(value.get("metadata"), dict)


def _resource(request: Object) -> tuple[str, str, str]:
    """Of the object itself; a subresource (``status``, ``scale``) is nobody's to judge."""
    named = request.get("resource") or {}
    plural = "" if request.get("subResource") else named.get("resource", "")
    return named.get("group", ""), named.get("version", ""), plural


def _new_spec(request: Object) -> bool:
    """Whether the spec is another than the one that is stored."""
    old = request.get("oldObject")
    return not old or old.get("spec") != request["object"].get("spec")


def _response(request: Object, *, refusal: str = "", warnings: Sequence[str] = ()) -> Object:
    response: Object = {"uid": request["uid"], "allowed": not refusal}
    if refusal:
        response["status"] = {"code": 422, "reason": "Invalid", "message": refusal}
    if warnings:
        response["warnings"] = list(warnings)
    return {"apiVersion": _API_VERSION, "kind": "AdmissionReview", "response": response}


def _line(finding: Finding) -> str:
    """Without control characters: they cannot be in an HTTP header, and the API server would drop the warning."""
    text = f"{finding.path}: {finding.message}" if finding.path else finding.message
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
