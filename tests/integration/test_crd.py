"""The CRD on a real API server: taken, applied, defaulted, enforced, scaled, shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.refusals import ACCEPTED, HTTP, RULES, SHAPES, Refusal, document
from tests.support.world import World

from wharfinger.api.builtin import CUSTOM_RESOURCE_DEFINITION
from wharfinger.api.kinds import CONTAINER_WORKLOAD, CONTAINER_WORKLOAD_KIND
from wharfinger.api.pod_keys import KEY_DEFAULTS, MERGE_KEYS, RETAINS_KEYS, UNIONS
from wharfinger.api.resource import Object
from wharfinger.engine.errors import ApiError, Invalid

pytestmark = pytest.mark.integration

GOOD: Object = {"image": "web:1"}
CLAIM: Object = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}


async def create(world: World, spec: Any, *, name: str = "web", dry_run: bool = False) -> Object:
    """POST, as `kubectl create --validate=strict` would."""
    body = document(spec, name=name, namespace=world.namespace)
    return await world.client.create(CONTAINER_WORKLOAD, body, dry_run=dry_run)


async def test_crd_is_structural_and_established(world: World) -> None:
    crd = await world.client.get(CUSTOM_RESOURCE_DEFINITION, "", CONTAINER_WORKLOAD_KIND.name)
    conditions = {each["type"]: each["status"] for each in crd["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}


@pytest.mark.parametrize("spec", ACCEPTED.values(), ids=ACCEPTED)
async def test_good_spec_is_taken(world: World, spec: Object) -> None:
    await create(world, spec, dry_run=True)


@pytest.mark.parametrize("case", RULES.values(), ids=RULES)
async def test_rule_is_enforced_with_its_message(world: World, case: Refusal) -> None:
    with pytest.raises(Invalid) as refused:
        await create(world, case.document["spec"], name=case.name, dry_run=True)
    assert case.says in refused.value.message


@pytest.mark.parametrize("case", SHAPES.values(), ids=SHAPES)
async def test_shape_is_enforced_at_the_same_field(world: World, case: Refusal) -> None:
    with pytest.raises(ApiError) as refused:
        await create(world, case.document["spec"], dry_run=True)
    assert 400 <= refused.value.code < 500
    assert case.path in refused.value.message


# Changes that Kubernetes would not take


@pytest.mark.parametrize(
    ("before", "change", "says"),
    [
        ({}, {"mode": "daemon"}, "mode cannot be changed"),
        (
            {"mode": "stateful", "storage": [{"name": "a", "path": "/a", "size": "1Gi"}]},
            {"storage": [{"name": "a", "path": "/a", "size": "2Gi"}]},
            "volumeClaimTemplates",
        ),
        (
            {"mode": "stateful", "storage": [{"name": "a", "path": "/a", "size": "1Gi"}]},
            {"storage": [{"name": "a", "path": "/a", "size": "1Gi", "storageClassName": "fast"}]},
            "volumeClaimTemplates",
        ),
        (
            {"mode": "stateful", "storage": [{"name": "a", "path": "/a", "size": "1Gi"}]},
            {"storage": None},
            "volumeClaimTemplates",
        ),
        ({"mode": "stateful"}, {"storage": [{"name": "a", "path": "/a", "size": "1Gi"}]}, "volumeClaimTemplates"),
        ({}, {"selector": {"app": "web"}}, "selector cannot be changed"),
        ({"selector": {"app": "web"}}, {"selector": {"app": "shop"}}, "selector cannot be changed"),
        ({"selector": {"app": "web"}}, {"selector": None}, "selector cannot be changed"),
        ({"mode": "stateful"}, {"stateful": {"serviceName": "db"}}, "block stateful cannot be changed"),
        (
            {"mode": "stateful", "stateful": {"podManagementPolicy": "OrderedReady"}},
            {"stateful": {"podManagementPolicy": "Parallel"}},
            "block stateful cannot be changed",
        ),
        (
            {"mode": "stateful", "stateful": {"volumeClaimTemplates": [CLAIM]}},
            {"stateful": {"volumeClaimTemplates": [CLAIM | {"spec": {"accessModes": ["ReadWriteMany"]}}]}},
            "block stateful cannot be changed",
        ),
        ({"ports": [HTTP]}, {"service": {"type": "Headless"}}, "cannot become headless"),
        ({"ports": [HTTP], "service": {"type": "Headless"}}, {"service": None}, "cannot become headless"),
    ],
)
async def test_forbidden_change(world: World, before: Object, change: Object, says: str) -> None:
    await create(world, GOOD | before)
    with pytest.raises(Invalid) as refused:
        await world.patch(CONTAINER_WORKLOAD, "web", {"spec": change})
    assert says in refused.value.message


@pytest.mark.parametrize(
    ("before", "change"),
    [
        (
            {"mode": "stateful", "storage": [{"name": "a", "path": "/a", "size": "1Gi"}]},
            {"storage": [{"name": "a", "path": "/b", "size": "1Gi", "retain": False}]},
        ),
        ({"storage": [{"name": "a", "path": "/a", "size": "1Gi"}]}, {"storage": None}),
        ({"selector": {"app": "web"}}, {"podLabels": {"tier": "front"}}),
        ({"mode": "stateful", "stateful": {"volumeClaimTemplates": [CLAIM]}}, {"replicas": 2}),
        ({"ports": [HTTP]}, {"service": {"enabled": False}}),
        ({"ports": [HTTP], "service": {"enabled": False}}, {"service": {"enabled": True, "type": "Headless"}}),
        ({"ports": [HTTP]}, {"service": {"type": "NodePort"}}),
        ({}, {"ports": [HTTP], "service": {"type": "Headless"}}),
    ],
)
async def test_allowed_change(world: World, before: Object, change: Object) -> None:
    await create(world, GOOD | before)
    await world.patch(CONTAINER_WORKLOAD, "web", {"spec": change})


# What is stored


async def test_defaults_are_shown(world: World) -> None:
    spec = (await create(world, GOOD))["spec"]
    assert spec == GOOD | {
        "mode": "service",
        "replicas": 1,
        "rollout": {
            "minReady": "0s",
            "progressDeadline": "5m",
            "onFailure": "rollback",
            "historyLimit": 10,
            "restartLimit": 3,
        },
        "security": {"restricted": True, "runAsNonRoot": True, "readOnlyRootFilesystem": False},
        "spread": {"enabled": True, "strict": False},
    }


async def test_absent_blocks_stay_absent_and_present_ones_are_completed(world: World) -> None:
    spec = (await create(world, GOOD | {"autoscale": {"maxReplicas": 5}}))["spec"]
    assert spec["autoscale"] == {
        "enabled": True,
        "minReplicas": 1,
        "maxReplicas": 5,
        "metrics": [{"resource": "cpu", "averageUtilization": 80}],
    }
    assert not {"service", "route", "network", "disruption", "job", "cron"} & spec.keys()


async def test_a_new_resource_is_in_progress(world: World) -> None:
    """kstatus calls an object without conditions current, unless observedGeneration lags."""
    created = await create(world, GOOD)
    assert created["status"] == {"observedGeneration": -1}


async def test_pod_is_kept_as_written(world: World) -> None:
    pod = {"containers": [{"name": "web", "x": {"y": [1, {"z": None}]}}]}
    assert (await create(world, GOOD | {"pod": pod}))["spec"]["pod"] == pod


async def test_two_managers_lists_merge(world: World) -> None:
    for manager, variable in (("team", "A"), ("platform", "B")):
        body = document({"env": [{"name": variable, "value": "1"}]} | GOOD, namespace=world.namespace)
        applied = await world.client.apply(CONTAINER_WORKLOAD, body, manager=manager)
    assert [variable["name"] for variable in applied["spec"]["env"]] == ["A", "B"]


# What kubectl sees


async def test_scale(world: World) -> None:
    await create(world, GOOD)
    await world.kubectl("scale", "cw/web", "--replicas=4")
    scale = json.loads(await world.kubectl("get", "--raw", _path(world, "scale")))
    assert scale["spec"]["replicas"] == 4


async def test_scale_reports_status(world: World) -> None:
    await create(world, GOOD)
    status = {"observedGeneration": 1, "replicas": 3, "selector": "app=web"}
    await world.patch(CONTAINER_WORKLOAD, "web", {"status": status}, subresource="status")
    scale = json.loads(await world.kubectl("get", "--raw", _path(world, "scale")))
    assert scale["status"] == {"replicas": 3, "selector": "app=web"}


async def test_columns_say_whether_it_is_well_and_why_not(world: World) -> None:
    await create(world, GOOD)
    condition = {
        "type": "Ready",
        "status": "False",
        "reason": "ImagePullBackOff",
        "message": "pod web-x: container web: no such image",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    status = {
        "observedGeneration": 1,
        "readyReplicas": 1,
        "desiredReplicas": 3,
        "conditions": [condition],
        "rollout": {"state": "Progressing", "runningRevision": 4},
    }
    await world.patch(CONTAINER_WORKLOAD, "web", {"status": status}, subresource="status")
    header, row = (await world.kubectl("get", "cw")).splitlines()
    assert header.split() == ["NAME", "MODE", "READY", "PODS", "DESIRED", "REASON", "REVISION", "AGE"]
    assert row.split()[:-1] == ["web", "service", "False", "1", "3", "ImagePullBackOff", "4"]
    assert "no such image" in await world.kubectl("get", "wharfinger", "-o", "wide")


async def test_fields_are_selectable(world: World) -> None:
    await create(world, GOOD)
    await create(world, GOOD | {"mode": "daemon"}, name="agent")
    names = await world.kubectl("get", "cw", "--field-selector", "spec.mode=daemon", "-o", "name")
    assert names.split() == ["containerworkload.wharfinger.dev/agent"]


async def test_explain(world: World) -> None:
    assert "When a pod counts as ready." in await world.kubectl("explain", "cw.spec.healthCheck")


async def test_client_side_apply_has_room_for_its_annotation(world: World) -> None:
    crd = await world.client.get(CUSTOM_RESOURCE_DEFINITION, "", CONTAINER_WORKLOAD_KIND.name)
    assert len(json.dumps(crd["spec"])) < 200_000


def _path(world: World, subresource: str) -> str:
    return CONTAINER_WORKLOAD.path(world.namespace, "web", subresource)


# The merge tables, against what Kubernetes publishes


async def test_merge_tables_are_kubernetes_own(world: World) -> None:
    definitions = json.loads(await world.kubectl("get", "--raw", "/openapi/v2"))["definitions"]
    keys: dict[str, tuple[str, ...]] = {}
    retaining: set[str] = set()
    fields: dict[str, set[str]] = {}
    for name, schema in _within_pod_spec(definitions):
        fields.setdefault(name, set()).update(_members(schema, definitions))
        if schema.get("x-kubernetes-list-type") == "map":
            keys[name] = tuple(schema["x-kubernetes-list-map-keys"])
        if "retainKeys" in schema.get("x-kubernetes-patch-strategy", ""):
            retaining.add(name)
        assert schema.get("x-kubernetes-list-type") == "map" or name not in MERGE_KEYS, name
    assert keys == MERGE_KEYS
    assert retaining == RETAINS_KEYS
    for name, union in UNIONS.items():
        assert union <= fields[name], name
    assert all(any(key in keyed for keyed in MERGE_KEYS.values()) for key in KEY_DEFAULTS)


def _within_pod_spec(definitions: Object) -> list[tuple[str, Object]]:
    """Every field of every type that a PodSpec contains."""
    found: list[tuple[str, Object]] = []
    waiting, seen = ["io.k8s.api.core.v1.PodSpec"], {"io.k8s.api.core.v1.PodSpec"}
    while waiting:
        for name, schema in definitions[waiting.pop()].get("properties", {}).items():
            found.append((name, schema))
            reference = _reference(schema)
            if reference and reference not in seen:
                seen.add(reference)
                waiting.append(reference)
    return found


def _reference(schema: Object) -> str:
    inner = schema.get("items") or schema.get("additionalProperties") or schema
    return str(inner.get("$ref", "")).rpartition("/")[2]


def _members(schema: Object, definitions: Object) -> set[str]:
    return set(definitions.get(_reference(schema), {}).get("properties", {}))
