"""Rollouts by hand: the annotations that kubectl, GitOps and the CLI all use, and the history that they refer to."""

from __future__ import annotations

import pytest
from tests.support.nodes import IMAGE_PULL_BACK_OFF, NEVER_READY, Kubelet, simulating
from tests.support.waiting import eventually, never
from tests.support.workloads import (
    MODES,
    V1,
    V2,
    annotate,
    finding_reasons,
    image_of,
    is_of,
    of_workload,
    pod_template,
    pods_of,
    rollout_of,
    runner,
)
from tests.support.world import World, condition

from wharfinger.api.builtin import CONTROLLER_REVISION, DEPLOYMENT, STATEFUL_SET
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

V3 = "registry.example.com/shop/web:3"


def image(number: int) -> str:
    return f"registry.example.com/shop/web:{number}"


async def released(world: World, mode: str, *numbers: int, **more: Object) -> None:
    """Revision after revision, each until it is Ready."""
    for number in numbers:
        await world.workload("web", **MODES[mode] | {"image": image(number)} | more)
        await world.ready("web")


async def revisions(world: World) -> dict[int, Object]:
    """Our ControllerRevisions by number. A StatefulSet's own carry the same labels."""
    found = await world.list(CONTROLLER_REVISION, of_workload("web"))
    return {each["revision"]: each for each in found if is_of(each, "web")}


def runs(number: int, *, revision: int) -> object:
    """A predicate: that revision runs, in full."""

    def holds(found: Object) -> bool:
        rollout = rollout_of(found)
        done = rollout.get("state") in ("RolledBack", "Completed")
        return done and rollout.get("runningRevision") == number and rollout.get("revision") == revision

    return holds


# Rollback


@pytest.mark.parametrize("mode", ["service", "stateful", "daemon", "pod"])
async def test_rollback_to_a_number_and_back(world: World, operator: Operator, mode: str) -> None:
    await released(world, mode, 1, 2, 3)
    await annotate(world, "web", rollback_to="1")
    back = await world.until(CONTAINER_WORKLOAD, "web", runs(1, revision=3))
    assert image_of(await runner(world, "web", mode)) == image(1)
    assert back["spec"]["image"] == image(3)
    assert condition(back, "Ready")["status"] == "False", "what runs is not what the spec says"
    await annotate(world, "web", rollback_to=None)
    await world.until(CONTAINER_WORKLOAD, "web", runs(3, revision=3))
    await world.ready("web")
    assert {image_of(pod) for pod in await pods_of(world, "web")} == {image(3)}


async def test_rollback_to_the_previous(world: World, operator: Operator) -> None:
    await released(world, "service", 1, 2, 3)
    await annotate(world, "web", rollback_to="previous")
    found = await world.until(CONTAINER_WORKLOAD, "web", runs(2, revision=3))
    assert "rollback-to" in condition(found, "Ready")["message"]


async def test_a_pin_holds_against_a_new_spec(world: World, operator: Operator) -> None:
    await released(world, "service", 1, 2)
    await annotate(world, "web", rollback_to="1")
    await world.until(CONTAINER_WORKLOAD, "web", runs(1, revision=2))
    await world.patch(CONTAINER_WORKLOAD, "web", {"spec": {"image": image(3), "replicas": 3}})
    await world.until(CONTAINER_WORKLOAD, "web", runs(1, revision=3))
    deployment = await world.until(DEPLOYMENT, "web", lambda obj: obj["spec"]["replicas"] == 3)
    assert image_of(deployment) == image(1)


async def test_a_number_that_is_not_kept_moves_nothing(world: World, operator: Operator) -> None:
    await released(world, "service", 1, 2)
    before = await world.client.get(DEPLOYMENT, world.namespace, "web")
    await annotate(world, "web", rollback_to="77")
    found = await world.until(CONTAINER_WORKLOAD, "web", lambda obj: "UnknownRevision" in finding_reasons(obj))
    (finding,) = found["status"]["findings"]
    assert "rollback-to" in finding["path"]
    assert "1" in finding["message"], "it names what is kept"
    after = await world.client.get(DEPLOYMENT, world.namespace, "web")
    assert after["spec"] == before["spec"]
    await annotate(world, "web", rollback_to=None)
    assert not finding_reasons(await world.until(CONTAINER_WORKLOAD, "web", lambda obj: not finding_reasons(obj)))


