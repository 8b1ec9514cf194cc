"""Storage: claims are made, mounted, retained or not; and everything else that is no longer wanted is pruned."""

from __future__ import annotations

import pytest
from tests.support.waiting import eventually, never
from tests.support.workloads import HTTP, MODES, V1, V2, container_of, of_workload, pod_template, runner
from tests.support.world import World, condition

from wharfinger.api.builtin import (
    CONFIG_MAP,
    DEPLOYMENT,
    INGRESS,
    NETWORK_POLICY,
    PERSISTENT_VOLUME_CLAIM,
    SERVICE,
    STATEFUL_SET,
)
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

CACHE: Object = {"name": "cache", "path": "/var/cache/web", "size": "1Gi"}


async def claim(world: World, name: str = "web-cache") -> Object:
    return await world.until(PERSISTENT_VOLUME_CLAIM, name, lambda _: True)


@pytest.mark.parametrize("mode", ["service", "daemon", "pod"])
async def test_a_claim_is_made_and_mounted(world: World, operator: Operator, mode: str) -> None:
    await world.workload("web", **MODES[mode], storage=[CACHE | {"accessModes": ["ReadWriteMany"], "readOnly": True}])
    made = await claim(world)
    assert made["spec"]["accessModes"] == ["ReadWriteMany"]
    assert made["spec"]["resources"]["requests"]["storage"] == "1Gi"
    found = await runner(world, "web", mode)
    (mount,) = [each for each in container_of(found)["volumeMounts"] if each["name"] == "cache"]
    assert (mount["mountPath"], mount["readOnly"]) == ("/var/cache/web", True)
    (volume,) = [each for each in pod_template(found)["spec"]["volumes"] if each["name"] == "cache"]
    assert volume["persistentVolumeClaim"]["claimName"] == "web-cache"


async def test_a_claim_is_bound_and_the_workload_ready(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, storage=[CACHE])
    await world.ready("web")
    assert (await claim(world))["status"]["phase"] == "Bound"


async def test_a_retained_claim_outlives_its_block_and_its_workload(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, storage=[CACHE])
    uid = (await claim(world))["metadata"]["uid"]
    await world.ready("web")
    await world.workload("web", image=V1)
    await world.until(DEPLOYMENT, "web", lambda obj: not pod_template(obj)["spec"].get("volumes"))
    assert (await claim(world))["metadata"]["uid"] == uid
    await world.delete(CONTAINER_WORKLOAD, "web")
    await world.gone(DEPLOYMENT, "web")

    async def lost() -> bool:
        return await world.get(PERSISTENT_VOLUME_CLAIM, "web-cache") is None

    await never(lost, during=1.0, what="the retained claim is deleted")


async def test_a_workload_made_again_finds_its_retained_claim(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, storage=[CACHE])
    uid = (await claim(world))["metadata"]["uid"]
    await world.ready("web")
    await world.delete(CONTAINER_WORKLOAD, "web")
    await world.gone(DEPLOYMENT, "web")
    await world.workload("web", image=V2, storage=[CACHE])
    well = await world.ready("web")
    assert not condition(well, "Stalled")
    assert (await claim(world))["metadata"]["uid"] == uid


@pytest.mark.parametrize("how", ["block", "workload"])
async def test_a_claim_that_is_not_retained_goes_along(world: World, operator: Operator, how: str) -> None:
    await world.workload("web", image=V1, storage=[CACHE | {"retain": False}])
    await world.ready("web")
    if how == "block":
        await world.workload("web", image=V1)
    else:
        await world.delete(CONTAINER_WORKLOAD, "web")
    await world.gone(PERSISTENT_VOLUME_CLAIM, "web-cache")


async def test_retain_can_be_changed_later(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, storage=[CACHE | {"retain": False}])
    await world.ready("web")
    await world.workload("web", image=V1, storage=[CACHE | {"retain": True}])
    await world.until(PERSISTENT_VOLUME_CLAIM, "web-cache", lambda obj: not obj["metadata"].get("ownerReferences"))
    await world.workload("web", image=V1, storage=[CACHE | {"retain": False}])
    await world.until(PERSISTENT_VOLUME_CLAIM, "web-cache", lambda obj: obj["metadata"].get("ownerReferences"))


@pytest.mark.parametrize("retain", [True, False])
async def test_a_stateful_workload_has_a_claim_for_each_pod(world: World, operator: Operator, retain: bool) -> None:
    await world.workload("db", mode="stateful", image=V1, replicas=2, storage=[CACHE | {"retain": retain}])
    await world.ready("db")
    stateful_set = await world.client.get(STATEFUL_SET, world.namespace, "db")
    policy = "Retain" if retain else "Delete"
    assert stateful_set["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == policy
    for name in ("cache-db-0", "cache-db-1"):
        assert (await claim(world, name))["status"]["phase"] == "Bound"
    await world.delete(CONTAINER_WORKLOAD, "db")
    await world.gone(STATEFUL_SET, "db")

    async def claims() -> list[Object]:
        return await world.list(PERSISTENT_VOLUME_CLAIM)

    if retain:
        assert len(await claims()) == 2
    else:

        async def none_left() -> bool:
            return not await claims()

        await eventually(none_left, what="claims of the pods gone")


async def test_the_size_of_a_claim_that_cannot_grow_is_reported(world: World, operator: Operator) -> None:
    """The class does not allow expansion: the API server says so, and what runs goes on."""
    await world.workload("web", image=V1, storage=[CACHE])
    await world.ready("web")
    await world.workload("web", image=V1, storage=[CACHE | {"size": "500Mi"}])
    stalled = await world.stalled("web")
    assert "web-cache" in condition(stalled, "Stalled")["message"]
    assert stalled["status"]["readyReplicas"] == 1


async def test_a_stateful_workload_s_volumes_cannot_be_changed(world: World, operator: Operator) -> None:
    await world.workload("db", mode="stateful", image=V1, storage=[CACHE])
    with pytest.raises(Exception, match="volumeClaimTemplates"):
        await world.workload("db", mode="stateful", image=V1, storage=[CACHE | {"size": "2Gi"}])


# Prune


async def test_everything_that_is_no_longer_wanted_goes_at_once(world: World, operator: Operator) -> None:
    blocks: Object = {
        "ports": [HTTP],
        "route": {"hosts": ["shop.example.com"]},
        "network": {"ingress": []},
    }
    await world.workload("web", image=V1, **blocks)
    await world.ready("web")
    await world.workload("web", image=V1)
    for resource in (SERVICE, INGRESS, NETWORK_POLICY):
        await world.gone(resource, "web")
    await world.ready("web")


async def test_what_others_label_as_ours_is_not_pruned(world: World, operator: Operator) -> None:
    """Pruning goes by the controller reference. Labels are anybody's."""
    labels = {"app.kubernetes.io/managed-by": "wharfinger", "app.kubernetes.io/instance": "web"}
    await world.create(CONFIG_MAP, "theirs", metadata={"name": "theirs", "labels": labels})
    await world.workload("web", image=V1, ports=[HTTP])
    await world.ready("web")
    await world.workload("web", image=V1)
    await world.gone(SERVICE, "web")
    assert await world.get(CONFIG_MAP, "theirs") is not None
    assert len(await world.list(CONFIG_MAP, of_workload("web"))) == 1
