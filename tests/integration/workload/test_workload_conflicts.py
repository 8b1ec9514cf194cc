"""What belongs to others is never taken over and never changed: the workload says whose it is, and waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.waiting import never
from tests.support.workloads import HTTP, MODES, V1, told
from tests.support.world import World, condition

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
    PERSISTENT_VOLUME_CLAIM,
    POD,
    POD_DISRUPTION_BUDGET,
    SERVICE,
    SERVICE_ACCOUNT,
    STATEFUL_SET,
)
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.parse import parse
from wharfinger.api.resource import Object, Resource, controller_of
from wharfinger.engine.operator import Operator
from wharfinger.render import controller_revision, file_maps, runner, template

pytestmark = pytest.mark.integration

_LABELS = {"theirs": "yes"}
_POD: Object = {
    "metadata": {"labels": _LABELS},
    "spec": {"containers": [{"name": "theirs", "image": "registry.example.com/theirs:1"}]},
}
_SELECTED: Object = {"selector": {"matchLabels": _LABELS}, "template": _POD}
_WEB: Object = {"image": V1, "replicas": 2, "ports": [HTTP]}
_BACKEND: Object = {"service": {"name": "theirs", "port": {"number": 80}}}


@dataclass(frozen=True)
class Case:
    """An object of somebody else, and a workload that wants one of the same kind and name."""

    resource: Resource
    theirs: Object
    spec: Object
    name: str = "web"

    def __str__(self) -> str:
        return self.resource.kind + ("" if self.name == "web" else f"-{self.name}")


CASES = (
    Case(DEPLOYMENT, {"spec": {"replicas": 0, **_SELECTED}}, _WEB),
    Case(STATEFUL_SET, {"spec": {"serviceName": "theirs", "replicas": 0, **_SELECTED}}, MODES["stateful"]),
    Case(DAEMON_SET, {"spec": _SELECTED}, MODES["daemon"]),
    Case(
        CRON_JOB,
        {
            "spec": {
                "schedule": "0 0 1 1 *",
                "jobTemplate": {"spec": {"template": {"spec": _POD["spec"] | {"restartPolicy": "Never"}}}},
            }
        },
        MODES["cron"],
    ),
    Case(POD, {"spec": _POD["spec"]}, MODES["pod"]),
    Case(SERVICE, {"spec": {"selector": _LABELS, "ports": [{"port": 99}]}}, _WEB),
    Case(SERVICE, {"spec": {"selector": _LABELS, "ports": [{"port": 99}]}}, MODES["stateful"], name="web-headless"),
    Case(SERVICE_ACCOUNT, {"automountServiceAccountToken": False}, _WEB | {"serviceAccount": {"create": True}}),
    Case(
        INGRESS,
        {"spec": {"defaultBackend": _BACKEND}},
        _WEB | {"route": {"hosts": ["shop.example.com"]}},
    ),
    Case(
        HORIZONTAL_POD_AUTOSCALER,
        {
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "theirs"},
                "maxReplicas": 3,
            }
        },
        _WEB | {"autoscale": {"maxReplicas": 5}},
    ),
    Case(POD_DISRUPTION_BUDGET, {"spec": {"minAvailable": 3, "selector": {"matchLabels": _LABELS}}}, _WEB),
    Case(
        NETWORK_POLICY,
        {"spec": {"podSelector": {"matchLabels": _LABELS}, "policyTypes": ["Ingress"]}},
        _WEB | {"network": {"ingress": []}},
    ),
    Case(
        PERSISTENT_VOLUME_CLAIM,
        {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}},
        _WEB | {"storage": [{"name": "data", "path": "/data", "size": "2Gi"}]},
        name="web-data",
    ),
)


async def owned_by_somebody(world: World) -> list[Object]:
    """The ownerReferences of what a ConfigMap controls."""
    owner = await world.create(CONFIG_MAP, "their-owner")
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "their-owner", "uid": owner["metadata"]["uid"]}
    return [reference | {"controller": True, "blockOwnerDeletion": False}]


async def make_theirs(world: World, case: Case, *, owned: bool) -> Object:
    """Their object, labelled in such a way that it looks like ours if one looks at nothing else."""
    metadata: dict[str, Any] = {
        "name": case.name,
        "labels": _LABELS | {"app.kubernetes.io/managed-by": "wharfinger", "app.kubernetes.io/instance": "web"},
    }
    if owned:
        metadata["ownerReferences"] = await owned_by_somebody(world)
    return await world.create(case.resource, case.name, metadata=metadata, **case.theirs)


def managers(obj: Object) -> set[str]:
    """Who has ever written a field of the object that is there now."""
    return {entry["manager"] for entry in obj["metadata"]["managedFields"]}


@pytest.mark.parametrize("owned", [False, True], ids=["nobodys", "somebodys"])
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_it_is_left_alone_and_named(world: World, operator: Operator, case: Case, owned: bool) -> None:
    theirs = await make_theirs(world, case, owned=owned)
    await world.workload("web", **case.spec)
    stalled = await world.stalled("web", reason="Conflict")
    message = condition(stalled, "Stalled")["message"]
    assert f"{case.resource.kind} {world.namespace}/{case.name}" in message
    assert ("ConfigMap their-owner" if owned else "not made by Wharfinger") in message
    assert condition(stalled, "Ready")["status"] == "False"

    async def touched() -> bool:
        now = await world.get(case.resource, case.name)
        return now is None or now["metadata"]["uid"] != theirs["metadata"]["uid"] or "wharfinger" in managers(now)

    await never(touched, during=0.5, what="their object is touched")


NAMED_BY_CONTENT: dict[str, tuple[Resource, Object, Object]] = {
    "text of files": (
        CONFIG_MAP,
        _WEB | {"files": [{"path": "/etc/web/config", "content": "colour: blue"}]},
        {"data": {"colour": "red"}},
    ),
    "history": (CONTROLLER_REVISION, _WEB, {"revision": 7, "data": {"theirs": True}}),
    "job": (JOB, MODES["job"], {"spec": {"template": {"spec": _POD["spec"] | {"restartPolicy": "Never"}}}}),
}
"""Objects whose names nobody can guess. A copy from elsewhere, or a restored backup, has them all the same."""


def named_by_content(resource: Resource, spec: Object) -> str:
    """The name of the object of that kind that the workload will want."""
    kind = {"apiVersion": CONTAINER_WORKLOAD.api_version, "kind": CONTAINER_WORKLOAD.kind}
    workload = parse({**kind, "metadata": {"name": "web", "namespace": "any"}, "spec": spec})
    wanted = template(workload)
    if resource == JOB:
        return runner(workload, wanted)[1]
    made = file_maps(workload, wanted) if resource == CONFIG_MAP else [controller_revision(workload, wanted, 1)]
    name: str = made[0]["metadata"]["name"]
    return name


@pytest.mark.parametrize("what", NAMED_BY_CONTENT)
async def test_what_is_named_by_its_content_is_left_alone_too(world: World, operator: Operator, what: str) -> None:
    resource, spec, theirs = NAMED_BY_CONTENT[what]
    name = named_by_content(resource, spec)
    await world.create(resource, name, **theirs)
    await world.workload("web", **spec)
    stalled = await world.stalled("web", reason="Conflict")
    assert f"{resource.kind} {world.namespace}/{name}" in condition(stalled, "Stalled")["message"]
    found = await world.get(resource, name)
    assert found is not None
    assert "wharfinger" not in managers(found)


@pytest.mark.parametrize("case", [case for case in CASES if case.resource in (DEPLOYMENT, POD, SERVICE)], ids=str)
async def test_it_goes_on_when_theirs_is_gone(world: World, operator: Operator, case: Case) -> None:
    await make_theirs(world, case, owned=False)
    await world.workload("web", **case.spec)
    await world.stalled("web", reason="Conflict")
    await world.delete(case.resource, case.name)

    def is_ours(obj: Object) -> bool:
        owner = controller_of(obj)
        retained = obj["metadata"].get("annotations", {}).get("wharfinger.dev/retain") == "true"
        return retained or (owner is not None and owner["kind"] == CONTAINER_WORKLOAD.kind)

    await world.until(case.resource, case.name, is_ours, timeout=40)
    await world.until(CONTAINER_WORKLOAD, "web", lambda found: not condition(found, "Stalled"))


async def test_the_pods_wait_until_the_conflict_is_solved(world: World, operator: Operator) -> None:
    """What goes before the pods is in somebody's way: they are not started half-equipped."""
    await world.create(SERVICE_ACCOUNT, "web")
    await world.workload("web", **_WEB, serviceAccount={"create": True})
    await world.stalled("web", reason="Conflict")
    assert await world.get(DEPLOYMENT, "web") is None


