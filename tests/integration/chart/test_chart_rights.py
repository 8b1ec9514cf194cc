"""An operator with the rights that the chart grants, no more: it looks after workloads, and is refused nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.accounts import access_review, account_kubeconfig, forbidden
from tests.support.helm import RELEASE, Helm
from tests.support.operators import running
from tests.support.workloads import HTTP, MODES
from tests.support.world import World

from wharfinger.api.builtin import LEASE
from wharfinger.api.resource import Object

pytestmark = pytest.mark.integration

WORKLOAD: Object = {
    **MODES["service"],
    "ports": [HTTP],
    "route": {"hosts": ["shop.example.com"], "paths": [{"path": "/", "port": "http"}]},
    "autoscale": {"minReplicas": 2, "maxReplicas": 3, "metrics": [{"resource": "cpu", "averageUtilization": 70}]},
    "files": [{"path": "/etc/web/config.yaml", "content": "a: b"}],
    "resources": {"requests": {"cpu": "10m"}},
    "serviceAccount": {"create": True},
}
"""Of many objects."""


@pytest.mark.parametrize("secrets", [False, True], ids=["", "secrets"])
@pytest.mark.parametrize("namespaced", [False, True], ids=["clusterwide", "namespaced"])
async def test_rights_are_enough(helm: Helm, world: World, tmp_path: Path, namespaced: bool, secrets: bool) -> None:
    """In one namespace it cannot watch CustomResourceDefinitions, and asks again now and then instead."""
    namespaces = (world.namespace,) if namespaced else ()
    await helm.install({"watchNamespaces": list(namespaces), "watchSecrets": secrets})
    kubeconfig = await account_kubeconfig(world, world.namespace, RELEASE, tmp_path)
    settings: Any = {"namespaces": namespaces, "lease_namespace": world.namespace, "lease_name": RELEASE}
    async with running(kubeconfig, watch_secrets=secrets, leader_election=True, **settings) as operator:
        await world.workload("web", **WORKLOAD)
        await world.ready("web", timeout=60)
        assert await world.get(LEASE, RELEASE) is not None
        refused = {labels["resource"] for labels in forbidden(operator)}
    assert refused <= ({"customresourcedefinitions.apiextensions.k8s.io"} if namespaced else set())


MAY_NOT = (
    ("list", "", "secrets"),
    ("get", "", "nodes"),
    ("patch", "wharfinger.dev", "stacks"),
    ("create", "", "pods/exec"),
    ("create", "rbac.authorization.k8s.io", "rolebindings"),
)
"""Verb, group and resource of what it may nowhere do."""


async def test_rights_are_no_more_than_that(helm: Helm, world: World) -> None:
    """As the API server's own authorizer sees them, for an operator of one namespace."""
    await helm.install({"watchNamespaces": [world.namespace]})
    deployments = ("delete", "apps", "deployments")
    questions = [
        (*deployments, world.namespace),
        (*deployments, "default"),
        (*deployments, ""),
        ("watch", "", "nodes", ""),
        *((*what, world.namespace) for what in MAY_NOT),
    ]
    user = f"system:serviceaccount:{world.namespace}:{RELEASE}"
    reviews = {"apiVersion": "v1", "kind": "List", "items": [access_review(user, *question) for question in questions]}
    answers = await world.kubectl(
        "create", "-f", "-", "-o", r'jsonpath={.status.allowed}{"\n"}', stdin=json.dumps(reviews)
    )
    granted = [question for question, answer in zip(questions, answers.split(), strict=True) if answer == "true"]
    assert granted == [(*deployments, world.namespace)]