async def test_a_pin_is_no_automatic_rollback(world: World, operator: Operator) -> None:
    await released(world, "service", 1, 2)
    await annotate(world, "web", rollback_to="1")
    await world.until(CONTAINER_WORKLOAD, "web", runs(1, revision=2))
    counted = operator.metrics.registry.get_sample_value(
        "wharfinger_rollbacks_total", {"kind": CONTAINER_WORKLOAD.kind}
    )
    assert not counted


# Pause


async def test_a_change_waits_while_paused(world: World, operator: Operator) -> None:
    await released(world, "service", 1)
    await annotate(world, "web", paused="true")
    await world.patch(CONTAINER_WORKLOAD, "web", {"spec": {"image": V2}})
    found = await world.until(CONTAINER_WORKLOAD, "web", lambda obj: condition(obj, "Ready").get("reason") == "Paused")
    assert rollout_of(found)["state"] == "Paused"

    async def went_on() -> bool:
        return {image_of(pod) for pod in await pods_of(world, "web")} != {V1}

    await never(went_on, during=1.0, what="a paused rollout goes on")
    await annotate(world, "web", paused=None)
    assert rollout_of(await world.ready("web"))["lastGoodRevision"] == 2


async def test_pausing_something_that_is_well_changes_nothing(world: World, operator: Operator) -> None:
    await released(world, "service", 1)
    await annotate(world, "web", paused="true")
    await operator.wait_idle()
    await world.ready("web")


@pytest.mark.parametrize("mode", ["service", "stateful", "daemon"])
async def test_a_rollout_stops_half_way(world: World, operator: Operator, mode: str) -> None:
    await released(world, mode, 1)
    await world.workload("web", **MODES[mode] | {"image": V2} | simulating(NEVER_READY))
    kubelet = Kubelet(world, "web")
    (first,) = await kubelet.pods(1, where=lambda pod: image_of(pod) == V2)
    await annotate(world, "web", paused="true")
    await world.until(CONTAINER_WORKLOAD, "web", lambda obj: rollout_of(obj).get("state") == "Paused")

    async def frozen() -> bool:
        spec = (await runner(world, "web", mode))["spec"]
        strategy = spec.get("updateStrategy", {})
        stopped = strategy.get("type") == "OnDelete" or strategy.get("rollingUpdate", {}).get("partition", 0) > 2
        return bool(spec.get("paused")) or stopped

    await eventually(frozen, what="the native rollout is stopped")
    await kubelet.ready(first)

    async def another() -> bool:
        return sum(image_of(pod) == V2 for pod in await pods_of(world, "web")) > 1

    await never(another, during=1.0, what="the rollout goes on")
    await annotate(world, "web", paused=None)
    await eventually(another, what="the rollout goes on after the pause")


async def test_a_pause_stops_the_deadline(world: World, operator: Operator) -> None:
    await released(world, "service", 1)
    await world.workload(
        "web",
        **MODES["service"] | {"image": V2, "rollout": {"progressDeadline": "3s"}} | simulating(IMAGE_PULL_BACK_OFF),
        annotations={"wharfinger.dev/paused": "true"},
    )

    async def given_up() -> bool:
        return bool(
            rollout_of(await world.client.get(CONTAINER_WORKLOAD, world.namespace, "web")).get("failedRevision")
        )

    await never(given_up, during=4.0, what="a paused rollout misses its deadline")
    await annotate(world, "web", paused=None)
    await world.stalled("web", reason="RolledBack")


# Restart


