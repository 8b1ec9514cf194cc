"""What keeps a workload from being what it says, for no fault of its document: it is named, and passes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.nodes import NEVER_READY, SIMULATE
from tests.support.workloads import HTTP, V1, pods_of
from tests.support.world import World, condition, is_true

from wharfinger.api.builtin import POD, SERVICE
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.labels import REVISION_LABEL
from wharfinger.api.resource import Object, Resource
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

WEBHOOK = Resource(
    group="admissionregistration.k8s.io",
    version="v1",
    kind="ValidatingWebhookConfiguration",
    plural="validatingwebhookconfigurations",
    namespaced=False,
)
WEB: Object = {"image": V1, "replicas": 2, "ports": [HTTP]}


@pytest.fixture
async def broken_webhook(world: World) -> AsyncIterator[str]:
    """An admission webhook for the namespace's Services that nobody answers for. Its name."""
    hook: Object = {
        "name": "services.example.com",
        "clientConfig": {"url": "https://127.0.0.1:1/validate"},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["services"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": world.namespace}},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 1,
    }
    body = {"apiVersion": WEBHOOK.api_version, "kind": WEBHOOK.kind, "metadata": {"name": world.namespace}}
    await world.client.create(WEBHOOK, body | {"webhooks": [hook]})
    yield world.namespace
    found = await world.client.list(WEBHOOK)
    if any(each["metadata"]["name"] == world.namespace for each in found):
        await world.client.delete(WEBHOOK, ("", world.namespace))


async def test_an_admission_webhook_that_fails(world: World, operator: Operator, broken_webhook: str) -> None:
    await world.workload("web", **WEB)
    told = await world.until(CONTAINER_WORKLOAD, "web", is_true("Reconciling", reason="Retrying"), timeout=90)
    assert "services.example.com" in condition(told, "Ready")["message"]
    assert not condition(told, "Stalled")

    await world.client.delete(WEBHOOK, ("", broken_webhook))
    await world.ready("web", timeout=60)


async def test_an_object_that_cannot_go(world: World, operator: Operator) -> None:
    """Deleted by hand, and held by somebody's finalizer, as a load balancer's controller does."""
    await world.workload("web", **WEB)
    await world.ready("web")
    await world.patch(SERVICE, "web", {"metadata": {"finalizers": ["example.com/hold"]}})
    await world.delete(SERVICE, "web")
    told = await world.until(CONTAINER_WORKLOAD, "web", is_true("Reconciling", reason="WaitingForDeletion"))
    assert "Service web is being deleted" in condition(told, "Ready")["message"]

    await world.patch(SERVICE, "web", {"metadata": {"finalizers": None}})
    await world.ready("web")
    again = await world.until(SERVICE, "web", bool)
    assert "deletionTimestamp" not in again["metadata"]


async def test_a_pod_that_only_looks_like_ours(world: World, operator: Operator) -> None:
    """A copy of a pod, made by hand: no problem of the workload's, and never deleted, though of another revision."""
    await world.workload("web", mode="stateful", **WEB)
    await world.ready("web")
    labels = (await pods_of(world, "web"))[0]["metadata"]["labels"] | {REVISION_LABEL: "another"}
    metadata: Object = {"name": "copy", "labels": labels, "annotations": {SIMULATE: NEVER_READY}}
    copy = await world.create(POD, "copy", metadata=metadata, spec={"containers": [{"name": "web", "image": V1}]})
    await world.workload("web", mode="stateful", **{**WEB, "replicas": 3})
    ready = await world.ready("web")
    assert ready["status"]["replicas"] == 3
    assert not ready["status"].get("problems")
    there = await world.until(POD, "copy", bool)
    assert there["metadata"]["uid"] == copy["metadata"]["uid"]
    assert "deletionTimestamp" not in there["metadata"]
