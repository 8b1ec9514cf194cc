"""An owner's children on a real API server: made, changed, put right, removed, and nobody else's touched."""

from __future__ import annotations

import pytest
from tests.integration.engine.widgets import WIDGET, config, deployment, widget
from tests.support.waiting import eventually

from wharfinger.api.builtin import CONFIG_MAP, DEPLOYMENT
from wharfinger.api.resource import Object, Resource
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import NotFound
from wharfinger.engine.runtime import Operator

pytestmark = pytest.mark.integration


async def _get(client: KubeClient, resource: Resource, namespace: str, name: str) -> Object | None:
    try:
        return await client.get(resource, namespace, name)
    except NotFound:
        return None


async def _until(client: KubeClient, resource: Resource, namespace: str, name: str, holds=bool) -> Object:
    async def look() -> tuple[Object | None] | None:
        found = await _get(client, resource, namespace, name)
        return (found,) if holds(found) else None

    return (await eventually(look, timeout=15, what=f"{resource.kind} {name}"))[0]


async def _change(client: KubeClient, namespace: str, name: str, *children: Object) -> None:
    await client.patch(WIDGET, (namespace, name), {"spec": {"children": list(children)}}, manager="kubectl-edit")


async def test_children_are_made_and_status_says_so(client: KubeClient, operator: Operator, namespace: str) -> None:
    await client.create(WIDGET, widget(namespace, "w", config("a", x="1"), config("b", y="2")), manager="user")
    made = await _until(client, WIDGET, namespace, "w", lambda w: w and w.get("status", {}).get("children") == 2)
    assert made["status"]["observedGeneration"] == made["metadata"]["generation"]
    child = await client.get(CONFIG_MAP, namespace, "a")
    assert child["data"] == {"x": "1"}
    assert child["metadata"]["ownerReferences"][0]["uid"] == made["metadata"]["uid"]


async def test_a_child_changed_by_hand_is_put_right(client: KubeClient, operator: Operator, namespace: str) -> None:
    await client.create(WIDGET, widget(namespace, "w", config("a", x="1")), manager="user")
    await _until(client, CONFIG_MAP, namespace, "a")
    await client.patch(CONFIG_MAP, (namespace, "a"), {"data": {"x": "drift", "theirs": "kept"}}, manager="kubectl-edit")
    found = await _until(client, CONFIG_MAP, namespace, "a", lambda c: c["data"]["x"] == "1")
    assert found["data"]["theirs"] == "kept"


async def test_a_deleted_child_is_back(client: KubeClient, operator: Operator, namespace: str) -> None:
    await client.create(WIDGET, widget(namespace, "w", config("a", x="1")), manager="user")
    before = await _until(client, CONFIG_MAP, namespace, "a")
    await client.delete(CONFIG_MAP, (namespace, "a"))
    uid = before["metadata"]["uid"]
    await _until(client, CONFIG_MAP, namespace, "a", lambda c: c and c["metadata"]["uid"] != uid)


async def test_a_child_no_longer_wanted_is_removed(client: KubeClient, operator: Operator, namespace: str) -> None:
    await client.create(WIDGET, widget(namespace, "w", config("a"), config("b")), manager="user")
    await _until(client, CONFIG_MAP, namespace, "b")
    await _change(client, namespace, "w", config("a"))
    await _until(client, CONFIG_MAP, namespace, "b", lambda c: c is None)
    assert await _get(client, CONFIG_MAP, namespace, "a")


async def test_an_item_no_longer_wanted_leaves_no_stale_entry(
    client: KubeClient, operator: Operator, namespace: str
) -> None:
    """Made by POST, changed by apply: without the hand-over of ownership, B would stay for ever."""
    await client.create(WIDGET, widget(namespace, "w", deployment("d", env={"A": "1", "B": "2"})), manager="user")
    await _until(client, DEPLOYMENT, namespace, "d")
    await _change(client, namespace, "w", deployment("d", env={"A": "1", "C": "3"}))

    def names(obj: Object) -> list[str]:
        return [entry["name"] for entry in obj["spec"]["template"]["spec"]["containers"][0].get("env", [])]

    found = await _until(client, DEPLOYMENT, namespace, "d", lambda d: "C" in names(d))
    assert names(found) == ["A", "C"]


