"""Whose a live object is, and what has to happen before an apply."""

from __future__ import annotations

from typing import Any

from wharfinger.api.builtin import CONFIG_MAP, DEPLOYMENT
from wharfinger.api.labels import APPLIED_ANNOTATION, RETAIN_ANNOTATION
from wharfinger.api.resource import Object
from wharfinger.engine.deleter import is_final
from wharfinger.engine.desired import (
    describe_owner,
    hand_over,
    is_leftover,
    is_ours,
    prepare,
    scaler,
    to_create,
    to_write,
    upgrade,
)

OWNER: Object = {
    "apiVersion": "wharfinger.dev/v1alpha1",
    "kind": "ContainerWorkload",
    "metadata": {"name": "web", "namespace": "ns", "uid": "owner-uid"},
}


def _live(*, owner_uid: str = "", owner_name: str = "web", kind: str = "ContainerWorkload", **metadata: Any) -> Object:
    references = [
        {"apiVersion": "wharfinger.dev/v1", "kind": kind, "name": owner_name, "uid": owner_uid, "controller": True}
    ]
    return {
        "metadata": {
            "name": "child",
            "namespace": "ns",
            "uid": "child-uid",
            "resourceVersion": "5",
            **({"ownerReferences": references} if owner_uid else {}),
            **metadata,
        },
        "spec": {"replicas": 3},
    }


def _body(**spec: Any) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "child", "namespace": "ns"},
        "spec": spec,
    }


def test_ours_by_controller_reference() -> None:
    assert is_ours(OWNER, _live(owner_uid="owner-uid"))
    assert not is_ours(OWNER, _live(owner_uid="another", owner_name="other"))


def test_an_orphan_of_ours_is_taken_back_and_anything_else_is_not() -> None:
    labels = {"app.kubernetes.io/instance": "web", "app.kubernetes.io/managed-by": "wharfinger"}
    assert is_ours(OWNER, _live(labels=labels, annotations={APPLIED_ANNOTATION: "h"}))
    assert not is_ours(OWNER, _live(labels=labels))
    others = {**labels, "app.kubernetes.io/instance": "db"}
    assert not is_ours(OWNER, _live(labels=others, annotations={APPLIED_ANNOTATION: "h"}))
    assert not is_ours(OWNER, _live(annotations={APPLIED_ANNOTATION: "h"}))


def test_a_child_of_the_owner_before_us_is_left_to_the_garbage_collector() -> None:
    assert is_leftover(OWNER, _live(owner_uid="earlier-uid"))
    assert not is_leftover(OWNER, _live(owner_uid="owner-uid"))
    assert not is_leftover(OWNER, _live(owner_uid="x", kind="Deployment"))
    assert not is_leftover(OWNER, _live())


def test_children_carry_a_fingerprint_and_their_owner() -> None:
    desired = prepare(DEPLOYMENT, _body(replicas=2))
    metadata = to_write(OWNER, desired)["metadata"]
    assert metadata["annotations"] == {APPLIED_ANNOTATION: desired.hash}
    assert metadata["ownerReferences"][0]["uid"] == "owner-uid"
    assert "annotations" not in desired.body["metadata"], "what is desired stays as it was"


def test_what_outlives_its_owner_has_none() -> None:
    body = {**_body(), "metadata": {"name": "d", "namespace": "ns", "annotations": {RETAIN_ANNOTATION: "true"}}}
    assert "ownerReferences" not in to_write(OWNER, prepare(CONFIG_MAP, body))["metadata"]


def test_initial_replicas_are_in_the_creation_only_and_not_in_the_fingerprint() -> None:
    desired = prepare(DEPLOYMENT, _body(paused=True), initial_replicas=4)
    assert to_create(OWNER, desired)["spec"] == {"paused": True, "replicas": 4}
    assert to_write(OWNER, desired)["spec"] == {"paused": True}
    assert desired.hash == prepare(DEPLOYMENT, _body(paused=True)).hash


def test_initial_replicas_give_way_to_those_of_the_body() -> None:
    desired = prepare(DEPLOYMENT, _body(replicas=3), initial_replicas=1)
    assert to_create(OWNER, desired)["spec"] == {"replicas": 3}


def _managed(*entries: Object) -> Object:
    return _live(owner_uid="owner-uid", managedFields=list(entries))


UPDATE = {"manager": "wharfinger", "operation": "Update", "replicas": True}
APPLY = {"manager": "wharfinger", "operation": "Apply", "replicas": True}
STATUS = {"manager": "wharfinger", "operation": "Update", "subresource": "status"}
HPA = {"manager": "kube-controller-manager", "operation": "Update", "subresource": "scale", "replicas": True}


def test_ownership_by_creation_becomes_ownership_by_apply_once() -> None:
    other = {"manager": "kubectl-edit", "operation": "Update"}
    assert upgrade(_managed(other, UPDATE)) == [
        {"op": "replace", "path": "/metadata/managedFields/1/operation", "value": "Apply"},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": "5"},
    ]
    assert upgrade(_managed(APPLY, STATUS, other)) == []


def test_replicas_are_handed_over_only_where_we_own_them_and_let_go() -> None:
    without, with_replicas = prepare(DEPLOYMENT, _body()), prepare(DEPLOYMENT, _body(replicas=2))
    handed = hand_over(_managed(APPLY), without)
    assert handed is not None
    assert handed["spec"] == {"replicas": 3}
    assert handed["metadata"] == {"name": "child", "namespace": "ns", "uid": "child-uid", "resourceVersion": "5"}
    assert hand_over(_managed(APPLY), with_replicas) is None
    assert hand_over(_managed({"manager": "wharfinger", "operation": "Apply"}, HPA), without) is None


def test_full_managed_fields_are_read_as_well_as_slim_ones() -> None:
    full = {"manager": "wharfinger", "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
    assert hand_over(_managed(full), prepare(DEPLOYMENT, _body())) is not None


def test_an_autoscaler_is_told_from_a_person() -> None:
    assert scaler(_managed(APPLY, HPA)) == "kube-controller-manager"
    assert scaler(_managed({**HPA, "manager": "kubectl"})) is None
    assert scaler(_managed({**HPA, "manager": "wharfinger-scale"})) is None
    assert scaler(_managed(APPLY)) is None


def test_who_has_an_object_is_said_by_name() -> None:
    assert describe_owner(DEPLOYMENT, _live(owner_uid="x", kind="Foo", owner_name="bar")) == (
        "Deployment ns/child is controlled by Foo bar"
    )
    assert describe_owner(DEPLOYMENT, _live()) == "Deployment ns/child exists and was not made by Wharfinger"


def test_gone_or_going() -> None:
    assert is_final({"kind": "Status", "status": "Success"})
    assert is_final({"kind": "Pod", "metadata": {"deletionTimestamp": "t", "deletionGracePeriodSeconds": 0}})
    assert not is_final({"kind": "Pod", "metadata": {"deletionTimestamp": "t", "deletionGracePeriodSeconds": 30}})
    assert not is_final({"kind": "Job", "metadata": {"deletionTimestamp": "t", "finalizers": ["x"]}})
