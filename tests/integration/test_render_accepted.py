"""What is rendered, a real API server takes as it is, and stores as it was sent.

If it stored anything otherwise, the operator would see drift where there is none, and write in vain for ever.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from wharfinger import render
from wharfinger.api.builtin import BY_KIND, CONTROLLER_REVISION, HTTP_ROUTE, NAMESPACE, POD
from wharfinger.api.containerworkload import ContainerWorkloadSpec, Workload
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection
from wharfinger.engine.diff import covers
from wharfinger.engine.errors import Forbidden

pytestmark = pytest.mark.integration

GOLDEN = sorted((Path(__file__).parents[1] / "unit" / "render" / "golden" / "output").glob("*.yaml"))
NOT_SERVED = {HTTP_ROUTE.kind}
"""A custom resource: the Gateway API is not installed here."""


@pytest.fixture
async def client(kubeconfig: Path) -> AsyncIterator[KubeClient]:
    async with KubeClient(Connection.from_kubeconfig(kubeconfig)) as made:
        yield made


def _rendered(golden: Path, namespace: str) -> list[dict[str, Any]]:
    found = [obj for obj in yaml.safe_load_all(golden.read_text()) if obj["kind"] not in NOT_SERVED]
    for obj in found:
        obj["metadata"]["namespace"] = namespace
    return found


def _asked(obj: dict[str, Any]) -> dict[str, Any]:
    """The spec without a bare pod's node: the scheduler writes it when it likes."""
    return {field: value for field, value in obj.get("spec", {}).items() if (obj["kind"], field) != ("Pod", "nodeName")}


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
async def test_objects_are_stored_as_sent(golden: Path, namespace: str, client: KubeClient) -> None:
    for obj in _rendered(golden, namespace):
        resource = BY_KIND[obj["apiVersion"], obj["kind"]]
        created = await client.create(resource, obj)
        assert covers(created, obj), f"{obj['kind']} is stored otherwise than it was created"
        applied = await client.apply(resource, obj)
        assert covers(applied, obj), f"{obj['kind']} is stored otherwise than it was applied"
        assert _asked(applied) == _asked(created)


@pytest.fixture
async def restricted(namespace: str, client: KubeClient) -> str:
    """A namespace that enforces Pod Security ``restricted``."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    await client.patch(NAMESPACE, ("", namespace), {"metadata": {"labels": labels}})
    return namespace


def _pod(spec: dict[str, Any], namespace: str) -> dict[str, Any]:
    """The Pod that a workload's own controller would make."""
    parsed = ContainerWorkloadSpec.model_validate({"image": "web:1", **spec})
    made = render.template(Workload(name="web", namespace=namespace, spec=parsed, labels={}, annotations={}))
    meta = {"name": "web", "namespace": namespace, "labels": made.pod["metadata"]["labels"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": made.pod["spec"]}


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"ports": [{"name": "http", "containerPort": 8080}], "files": [{"path": "/a", "content": "x"}]},
        {
            "pod": {
                "containers": [{"name": "proxy", "image": "proxy:1"}],
                "initContainers": [{"name": "i", "image": "i"}],
            }
        },
    ],
    ids=["short", "served", "sidecars"],
)
async def test_pods_meet_pod_security_restricted(spec: dict[str, Any], restricted: str, client: KubeClient) -> None:
    await client.create(POD, _pod(spec, restricted), dry_run=True)


async def test_pod_security_refuses_what_is_turned_off(restricted: str, client: KubeClient) -> None:
    with pytest.raises(Forbidden, match="PodSecurity"):
        await client.create(POD, _pod({"security": {"restricted": False}}, restricted), dry_run=True)


async def test_a_revision_is_read_back_as_it_was_kept(namespace: str, client: KubeClient) -> None:
    spec = {"image": "web:1", "mode": "stateful", "files": [{"path": "/etc/a", "content": "text"}]}
    spec |= {"storage": [{"name": "data", "path": "/data", "size": "1Gi"}]}
    parsed = ContainerWorkloadSpec.model_validate(spec)
    workload = Workload(name="web", namespace=namespace, spec=parsed, labels={}, annotations={})
    template = render.template(workload)
    kept = render.controller_revision(workload, template, 3)
    await client.create(CONTROLLER_REVISION, kept)
    stored = await client.get(CONTROLLER_REVISION, namespace, kept["metadata"]["name"])
    assert stored["revision"] == 3
    assert render.Template.from_data(stored["data"]) == template