async def test_a_foreign_object_is_left_alone_and_named(client: KubeClient, operator: Operator, namespace: str) -> None:
    theirs = config("a", theirs="yes")
    theirs["metadata"]["namespace"] = namespace
    await client.create(CONFIG_MAP, theirs, manager="user")
    await client.create(WIDGET, widget(namespace, "w", config("a", x="1")), manager="user")

    def stalled(obj: Object) -> bool:
        said = obj.get("status", {}).get("conditions", ())
        return any(entry["type"] == "Stalled" and entry["reason"] == "Conflict" for entry in said)

    found = await _until(client, WIDGET, namespace, "w", stalled)
    assert "ConfigMap" in found["status"]["conditions"][0]["message"]
    assert (await client.get(CONFIG_MAP, namespace, "a"))["data"] == {"theirs": "yes"}

    await client.delete(CONFIG_MAP, (namespace, "a"))
    await _until(client, CONFIG_MAP, namespace, "a", lambda c: c and c["data"] == {"x": "1"})


async def test_a_child_that_lost_its_label_is_found_again(
    client: KubeClient, operator: Operator, namespace: str
) -> None:
    """The watch selects by label, so to it the object is gone; the server knows better."""
    await client.create(WIDGET, widget(namespace, "w", config("a", x="1")), manager="user")
    before = await _until(client, CONFIG_MAP, namespace, "a")
    stripped = {"metadata": {"labels": {"app.kubernetes.io/managed-by": None}}}
    await client.patch(CONFIG_MAP, (namespace, "a"), stripped, manager="kubectl-edit")
    label = "app.kubernetes.io/managed-by"
    after = await _until(client, CONFIG_MAP, namespace, "a", lambda c: label in c["metadata"]["labels"])
    assert after["metadata"]["uid"] == before["metadata"]["uid"]


async def test_nothing_is_written_twice(client: KubeClient, operator: Operator, namespace: str) -> None:
    await client.create(WIDGET, widget(namespace, "w", config("a", x="1"), deployment("d")), manager="user")
    await _until(client, WIDGET, namespace, "w", lambda w: w.get("status", {}).get("children") == 2)
    await operator.wait_idle()
    before = await client.get(CONFIG_MAP, namespace, "a")
    operator.queue("widgets").add((namespace, "w"))
    await operator.wait_idle()
    assert (await client.get(CONFIG_MAP, namespace, "a"))["metadata"] == before["metadata"]
    writes = [
        (sample.labels["verb"], sample.labels["resource"], sample.value)
        for metric in operator.metrics.registry.collect()
        for sample in metric.samples
        if sample.name == "wharfinger_api_requests_total" and sample.labels["verb"] not in {"list", "watch"}
    ]
    assert sorted(writes) == [
        ("create", "configmaps", 1.0),
        ("create", "deployments.apps", 1.0),
        ("patch", "widgets.engine.test", 1.0),
    ]


async def test_an_annotation_of_ours_that_was_changed_is_put_right(
    client: KubeClient, operator: Operator, namespace: str
) -> None:
    wanted = config("a", x="1")
    wanted["metadata"]["annotations"] = {"ours": "yes"}
    await client.create(WIDGET, widget(namespace, "w", wanted), manager="user")
    await _until(client, CONFIG_MAP, namespace, "a")
    drift = {"metadata": {"annotations": {"ours": "no", "theirs": "kept"}}}
    await client.patch(CONFIG_MAP, (namespace, "a"), drift, manager="kubectl-edit")

    def right(found: Object) -> bool:
        return bool(found["metadata"]["annotations"]["ours"] == "yes")

    found = await _until(client, CONFIG_MAP, namespace, "a", right)
    assert found["metadata"]["annotations"]["theirs"] == "kept"
