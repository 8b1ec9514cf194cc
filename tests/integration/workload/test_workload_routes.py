"""Routes: an Ingress, or an HTTPRoute as soon as and as long as the cluster has the Gateway API."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.waiting import eventually
from tests.support.workloads import HTTP, V1, finding_reasons
from tests.support.world import World, is_true

from wharfinger.api.builtin import CUSTOM_RESOURCE_DEFINITION, HTTP_ROUTE, INGRESS, SERVICE
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.errors import NotFound
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

ADMIN: Object = {"name": "admin", "containerPort": 9000, "servicePort": 81}
BASE: Object = {"image": V1, "ports": [HTTP, ADMIN]}
GATEWAY_ROUTE: Object = {"hosts": ["shop.example.com"], "gateways": [{"name": "public", "namespace": "edge"}]}
CRD_NAME = f"{HTTP_ROUTE.plural}.{HTTP_ROUTE.group}"

HTTP_ROUTE_CRD: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {
        "name": CRD_NAME,
        "annotations": {"api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/gateway-api/pull/3328"},
    },
    "spec": {
        "group": HTTP_ROUTE.group,
        "scope": "Namespaced",
        "names": {"kind": HTTP_ROUTE.kind, "plural": HTTP_ROUTE.plural, "singular": "httproute"},
        "versions": [
            {
                "name": HTTP_ROUTE.version,
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                    }
                },
            }
        ],
    },
}
"""The Gateway API's HTTPRoute, without its schema."""


async def install_gateway_api(world: World) -> None:
    await world.client.create(CUSTOM_RESOURCE_DEFINITION, HTTP_ROUTE_CRD)

    async def served() -> bool:
        return HTTP_ROUTE.plural in await world.client.discover(HTTP_ROUTE.group, HTTP_ROUTE.version)

    await eventually(served, what="HTTPRoute is served")


async def remove_gateway_api(world: World) -> None:
    async def gone() -> bool:
        try:
            await world.client.delete(CUSTOM_RESOURCE_DEFINITION, ("", CRD_NAME))
        except NotFound:
            return True
        return False

    await eventually(gone, what="the CRD of HTTPRoute is gone")


@pytest.fixture
async def without_gateway_api(world: World) -> AsyncIterator[None]:
    """A cluster that has no HTTPRoute, before the test and after it."""
    await remove_gateway_api(world)
    yield
    await remove_gateway_api(world)


def ingress_paths(ingress: Object) -> list[tuple[str, str, int]]:
    (rule,) = ingress["spec"]["rules"]
    return [
        (path["path"], path["pathType"], path["backend"]["service"]["port"]["number"]) for path in rule["http"]["paths"]
    ]


async def test_ingress(world: World, operator: Operator) -> None:
    paths = [{"path": "/", "port": "http"}, {"path": "/admin", "pathType": "Exact", "port": 81}]
    route = {"hosts": ["shop.example.com"], "paths": paths, "ingressClassName": "nginx", "annotations": {"a.b/c": "d"}}
    await world.workload("web", **BASE, route=route)
    ingress = await world.until(INGRESS, "web", lambda _: True)
    assert ingress["spec"]["ingressClassName"] == "nginx"
    assert ingress["metadata"]["annotations"]["a.b/c"] == "d"
    assert ingress_paths(ingress) == [("/", "Prefix", 80), ("/admin", "Exact", 81)]
    await world.ready("web")


async def test_a_route_follows_its_spec(world: World, operator: Operator) -> None:
    await world.workload("web", **BASE, route={"hosts": ["a.example.com", "b.example.com"]})
    await world.until(INGRESS, "web", lambda obj: len(obj["spec"]["rules"]) == 2)
    await world.workload("web", **BASE, route={"hosts": ["b.example.com"], "tls": {"secretName": "b-tls"}})
    changed = await world.until(INGRESS, "web", lambda obj: len(obj["spec"]["rules"]) == 1)
    assert changed["spec"]["rules"][0]["host"] == "b.example.com"
    assert changed["spec"]["tls"] == [{"hosts": ["b.example.com"], "secretName": "b-tls"}]


