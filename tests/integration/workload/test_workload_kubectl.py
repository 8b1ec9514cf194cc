"""What people see and do with kubectl alone."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.support.waiting import eventually
from tests.support.workloads import MODES, V1, V2
from tests.support.world import World

from wharfinger.api.builtin import DEPLOYMENT
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration


def cells(table: str) -> list[dict[str, str]]:
    """The rows of `kubectl get` by column. No cell here has a space in it."""
    head, *rows = table.splitlines()
    return [dict(zip(head.split(), row.split(), strict=False)) for row in rows]


async def test_wait_sees_ready(world: World, operator: Operator) -> None:
    waiting = asyncio.create_task(
        world.kubectl("wait", "--for=create", "cw/web", "--timeout=20s"), name="wait for its creation"
    )
    await world.workload("web", **MODES["service"])
    await waiting
    assert "condition met" in await world.kubectl("wait", "--for=condition=Ready", "cw/web", "--timeout=30s")


async def test_wait_does_not_believe_the_state_before_a_change(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"])
    await world.ready("web")
    await world.kubectl("patch", "cw/web", "--type=merge", "-p", json.dumps({"spec": {"image": V2}}))
    await world.kubectl("wait", "--for=jsonpath={.status.rollout.lastGoodRevision}=2", "cw/web", "--timeout=30s")
    await world.kubectl("wait", "--for=condition=Ready", "cw/web", "--timeout=30s")


async def test_columns_say_whether_it_is_well(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"])
    await world.ready("web")
    (row,) = cells(await world.kubectl("get", "cw"))
    assert {name: row[name] for name in ("NAME", "MODE", "READY", "PODS", "DESIRED", "REVISION")} == {
        "NAME": "web",
        "MODE": "service",
        "READY": "True",
        "PODS": "2",
        "DESIRED": "2",
        "REVISION": "1",
    }
    assert row["REASON"] not in ("", "<none>")


async def test_columns_say_why_it_is_not_well(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, pod={"containerz": []})
    await world.stalled("web")
    (row,) = cells(await world.kubectl("get", "cw"))
    assert row["READY"] == "False"
    wide = await world.kubectl("get", "cw", "-o", "wide")
    assert "containerz" in wide


async def test_wide_columns_show_the_image(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"])
    (row,) = cells(await world.kubectl("get", "cw", "-o", "wide"))
    assert V1 in row.values()


async def test_the_category_lists_it(world: World, crds: None) -> None:
    await world.workload("web", **MODES["service"])
    assert "containerworkload.wharfinger.dev/web" in await world.kubectl("get", "wharfinger", "-o", "name")


async def test_fields_select(world: World, crds: None) -> None:
    await world.workload("web", **MODES["service"])
    await world.workload("agent", **MODES["daemon"])
    assert (await world.kubectl("get", "cw", "--field-selector=spec.mode=daemon", "-o", "name")).split() == [
        "containerworkload.wharfinger.dev/agent"
    ]
    assert len((await world.kubectl("get", "cw", f"--field-selector=spec.image={V1}", "-o", "name")).split()) == 2


async def test_scale(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"])
    await world.ready("web")
    await world.kubectl("scale", "cw/web", "--replicas=4")
    assert (await world.ready("web"))["status"]["readyReplicas"] == 4
    deployment = await world.get(DEPLOYMENT, "web")
    assert deployment is not None
    assert deployment["spec"]["replicas"] == 4


async def test_the_scale_subresource_selects_its_pods(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"])
    await world.ready("web")
    path = f"/apis/wharfinger.dev/v1alpha1/namespaces/{world.namespace}/containerworkloads/web/scale"
    scale = json.loads(await world.kubectl("get", "--raw", path))
    assert scale["status"]["replicas"] == 2
    assert len((await world.kubectl("get", "pods", "-l", scale["status"]["selector"], "-o", "name")).split()) == 2


async def test_scaling_is_no_rollout(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"])
    first = (await world.ready("web"))["status"]["rollout"]["revision"]
    await world.kubectl("scale", "cw/web", "--replicas=3")
    assert (await world.ready("web"))["status"]["rollout"]["revision"] == first


async def test_client_side_apply_works_and_is_kept(world: World, operator: Operator) -> None:
    document = json.dumps(
        {
            "apiVersion": "wharfinger.dev/v1alpha1",
            "kind": "ContainerWorkload",
            "metadata": {"name": "web", "namespace": world.namespace},
            "spec": MODES["service"],
        }
    )
    await world.kubectl("apply", "-f", "-", stdin=document)
    await world.ready("web")
    assert "unchanged" in await world.kubectl("apply", "-f", "-", stdin=document)


async def test_describe_shows_the_events(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, pod={"containerz": []})
    await world.stalled("web")

    async def events_name_the_field() -> bool:
        described = await world.kubectl("describe", "cw", "web")
        return "containerz" in described.partition("Events:")[2]

    await eventually(events_name_the_field, what="an Event that names the field")
