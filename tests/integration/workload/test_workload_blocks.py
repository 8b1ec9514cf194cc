"""Every optional block: on, its object is there and right; off or removed, the object is gone and the rest runs on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.workloads import HTTP, MODES, V1, container_of, pod_template, runner
from tests.support.world import World

from wharfinger.api.builtin import (
    DEPLOYMENT,
    HORIZONTAL_POD_AUTOSCALER,
    INGRESS,
    NETWORK_POLICY,
    POD,
    POD_DISRUPTION_BUDGET,
    SERVICE,
    SERVICE_ACCOUNT,
)
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object, Resource
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

BASE: Object = {"image": V1, "replicas": 2, "ports": [HTTP]}


@dataclass(frozen=True)
class Block:
    """A block as a user writes it, and what its object must then have at some paths of its spec."""

    field: str
    value: Object
    resource: Resource
    shows: Callable[[Object], Any]
    expected: Any

    def __str__(self) -> str:
        return f"{self.field}-{'-'.join(self.value)}"


def ports_of(obj: Object) -> list[tuple[str, int, str]]:
    return [(port["name"], port["port"], port["targetPort"]) for port in obj["spec"]["ports"]]


BLOCKS = (
    Block("service", {"type": "ClusterIP"}, SERVICE, ports_of, [("http", 80, "http")]),
    Block("service", {"type": "NodePort"}, SERVICE, lambda obj: obj["spec"]["type"], "NodePort"),
    Block(
        "service",
        {"type": "LoadBalancer", "externalTrafficPolicy": "Local", "loadBalancerSourceRanges": ["10.0.0.0/8"]},
        SERVICE,
        lambda obj: (obj["spec"]["externalTrafficPolicy"], obj["spec"]["loadBalancerSourceRanges"]),
        ("Local", ["10.0.0.0/8"]),
    ),
    Block("service", {"type": "Headless"}, SERVICE, lambda obj: obj["spec"]["clusterIP"], "None"),
    Block(
        "service",
        {"sessionAffinity": "ClientIP", "annotations": {"example.com/lb": "small"}},
        SERVICE,
        lambda obj: (obj["spec"]["sessionAffinity"], obj["metadata"]["annotations"]["example.com/lb"]),
        ("ClientIP", "small"),
    ),
    Block(
        "route",
        {"hosts": ["shop.example.com"], "tls": {"secretName": "shop-tls"}},
        INGRESS,
        lambda obj: (obj["spec"]["rules"][0]["host"], obj["spec"]["tls"]),
        ("shop.example.com", [{"hosts": ["shop.example.com"], "secretName": "shop-tls"}]),
    ),
    Block(
        "autoscale",
        {"minReplicas": 2, "maxReplicas": 7, "metrics": [{"resource": "memory", "averageUtilization": 60}]},
        HORIZONTAL_POD_AUTOSCALER,
        lambda obj: (obj["spec"]["minReplicas"], obj["spec"]["maxReplicas"], obj["spec"]["scaleTargetRef"]["kind"]),
        (2, 7, "Deployment"),
    ),
    Block("disruption", {"minAvailable": 1}, POD_DISRUPTION_BUDGET, lambda obj: obj["spec"]["minAvailable"], 1),
    Block(
        "disruption", {"maxUnavailable": "50%"}, POD_DISRUPTION_BUDGET, lambda obj: obj["spec"]["maxUnavailable"], "50%"
    ),
    Block(
        "network",
        {"ingress": [{"fromWorkloads": ["gateway"]}], "egress": [{"dns": True}]},
        NETWORK_POLICY,
        lambda obj: (
            obj["spec"]["policyTypes"],
            obj["spec"]["ingress"][0]["from"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/instance"],
        ),
        (["Ingress", "Egress"], "gateway"),
    ),
)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
async def test_turned_on_then_off(world: World, operator: Operator, block: Block) -> None:
    await world.workload("web", **BASE, **{block.field: block.value})
    found = await world.until(block.resource, "web", lambda _: True)
    assert block.shows(found) == block.expected
    await world.ready("web")

    await world.workload("web", **BASE, **{block.field: block.value | {"enabled": False}})
    await world.gone(block.resource, "web")
    await world.ready("web")
    assert await world.get(DEPLOYMENT, "web") is not None


@pytest.mark.parametrize("block", [each for each in BLOCKS if each.field in ("route", "autoscale", "network")], ids=str)
async def test_a_removed_block_takes_its_object_along(world: World, operator: Operator, block: Block) -> None:
    await world.workload("web", **BASE, **{block.field: block.value})
    await world.until(block.resource, "web", lambda _: True)
    await world.workload("web", **BASE)
    await world.gone(block.resource, "web")


async def test_defaults_make_a_service_and_a_budget(world: World, operator: Operator) -> None:
    await world.workload("web", **BASE)
    await world.ready("web")
    service = await world.get(SERVICE, "web")
    assert service is not None
    assert (service["spec"]["type"], ports_of(service)) == ("ClusterIP", [("http", 80, "http")])
    budget = await world.get(POD_DISRUPTION_BUDGET, "web")
    assert budget is not None
    assert budget["spec"]["maxUnavailable"] == 1


async def test_a_single_replica_needs_no_budget(world: World, operator: Operator) -> None:
    await world.workload("web", **BASE)
    await world.until(POD_DISRUPTION_BUDGET, "web", lambda _: True)
    await world.workload("web", **BASE | {"replicas": 1})
    await world.gone(POD_DISRUPTION_BUDGET, "web")


async def test_no_ports_no_service(world: World, operator: Operator) -> None:
    await world.workload("web", **BASE)
    await world.until(SERVICE, "web", lambda _: True)
    await world.workload("web", image=V1, replicas=2)
    await world.gone(SERVICE, "web")
    await world.ready("web")


async def test_a_service_follows_its_ports(world: World, operator: Operator) -> None:
    admin = {"name": "admin", "containerPort": 9000}
    await world.workload("web", image=V1, ports=[HTTP, admin])
    await world.until(SERVICE, "web", lambda obj: len(ports_of(obj)) == 2)
    await world.workload("web", image=V1, ports=[admin])
    await world.until(SERVICE, "web", lambda obj: ports_of(obj) == [("admin", 9000, "admin")])


async def test_a_service_changes_its_type(world: World, operator: Operator) -> None:
    await world.workload("web", **BASE, service={"type": "NodePort"})
    await world.until(SERVICE, "web", lambda obj: obj["spec"]["ports"][0].get("nodePort"))
    await world.workload("web", **BASE, service={"type": "ClusterIP"})
    changed = await world.until(SERVICE, "web", lambda obj: obj["spec"]["type"] == "ClusterIP")
    assert "nodePort" not in changed["spec"]["ports"][0]


async def test_service_account(world: World, operator: Operator) -> None:
    await world.workload("web", **BASE, serviceAccount={"create": True, "annotations": {"example.com/role": "shop"}})
    account = await world.until(SERVICE_ACCOUNT, "web", lambda _: True)
    assert account["metadata"]["annotations"]["example.com/role"] == "shop"
    pod_spec = pod_template(await runner(world, "web", "service"))["spec"]
    assert pod_spec["serviceAccountName"] == "web"
    assert pod_spec["automountServiceAccountToken"] is False
    await world.ready("web")

    await world.workload("web", **BASE)
    await world.gone(SERVICE_ACCOUNT, "web")
    rolled = await world.until(DEPLOYMENT, "web", lambda obj: pod_template(obj)["spec"].get("serviceAccount") != "web")
    assert pod_template(rolled)["spec"].get("serviceAccountName", "default") in ("", "default")
    await world.ready("web")


async def test_an_account_that_exists_is_used_and_left_alone(world: World, operator: Operator) -> None:
    await world.create(SERVICE_ACCOUNT, "shop")
    await world.workload("web", **BASE, serviceAccount={"name": "shop", "automountToken": True})
    await world.ready("web")
    pod_spec = pod_template(await runner(world, "web", "service"))["spec"]
    assert (pod_spec["serviceAccountName"], pod_spec["automountServiceAccountToken"]) == ("shop", True)
    await world.delete(CONTAINER_WORKLOAD, "web")
    await world.gone(DEPLOYMENT, "web")
    assert await world.get(SERVICE_ACCOUNT, "shop") is not None


async def test_health_check_becomes_probes(world: World, operator: Operator) -> None:
    check = {"httpGet": {"path": "/healthz", "port": "http"}, "interval": "7s", "retries": 4, "onUnhealthy": "restart"}
    await world.workload("web", **BASE, healthCheck=check)
    container = container_of(await runner(world, "web", "service"))
    assert container["readinessProbe"]["httpGet"]["path"] == "/healthz"
    assert (container["readinessProbe"]["periodSeconds"], container["readinessProbe"]["failureThreshold"]) == (7, 4)
    assert "livenessProbe" in container
    await world.workload("web", **BASE, healthCheck=check | {"enabled": False})
    await world.until(DEPLOYMENT, "web", lambda obj: "readinessProbe" not in container_of(obj))
    assert "livenessProbe" not in container_of(await runner(world, "web", "service"))


async def test_pod_adds_a_sidecar_and_fields_of_the_main_container(world: World, operator: Operator) -> None:
    containers = [{"name": "web", "tty": True}, {"name": "proxy", "image": "registry.example.com/proxy:2"}]
    await world.workload("web", **BASE, pod={"containers": containers, "terminationGracePeriodSeconds": 77})
    await world.ready("web")
    found = await runner(world, "web", "service")
    assert container_of(found)["tty"] is True
    assert container_of(found)["image"] == V1
    assert container_of(found, "proxy")["image"] == "registry.example.com/proxy:2"
    assert pod_template(found)["spec"]["terminationGracePeriodSeconds"] == 77
    await world.workload("web", **BASE)
    await world.until(DEPLOYMENT, "web", lambda obj: len(pod_template(obj)["spec"]["containers"]) == 1)


@pytest.mark.parametrize("mode", ["stateful", "daemon", "pod"])
async def test_the_modes_that_serve_have_a_service(world: World, operator: Operator, mode: str) -> None:
    await world.workload("web", **MODES[mode], ports=[HTTP])
    service = await world.until(SERVICE, "web", lambda _: True)
    await world.ready("web")
    pods = await world.list(POD, ",".join(f"{key}={value}" for key, value in service["spec"]["selector"].items()))
    assert pods