@pytest.mark.parametrize("mode", ["service", "stateful", "daemon", "pod"])
async def test_restart_makes_new_pods_of_the_same_image(world: World, operator: Operator, mode: str) -> None:
    await released(world, mode, 1)
    before = {pod["metadata"]["uid"] for pod in await pods_of(world, "web")}
    await annotate(world, "web", restartedAt="2026-01-01T00:00:00Z")
    await world.until(CONTAINER_WORKLOAD, "web", runs(2, revision=2))
    await world.ready("web")
    after = await pods_of(world, "web")
    assert len(after) == len(before)
    assert before.isdisjoint({pod["metadata"]["uid"] for pod in after})
    assert {image_of(pod) for pod in after} == {V1}


async def test_other_annotations_restart_nothing(world: World, operator: Operator) -> None:
    await released(world, "service", 1)
    await world.kubectl("annotate", "cw/web", "example.com/touched=yes")

    async def rolled() -> bool:
        return len(await revisions(world)) > 1

    await never(rolled, during=1.0, what="an annotation makes a revision")


# History


async def test_history_keeps_what_each_revision_ran(world: World, operator: Operator) -> None:
    await released(world, "service", 1, 2)
    kept = await revisions(world)
    assert sorted(kept) == [1, 2]
    for number, revision in kept.items():
        assert revision["data"]["pod"]["spec"]["containers"][0]["image"] == image(number)
    deployment = await world.client.get(DEPLOYMENT, world.namespace, "web")
    assert (
        pod_template(deployment)["metadata"]["labels"]["wharfinger.dev/revision"]
        == kept[2]["metadata"]["labels"]["wharfinger.dev/revision"]
    )
    assert deployment["metadata"]["annotations"]["wharfinger.dev/revision-number"] == "2"


async def test_a_revision_that_comes_back_keeps_its_number(world: World, operator: Operator) -> None:
    await released(world, "service", 1, 2, 1)
    assert sorted(await revisions(world)) == [1, 2]
    found = await world.ready("web")
    assert rollout_of(found)["runningRevision"] == 1


async def test_history_has_a_limit(world: World, operator: Operator) -> None:
    await released(world, "service", 1, 2, 3, 4, 5, rollout={"historyLimit": 2})

    async def pruned() -> bool:
        return sorted(await revisions(world)) == [4, 5]

    await eventually(pruned, what="the oldest revisions are gone")


async def test_the_revision_that_runs_is_never_pruned(world: World, operator: Operator) -> None:
    await released(world, "service", 1)
    await annotate(world, "web", rollback_to="1")
    for number in (2, 3, 4):
        await world.patch(CONTAINER_WORKLOAD, "web", {"spec": {"image": image(number), "rollout": {"historyLimit": 1}}})
        await world.until(CONTAINER_WORKLOAD, "web", runs(1, revision=number))
    await operator.wait_idle()
    assert 1 in await revisions(world)
    assert image_of(await world.client.get(DEPLOYMENT, world.namespace, "web")) == V1


async def test_a_label_of_the_workload_reaches_its_history_too(world: World, operator: Operator) -> None:
    """A ControllerRevision's data is compared byte by byte when anything of it changes."""
    text = "<a href='x'>&amp;</a> \u00e9 \u2028 \t"
    spec = MODES["service"] | {"files": [{"path": "/etc/web/page", "content": text}]}
    await world.workload("web", **spec)
    await world.ready("web")
    await world.kubectl("label", "cw/web", "team=shop")

    async def labelled() -> bool:
        found = [*(await revisions(world)).values(), await world.client.get(DEPLOYMENT, world.namespace, "web")]
        return all(each["metadata"]["labels"].get("team") == "shop" for each in found)

    await eventually(labelled, what="the label on what was made")
    assert rollout_of(await world.ready("web"))["revision"] == 1


async def test_a_stateful_set_s_own_history_is_not_ours(world: World, operator: Operator) -> None:
    """Its ControllerRevisions carry our labels, since they copy the pod template's; they are not pruned."""
    await released(world, "stateful", 1, 2, rollout={"historyLimit": 1})
    found = await world.list(CONTROLLER_REVISION, of_workload("web"))
    native = [each for each in found if each["metadata"]["ownerReferences"][0]["kind"] == STATEFUL_SET.kind]
    assert native