async def test_a_route_to_a_port_that_is_not_there_is_a_finding(world: World, operator: Operator) -> None:
    await world.workload("web", **BASE, route={"paths": [{"path": "/", "port": "nowhere"}]})
    told = await world.until(CONTAINER_WORKLOAD, "web", lambda found: found["status"].get("findings"))
    assert any("nowhere" in finding["message"] for finding in told["status"]["findings"])
    assert await world.get(INGRESS, "web") is None


async def test_no_route_without_a_service(world: World, operator: Operator) -> None:
    await world.workload("web", **BASE, route={"hosts": ["shop.example.com"]})
    await world.until(INGRESS, "web", lambda _: True)
    await world.workload("web", **BASE, route={"hosts": ["shop.example.com"]}, service={"enabled": False})
    await world.gone(INGRESS, "web")
    await world.gone(SERVICE, "web")
    assert finding_reasons(await world.until(CONTAINER_WORKLOAD, "web", lambda found: found["status"].get("findings")))


@pytest.mark.usefixtures("without_gateway_api")
async def test_a_cluster_without_the_gateway_api(world: World, operator: Operator) -> None:
    """The rest runs; the document says what does not happen."""
    await world.workload("web", **BASE, route=GATEWAY_ROUTE)
    found = await world.until(CONTAINER_WORKLOAD, "web", lambda obj: obj["status"].get("readyReplicas") == 1)
    assert any(finding["path"].startswith("spec.route") for finding in found["status"]["findings"])
    assert await world.get(INGRESS, "web") is None


@pytest.mark.usefixtures("without_gateway_api")
async def test_the_gateway_api_comes_and_goes(world: World, operator: Operator) -> None:
    await world.workload("web", **BASE, route=GATEWAY_ROUTE)
    await world.until(CONTAINER_WORKLOAD, "web", lambda obj: obj["status"].get("findings"))

    await install_gateway_api(world)
    route = await world.until(HTTP_ROUTE, "web", lambda _: True, timeout=60)
    assert route["spec"]["parentRefs"] == [{"name": "public", "namespace": "edge"}]
    assert route["spec"]["hostnames"] == ["shop.example.com"]
    assert route["spec"]["rules"][0]["backendRefs"] == [{"name": "web", "port": 80}]
    await world.until(CONTAINER_WORKLOAD, "web", lambda obj: is_true("Ready")(obj) and not obj["status"]["findings"])

    await world.patch(HTTP_ROUTE, "web", {"spec": {"hostnames": ["evil.example.com"]}})
    await world.until(HTTP_ROUTE, "web", lambda obj: obj["spec"]["hostnames"] == ["shop.example.com"])

    await remove_gateway_api(world)
    await world.until(CONTAINER_WORKLOAD, "web", lambda obj: obj["status"]["findings"], timeout=60)
    await world.workload("web", **BASE | {"replicas": 2}, route=GATEWAY_ROUTE)
    await world.until(CONTAINER_WORKLOAD, "web", lambda obj: obj["status"].get("readyReplicas") == 2)


@pytest.mark.usefixtures("without_gateway_api")
async def test_from_ingress_to_gateway_and_back(world: World, operator: Operator) -> None:
    await install_gateway_api(world)
    await world.workload("web", **BASE, route={"hosts": ["shop.example.com"]})
    await world.until(INGRESS, "web", lambda _: True)
    await world.workload("web", **BASE, route=GATEWAY_ROUTE)
    await world.until(HTTP_ROUTE, "web", lambda _: True, timeout=60)
    await world.gone(INGRESS, "web")
    await world.workload("web", **BASE, route={"hosts": ["shop.example.com"]})
    await world.until(INGRESS, "web", lambda _: True)
    await world.gone(HTTP_ROUTE, "web")
    await world.workload("web", **BASE, route=GATEWAY_ROUTE | {"enabled": False})
    await world.gone(INGRESS, "web")
