"""Whatever is changed by hand is put right from the event that shows it; what others own stays theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.waiting import eventually, never
from tests.support.workloads import HTTP, MODES, V1, container_of, image_of, of_workload, pod_template, pods_of
from tests.support.world import World

from wharfinger.api.builtin import (
    CONFIG_MAP,
    CONTROLLER_REVISION,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    HORIZONTAL_POD_AUTOSCALER,
    INGRESS,
    JOB,
    NETWORK_POLICY,
    POD,
    POD_DISRUPTION_BUDGET,
    SERVICE,
    SERVICE_ACCOUNT,
    STATEFUL_SET,
)
from wharfinger.api.resource import Object, Resource
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

WHOLE: Object = {
    "image": V1,
    "replicas": 2,
    "ports": [HTTP],
    "files": [{"path": "/etc/web/config", "content": "colour: blue"}],
    "serviceAccount": {"create": True},
    "route": {"hosts": ["shop.example.com"]},
    "autoscale": {"minReplicas": 2, "maxReplicas": 5},
    "disruption": {"maxUnavailable": 1},
    "network": {"ingress": [{"fromWorkloads": ["gateway"]}]},
}
"""A workload with every block."""


@dataclass(frozen=True)
class Case:
    """A kind, the workload that makes one, a change by hand to a field that is ours, and how that field is read."""

    resource: Resource
    spec: Object
    change: Object

    def __str__(self) -> str:
        return self.resource.kind


def templates(fields: Object) -> Object:
    return {"spec": {"template": {"spec": fields}}}


CASES = (
    Case(DEPLOYMENT, WHOLE, {"spec": {"minReadySeconds": 99}}),
    Case(STATEFUL_SET, MODES["stateful"], {"spec": {"minReadySeconds": 99}}),
    Case(DAEMON_SET, MODES["daemon"], {"spec": {"minReadySeconds": 99}}),
    Case(CRON_JOB, MODES["cron"], {"spec": {"schedule": "* * * * *"}}),
    Case(SERVICE, WHOLE, {"spec": {"selector": {"app.kubernetes.io/name": "other"}}}),
    Case(SERVICE_ACCOUNT, WHOLE, {"metadata": {"labels": {"app.kubernetes.io/name": "other"}}}),
    Case(INGRESS, WHOLE, {"spec": {"rules": [{"host": "evil.example.com"}]}}),
    Case(HORIZONTAL_POD_AUTOSCALER, WHOLE, {"spec": {"maxReplicas": 50}}),
    Case(POD_DISRUPTION_BUDGET, WHOLE, {"spec": {"maxUnavailable": 2}}),
    Case(NETWORK_POLICY, WHOLE, {"spec": {"ingress": [{}]}}),
    Case(CONTROLLER_REVISION, WHOLE, {"metadata": {"labels": {"app.kubernetes.io/name": "other"}}}),
)

DELETED = (
    *((case.resource, case.spec) for case in CASES),
    (CONFIG_MAP, WHOLE),
    (JOB, {"mode": "job", "image": V1, "job": {"suspend": True}}),
    (POD, MODES["pod"]),
)


async def made(world: World, resource: Resource) -> Object:
    """The one object of that kind that the workload made."""

    async def look() -> list[Object]:
        found = await world.list(resource, of_workload("web"))
        return [obj for obj in found if obj["metadata"]["ownerReferences"][0]["kind"] == "ContainerWorkload"]

    return (await eventually(look, what=f"a {resource.kind}"))[0]


@pytest.mark.parametrize(("resource", "spec"), DELETED, ids=lambda value: getattr(value, "kind", ""))
async def test_what_is_deleted_comes_back(world: World, operator: Operator, resource: Resource, spec: Object) -> None:
    await world.workload("web", **spec)
    first = await made(world, resource)
    name, uid = first["metadata"]["name"], first["metadata"]["uid"]
    await world.delete(resource, name)
    second = await world.until(resource, name, lambda obj: obj["metadata"]["uid"] != uid)
    assert second["metadata"]["labels"] == first["metadata"]["labels"]
    if resource in (CONFIG_MAP, SERVICE_ACCOUNT, CONTROLLER_REVISION):
        assert second.get("data") == first.get("data")


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_is_changed_is_put_right(world: World, operator: Operator, case: Case) -> None:
    await world.workload("web", **case.spec)
    before = await made(world, case.resource)
    name = before["metadata"]["name"]
    changed = await world.patch(case.resource, name, case.change)
    assert differs(changed, before), "the change by hand changed nothing: the test is void"
    await world.until(case.resource, name, lambda obj: not differs(obj, before))


def differs(one: Object, other: Object) -> bool:
    return fields_of(one) != fields_of(other)


def fields_of(obj: Object) -> Any:
    return obj.get("spec"), obj.get("data"), obj["metadata"]["labels"]


# What people really do


async def test_set_image_is_put_right(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"])
    await world.ready("web")
    await world.kubectl("set", "image", "deployment/web", "web=registry.example.com/evil:1")
    await world.until(DEPLOYMENT, "web", lambda obj: image_of(obj) == V1)
    assert (await world.ready("web"))["status"]["rollout"]["revision"] == 1


async def test_set_env_of_a_value_of_ours_is_put_right(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"], env=[{"name": "LOG_LEVEL", "value": "info"}])
    await world.ready("web")
    await world.kubectl("set", "env", "deployment/web", "LOG_LEVEL=debug")
    await world.until(
        DEPLOYMENT, "web", lambda obj: container_of(obj)["env"] == [{"name": "LOG_LEVEL", "value": "info"}]
    )


async def test_a_pause_by_hand_is_put_right(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"])
    await world.ready("web")
    await world.kubectl("rollout", "pause", "deployment/web")
    await world.until(DEPLOYMENT, "web", lambda obj: not obj["spec"].get("paused"))


async def test_a_removed_container_field_comes_back(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"], resources={"requests": {"cpu": "10m"}})
    await world.ready("web")
    await world.patch(
        DEPLOYMENT, "web", [{"op": "remove", "path": "/spec/template/spec/containers/0/resources/requests"}]
    )
    await world.until(DEPLOYMENT, "web", lambda obj: container_of(obj)["resources"].get("requests") == {"cpu": "10m"})


@pytest.mark.parametrize("label", ["app.kubernetes.io/managed-by", "app.kubernetes.io/instance"])
async def test_a_label_that_is_stripped_comes_back(world: World, operator: Operator, label: str) -> None:
    """Without it, our server-side selector no longer sees the object at all."""
    await world.workload("web", **MODES["service"], ports=[HTTP])
    await world.ready("web")
    first = await world.client.get(SERVICE, world.namespace, "web")
    await world.kubectl("label", "service/web", f"{label}-")
    again = await world.until(SERVICE, "web", lambda obj: label in obj["metadata"]["labels"])
    assert again["metadata"]["uid"] == first["metadata"]["uid"], "it was made anew, and connections broke"


async def test_pods_that_are_deleted_come_back(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"])
    await world.ready("web")
    first = {pod["metadata"]["uid"] for pod in await pods_of(world, "web")}
    await world.kubectl("delete", "pods", "-l", "app.kubernetes.io/instance=web", "--wait=false")

    async def others() -> bool:
        now = {pod["metadata"]["uid"] for pod in await pods_of(world, "web")}
        return len(now) == 2 and now.isdisjoint(first)

    await eventually(others, what="two new pods")
    await world.ready("web")


async def test_a_change_of_the_owner_reference_is_put_right(world: World, operator: Operator) -> None:
    """Orphaned by hand: it is still ours, by what we wrote on it."""
    await world.workload("web", **MODES["service"])
    await world.ready("web")
    first = await world.patch(DEPLOYMENT, "web", [{"op": "remove", "path": "/metadata/ownerReferences"}])
    again = await world.until(DEPLOYMENT, "web", lambda obj: obj["metadata"].get("ownerReferences"))
    assert again["metadata"]["uid"] == first["metadata"]["uid"]


# What is not ours


async def test_what_others_add_stays(world: World, operator: Operator) -> None:
    await world.workload("web", **WHOLE | {"env": [{"name": "LOG_LEVEL", "value": "info"}]})
    await world.ready("web")
    theirs = {
        "metadata": {"annotations": {"example.com/injected": "yes"}, "labels": {"team": "shop"}},
        "spec": {
            "template": {
                "spec": {
                    "containers": [
                        {"name": "web", "env": [{"name": "INJECTED", "value": "1"}]},
                        {"name": "sidecar", "image": "registry.example.com/sidecar:1"},
                    ]
                }
            }
        },
    }
    body = {"apiVersion": "apps/v1", "kind": "Deployment", **theirs}
    body["metadata"] |= {"name": "web", "namespace": world.namespace}
    await world.client.apply(DEPLOYMENT, body, manager="injector", force=False)
    await world.workload("web", **WHOLE | {"env": [{"name": "LOG_LEVEL", "value": "debug"}]})
    await world.until(
        DEPLOYMENT, "web", lambda obj: {"name": "LOG_LEVEL", "value": "debug"} in container_of(obj)["env"]
    )

    async def taken_away() -> bool:
        now = await world.client.get(DEPLOYMENT, world.namespace, "web")
        kept = (
            {"name": "INJECTED", "value": "1"} in container_of(now)["env"],
            len(pod_template(now)["spec"]["containers"]) == 2,
            now["metadata"]["annotations"].get("example.com/injected") == "yes",
            now["metadata"]["labels"].get("team") == "shop",
        )
        return not all(kept)

    await never(taken_away, during=1.0, what="what an injector added is taken away")


async def test_a_load_balancer_s_annotations_stay(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"], ports=[HTTP], service={"annotations": {"example.com/ours": "1"}})
    await world.ready("web")
    await world.kubectl("annotate", "service/web", "example.com/theirs=2")
    await world.kubectl("annotate", "service/web", "example.com/ours=changed", "--overwrite")
    again = await world.until(SERVICE, "web", lambda obj: obj["metadata"]["annotations"]["example.com/ours"] == "1")
    assert again["metadata"]["annotations"]["example.com/theirs"] == "2"


async def test_repairs_are_counted(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"], ports=[HTTP])
    await world.ready("web")
    await world.patch(SERVICE, "web", {"spec": {"selector": {"app.kubernetes.io/name": "other"}}})
    await world.until(SERVICE, "web", lambda obj: obj["spec"]["selector"]["app.kubernetes.io/name"] == "web")

    async def counted() -> float:
        value = operator.metrics.registry.get_sample_value("wharfinger_drift_repairs_total", {"resource": str(SERVICE)})
        return value or 0.0

    assert await eventually(counted, what="the repair is counted") >= 1
