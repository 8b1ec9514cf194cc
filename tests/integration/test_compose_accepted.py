"""What Compose files become, a real API server takes: the workloads, what goes with them, and what they stand for."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.world import World
from tests.unit.compose.compose_cases import cases

from wharfinger.api.builtin import BY_KIND
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object, Resource
from wharfinger.cli.documents import Document
from wharfinger.cli.render import render_document
from wharfinger.engine.errors import ApiError

pytestmark = pytest.mark.integration


def _resource(obj: Object) -> Resource:
    ours = obj["kind"] == CONTAINER_WORKLOAD.kind
    return CONTAINER_WORKLOAD if ours else BY_KIND[obj["apiVersion"], obj["kind"]]


def _meant(obj: Object, namespace: str) -> list[dict[str, Any]]:
    """A workload and what it stands for; any other object alone."""
    obj = {**obj, "metadata": {**obj["metadata"], "namespace": namespace}}
    if obj["kind"] != CONTAINER_WORKLOAD.kind:
        return [obj]
    rendered, findings = render_document(Document("golden", obj), namespace=namespace, http_route=False)
    assert not [finding for finding in findings if finding.severity == "error"], findings
    return [obj, *rendered]


async def test_every_golden_project_is_taken(world: World) -> None:
    """By a dry run with strict validation of fields: a name that Kubernetes does not know would be refused."""
    refused: list[str] = []
    for case in cases():
        for obj in [each for made in case.converted().objects for each in _meant(made, world.namespace)]:
            try:
                await world.client.create(_resource(obj), obj, dry_run=True)
            except ApiError as error:
                refused.append(f"{case.name}: {obj['kind']} {obj['metadata']['name']}: {error}")
    assert refused == []
