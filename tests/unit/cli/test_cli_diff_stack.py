"""What a diff of a Stack shows of its objects: nothing of our bookkeeping, and nothing that is secret."""

from __future__ import annotations

import json
from typing import Any

from wharfinger.api.builtin import CONFIG_MAP, SERVICE
from wharfinger.api.labels import APPLIED_ANNOTATION
from wharfinger.api.resource import Object
from wharfinger.cli.diff.created import replacement
from wharfinger.cli.diff.secrecy import bare, masked
from wharfinger.cli.diff.text import Difference
from wharfinger.engine.desired import prepare


def secret(**data: str) -> Object:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": data}


def workload(*env: str) -> Object:
    spec = {"env": [{"name": "A", "value": value} for value in env]}
    return {
        "apiVersion": "wharfinger.dev/v1alpha1",
        "kind": "ContainerWorkload",
        "metadata": {"name": "w"},
        "spec": spec,
    }


def shown(before: Object | None, after: Object | None, *secrets: str) -> Difference:
    return masked(Difference("x", before, after), secrets)


def test_a_secret_shows_which_of_its_keys_change() -> None:
    found = shown(secret(same="YQ==", other="Yg=="), secret(same="YQ==", other="Yw=="))
    assert (found.before or {})["data"] == {"same": "***", "other": "*** (before)"}
    assert (found.after or {})["data"] == {"same": "***", "other": "*** (after)"}


def test_a_secret_that_comes_or_goes_shows_its_keys() -> None:
    assert (shown(None, secret(a="YQ==")).after or {})["data"] == {"a": "***"}
    assert (shown(secret(a="YQ=="), None).before or {})["data"] == {"a": "***"}


def test_a_text_from_a_secret_is_hidden_and_so_is_what_it_takes_the_place_of() -> None:
    found = shown(workload("db://hunter2", "plain"), workload("db://hunter3", "other"), "hunter3")
    texts = [[each["value"] for each in (obj or {})["spec"]["env"]] for obj in (found.before, found.after)]
    assert texts == [["*** (before)", "plain"], ["*** (after)", "other"]]
    assert "hunter" not in "".join(found.lines)


def test_a_secret_that_stays_is_no_difference() -> None:
    found = shown(workload("hunter2"), workload("hunter2", "more"), "hunter2")
    assert "hunter2" not in json.dumps([found.before, found.after])
    assert [line for line in found.lines if line.startswith("+ ")] == ["+  - name: A", "+    value: more"]


def test_bookkeeping_is_left_out() -> None:
    annotations = {APPLIED_ANNOTATION: "x", "team": "shop"}
    metadata: Object = {"name": "w", "uid": "1", "ownerReferences": [{}], "annotations": annotations}
    found = bare(Difference("x", None, workload() | {"metadata": metadata, "status": {"a": 1}}))
    assert found.after == workload() | {"metadata": {"name": "w", "annotations": {"team": "shop"}}}


def live(kind: str, *owned: str, **fields: Any) -> Object:
    entry = {"manager": "wharfinger", "operation": "Update"}
    entry |= {"fieldsV1": {"f:metadata": {"f:labels": {f"f:{label}": {} for label in owned}}}}
    labels = {"ours": "1", "theirs": "2"}
    metadata = {"name": "w", "namespace": "n", "resourceVersion": "7", "labels": labels, "managedFields": [entry]}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **fields}


def body(kind: str, **fields: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": "w", "namespace": "n", "labels": {"new": "3"}},
        **fields,
    }


def test_what_was_created_is_replaced_but_for_what_is_others() -> None:
    child = prepare(CONFIG_MAP, body("ConfigMap", data={"b": "2"}))
    found = replacement(live("ConfigMap", "ours", data={"a": "1"}), child)
    assert found["data"] == {"b": "2"}
    assert found["metadata"]["labels"] == {"theirs": "2", "new": "3"}
    assert found["metadata"]["resourceVersion"] == "7"
    assert "managedFields" not in found["metadata"]


def test_what_the_cluster_has_given_a_service_stays() -> None:
    child = prepare(SERVICE, body("Service", spec={"selector": {"a": "b"}}))
    found = replacement(live("Service", spec={"clusterIP": "10.0.0.1", "selector": {"a": "c"}}), child)
    assert found["spec"] == {"clusterIP": "10.0.0.1", "selector": {"a": "b"}}
