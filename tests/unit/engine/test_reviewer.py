"""The webhook's own part: what it counts and logs, and that a defect of ours stands in nobody's way."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Key, Object
from wharfinger.api.status import Finding
from wharfinger.engine.admission import Reviewer, reviewer
from wharfinger.engine.controller import Admit, Context, Controller
from wharfinger.engine.metrics import Metrics
from wharfinger.engine.stores import Stores

WRONG = Finding(path="spec.env[0]", severity="error", reason="InvalidValue", message="not hunter2, but something else")


async def _reconcile(_context: Context, _key: Key) -> None:
    raise AssertionError("nothing is reconciled here")


def _says(*found: Finding) -> Admit:
    return lambda _stores, _obj, _now: found


def _fails(_stores: Stores, _obj: Object, _now: datetime) -> Sequence[Finding]:
    raise KeyError("a defect")


def _reviewer(admit: Admit, **options: Any) -> Reviewer:
    controller = Controller(name="any", resource=CONTAINER_WORKLOAD, reconcile=_reconcile, admit=admit)
    return reviewer([controller], Stores(), metrics=Metrics(), **options)


def _review(namespace: str = "shop") -> Object:
    kind = CONTAINER_WORKLOAD
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "1",
            "resource": {"group": kind.group, "version": kind.version, "resource": kind.plural},
            "namespace": namespace,
            "name": "web",
            "object": {"kind": kind.kind, "metadata": {"name": "web", "namespace": namespace}, "spec": {}},
        },
    }


def _count(reviewed: Reviewer, kind: str, result: str) -> float:
    labels = {"kind": kind, "result": result}
    return reviewed.metrics.registry.get_sample_value("wharfinger_admission_reviews_total", labels) or 0.0


async def test_a_defect_lets_through_and_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    reviewed = _reviewer(_fails, enforce=True)
    assert (await reviewed(_review()))["response"] == {"uid": "1", "allowed": True}
    assert _count(reviewed, "", "error") == 1
    assert "a defect" in caplog.text


async def test_answers_are_counted_by_result() -> None:
    reviewed = _reviewer(_says(WRONG))
    await reviewed(_review())
    assert _count(reviewed, "ContainerWorkload", "warned") == 1


async def test_a_refusal_is_logged_without_what_the_document_says(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    reviewed = _reviewer(_says(WRONG), enforce=True)
    assert not (await reviewed(_review()))["response"]["allowed"]
    assert "ContainerWorkload shop/web: refused: spec.env[0] InvalidValue" in caplog.text
    assert "hunter2" not in caplog.text


async def test_namespaces_of_another_operator_are_not_judged() -> None:
    reviewed = _reviewer(_says(WRONG), enforce=True, namespaces=("shop",))
    assert not (await reviewed(_review("shop")))["response"]["allowed"]
    assert (await reviewed(_review("blog")))["response"] == {"uid": "1", "allowed": True}


async def test_a_controller_without_a_judgement_is_not_asked() -> None:
    controller = Controller(name="any", resource=CONTAINER_WORKLOAD, reconcile=_reconcile)
    reviewed = reviewer([controller], Stores(), metrics=Metrics())
    assert (await reviewed(_review()))["response"] == {"uid": "1", "allowed": True}


async def test_what_is_no_review_is_a_bad_request() -> None:
    with pytest.raises(web.HTTPBadRequest):
        await _reviewer(_says())({"kind": "Pod"})