async def test_an_event_tells_of_it(world: World, operator: Operator) -> None:
    await world.create(SERVICE, "web", spec={"selector": _LABELS, "ports": [{"port": 99}]})
    await world.workload("web", **_WEB)
    event = await told(world, "web", "Conflict")
    assert event["type"] == "Warning"
    assert f"Service {world.namespace}/web" in event["note"]


async def test_one_that_ran_goes_on_running(world: World, operator: Operator) -> None:
    """A conflict that comes later: what is there stays as it is."""
    await world.workload("web", **_WEB)
    await world.ready("web")
    await world.create(INGRESS, "web", spec={"defaultBackend": _BACKEND})
    await world.workload("web", **_WEB, route={"hosts": ["shop.example.com"]})
    stalled = await world.stalled("web", reason="Conflict")
    assert stalled["status"]["readyReplicas"] == 2
    await world.workload("web", **_WEB)
    await world.ready("web")
    assert await world.get(INGRESS, "web") is not None


async def test_two_workloads_never_share_an_object(world: World, operator: Operator) -> None:
    """`web-headless` is both the name of a workload and of another's governing Service."""
    await world.workload("web-headless", **_WEB)
    await world.ready("web-headless")
    await world.workload("web", **MODES["stateful"])
    stalled = await world.stalled("web", reason="Conflict")
    assert "ContainerWorkload web-headless" in condition(stalled, "Stalled")["message"]
    await world.ready("web-headless")


async def test_a_workload_made_again_does_not_meet_its_own_past(world: World, operator: Operator) -> None:
    """Deleted and made again at once: what the garbage collector still has to take is no conflict."""
    for image in ("a", "b", "c"):
        await world.workload("web", **_WEB | {"image": f"registry.example.com/shop/{image}:1"})
        well = await world.ready("web")
        assert not condition(well, "Stalled")
        await world.delete(CONTAINER_WORKLOAD, "web")
        await world.gone(CONTAINER_WORKLOAD, "web")
