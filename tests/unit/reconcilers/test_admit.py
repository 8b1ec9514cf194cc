"""Admission judges as the reconcile does, and leaves no trace in what the reconcile remembers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from tests.support.refusals import RULES, SHAPES, document

from wharfinger.api.builtin import HORIZONTAL_POD_AUTOSCALER, HTTP_ROUTE
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.parse import InvalidSpec
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.engine.settings import Settings
from wharfinger.engine.store import Store
from wharfinger.engine.stores import Stores
from wharfinger.reconcilers.admission import admit
from wharfinger.reconcilers.operator import controllers
from wharfinger.reconcilers.plan import decide
from wharfinger.reconcilers.reading import read, status_of
from wharfinger.reconcilers.view import gather

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GOLDEN = sorted((Path(__file__).parents[1] / "render" / "golden" / "input").glob("*.yaml"))

DISK = {"name": "data", "path": "/data", "size": "1Gi", "accessModes": ["ReadWriteOnce"]}
ERRORS: dict[str, Object] = {
    "misspelt pod": {"pod": {"containerz": []}},
    "no room for an update": {"rollout": {"maxSurge": 0, "maxUnavailable": 0}},
    "deadline too short": {"rollout": {"minReady": "10m", "progressDeadline": "1m"}},
}
"""What no schema says."""
WARNINGS: dict[str, Object] = {
    "gateway": {
        "ports": [{"name": "http", "containerPort": 80}],
        "route": {"hosts": ["shop.example.com"], "gateways": [{"name": "public"}]},
    },
    "one node": {"replicas": 3, "storage": [DISK]},
    "blocks drain": {"replicas": 2, "disruption": {"minAvailable": 2}},
    "pin": {},
}


def _documents() -> dict[str, Object]:
    found = {path.stem: next(iter(yaml.safe_load_all(path.read_text()))) for path in GOLDEN}
    found |= {name: refusal.document for name, refusal in {**RULES, **SHAPES}.items()}
    found |= {name: document({"image": "web:1"} | spec) for name, spec in {**ERRORS, **WARNINGS}.items()}
    found["pin"]["metadata"]["annotations"] = {"wharfinger.dev/rollback-to": "7"}
    return {name: _stored(name, obj) for name, obj in found.items()}


def _stored(name: str, obj: Object) -> Object:
    """As the API server shows it to a validating webhook: with uid and generation."""
    metadata = {"namespace": "shop", "uid": f"uid-{name}", "generation": 1, **obj["metadata"]}
    return {"apiVersion": CONTAINER_WORKLOAD.api_version, "kind": CONTAINER_WORKLOAD.kind, **obj, "metadata": metadata}


DOCUMENTS = _documents()


def _stores(*, http_route: bool = True) -> Stores:
    """The operator's own, empty."""
    stores = Stores()
    for controller in controllers(Settings()):
        for watch in controller.watches:
            store = Store(watch.resource, trim=watch.trim, indexes=watch.indexes)
            stores.add(watch.name or str(watch.resource), store, owned=watch.owned)
    stores[HTTP_ROUTE].absent = not http_route
    return stores


def _reconciled(stores: Stores, obj: Object) -> tuple[Finding, ...]:
    """What the reconcile puts into the status."""
    try:
        workload = read(obj)
    except InvalidSpec as invalid:
        return invalid.findings
    return decide(gather(stores, workload, status_of(obj), now=NOW)).findings


@pytest.mark.parametrize("http_route", [True, False], ids=["gateway api", "no gateway api"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_judgement_is_the_reconciles(name: str, http_route: bool) -> None:
    obj, stores = DOCUMENTS[name], _stores(http_route=http_route)
    metadata = {**obj["metadata"], "uid": f"{obj['metadata']['uid']}-{http_route}"}
    assert admit(stores, obj, NOW) == _reconciled(stores, {**obj, "metadata": metadata})


@pytest.mark.parametrize("name", [*RULES, *SHAPES, *ERRORS])
def test_what_the_reconcile_refuses_is_an_error(name: str) -> None:
    assert "error" in {finding.severity for finding in admit(_stores(), DOCUMENTS[name], NOW)}


@pytest.mark.parametrize("name", WARNINGS)
def test_what_will_not_happen_as_written_is_said(name: str) -> None:
    found = admit(_stores(http_route=False), DOCUMENTS[name], NOW)
    assert found
    assert {finding.severity for finding in found} <= {"warning", "info"}


def test_what_the_cluster_has_counts() -> None:
    said = [finding.reason for finding in admit(_stores(http_route=False), DOCUMENTS["gateway"], NOW)]
    assert said == ["GatewayAPIMissing"]
    assert admit(_stores(http_route=True), DOCUMENTS["gateway"], NOW) == ()


def test_an_autoscaler_of_somebody_else_is_seen() -> None:
    """It scales the Deployment that the stored workload owns."""
    stores, obj = _stores(), _stored("scaled", document({"image": "web:1", "replicas": 3}))
    owner = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "name": "web", "uid": "uid-scaled"}
    stores["deployments.apps"].put(_live("web", "d1", ownerReferences=[{**owner, "controller": True}]))
    target = {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"}
    stores[HORIZONTAL_POD_AUTOSCALER].put({**_live("by-hand", "h1"), "spec": {"scaleTargetRef": target}})
    assert [finding.reason for finding in admit(stores, obj, NOW)] == ["ScaledElsewhere"]


def _live(name: str, uid: str, **metadata: object) -> Object:
    named = {"name": name, "namespace": "default", "uid": uid, "resourceVersion": "5", **metadata}
    return {"metadata": named, "spec": {"replicas": 3}}


def test_a_dry_run_leaves_no_trace() -> None:
    """It has the uid and the generation that another document is then stored with."""
    tried = _stored("dry", document({"image": "tried:1", "replicas": 7}))
    kept = _stored("dry", document({"image": "kept:1"}))
    stores = _stores()
    admit(stores, tried, NOW)
    workload = read(kept)
    assert workload.spec.image == "kept:1"
    plan = decide(gather(stores, workload, status_of(kept), now=NOW))
    deployment = next(child.body for child in plan.desired if child.body["kind"] == "Deployment")
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == "kept:1"
    assert deployment["spec"]["replicas"] == 1
