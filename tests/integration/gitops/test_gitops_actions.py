"""Argo CD's actions: by Argo CD's own kind of test on recordings, and on a workload that an operator looks after."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from tests.integration.gitops.recordings import dump, recording
from tests.support.verdicts import GITOPS, SCRIPTS, Verdict, misfits, verdicts
from tests.support.workloads import MODES, V2, image_of, pods_of, rollout_of
from tests.support.world import World, condition

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.labels import PAUSED_ANNOTATION, RESTARTED_ANNOTATION, ROLLBACK_TO_ANNOTATION
from wharfinger.api.resource import Object
from wharfinger.engine.diff import merge_patch
from wharfinger.engine.operator import Operator

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("engines")]

FOLDER = SCRIPTS / "actions"
TESTS: Object = yaml.safe_load((FOLDER / "action_test.yaml").read_text())
SOME_TIME = "2026-01-01T00:00:00Z"
ANNOTATIONS: dict[str, dict[str, str]] = {
    "ready_restarted": {RESTARTED_ANNOTATION: SOME_TIME},
    "job-complete_restarted": {RESTARTED_ANNOTATION: SOME_TIME},
    "ready_paused": {PAUSED_ANNOTATION: "true"},
    "paused_resumed": {PAUSED_ANNOTATION: "false"},
    "rolled-back-by-hand_resumed": {PAUSED_ANNOTATION: "false"},
    "updated_rolled-back": {ROLLBACK_TO_ANNOTATION: "previous"},
}
"""The annotations that each expected output has; all else is the recording that its name begins with."""


@pytest.mark.parametrize("test", TESTS["discoveryTests"], ids=lambda test: test["inputPath"])
def test_discovery(test: Object) -> None:
    (verdict,) = verdicts([yaml.safe_load((FOLDER / test["inputPath"]).read_text())])
    assert verdict.available == {each.pop("name"): each for each in map(dict, test["result"])}


@pytest.mark.parametrize("test", TESTS["actionTests"], ids=lambda test: test["expectedOutputPath"])
def test_action(test: Object) -> None:
    before = yaml.safe_load((FOLDER / test["inputPath"]).read_text())
    (verdict,) = verdicts([before], actions=[test["action"]])
    after = verdict.after[test["action"]]
    if test["action"] == "restart":
        annotations = after["metadata"]["annotations"]
        age = datetime.now(UTC) - datetime.fromisoformat(annotations[RESTARTED_ANNOTATION])
        assert abs(age) < timedelta(minutes=5)
        annotations[RESTARTED_ANNOTATION] = SOME_TIME
    assert after == expected(test)


def expected(test: Object) -> Object:
    """The expected output; written anew with UPDATE_GOLDEN=1."""
    path = FOLDER / test["expectedOutputPath"]
    if os.environ.get("UPDATE_GOLDEN"):
        found = recording(path.stem.partition("_")[0])
        found["metadata"]["annotations"] = ANNOTATIONS[path.stem]
        path.parent.mkdir(exist_ok=True)
        path.write_text(dump(found))
    kept: Object = yaml.safe_load(path.read_text())
    return kept


def test_every_action_is_tested() -> None:
    assert {test["action"] for test in TESTS["actionTests"]} == {
        path.parent.name for path in FOLDER.glob("*/action.lua")
    }
    assert {path.stem for path in FOLDER.glob("testdata/*")} == set(ANNOTATIONS)


async def act(world: World, name: str, action: str) -> None:
    """What Argo CD does when the action is asked for: if it is enabled, patch the difference."""
    before = await world.client.get(CONTAINER_WORKLOAD, world.namespace, name)
    (verdict,) = verdicts([before], actions=[action])
    assert not verdict.available[action]["disabled"]
    patch = merge_patch(before, verdict.after[action])
    assert set(patch) == {"metadata"}
    assert set(patch["metadata"]) == {"annotations"}, "an action says something beside the spec, and never in it"
    await world.client.patch(CONTAINER_WORKLOAD, (world.namespace, name), patch, manager="argocd-server")


async def judged(world: World, name: str) -> Verdict:
    return verdicts([await world.client.get(CONTAINER_WORKLOAD, world.namespace, name)])[0]


async def test_on_a_live_workload(world: World, operator: Operator) -> None:
    """Back to the previous revision and forth again, held and let go, and new pods: the operator does as it is told."""
    await world.workload("web", **MODES["service"])
    await world.ready("web")
    await world.workload("web", **MODES["service"] | {"image": V2})
    await world.ready("web")

    await act(world, "web", "rollback")
    back = await world.stalled("web", reason="RolledBack")
    assert rollout_of(back)["runningRevision"] == 1
    assert (await judged(world, "web")).argo == "Degraded"
    await act(world, "web", "resume")
    assert rollout_of(await world.ready("web"))["runningRevision"] == 2

    await act(world, "web", "pause")
    await world.patch(CONTAINER_WORKLOAD, "web", {"spec": {"image": "registry.example.com/shop/web:3"}})
    await world.until(CONTAINER_WORKLOAD, "web", lambda obj: condition(obj, "Ready").get("reason") == "Paused")
    assert (await judged(world, "web")).argo == "Suspended"
    await act(world, "web", "resume")
    assert rollout_of(await world.ready("web"))["runningRevision"] == 3

    pods = {pod["metadata"]["uid"] for pod in await pods_of(world, "web")}
    await act(world, "web", "restart")
    await world.until(CONTAINER_WORKLOAD, "web", lambda obj: rollout_of(obj).get("lastGoodRevision") == 4)
    assert (await judged(world, "web")).argo == "Healthy"
    after = await pods_of(world, "web")
    assert pods.isdisjoint(pod["metadata"]["uid"] for pod in after)
    assert {image_of(pod) for pod in after} == {"registry.example.com/shop/web:3"}


def test_flux_takes_the_helm_release() -> None:
    """There is no CRD of it to be had without a cluster of Flux, but its Go type."""
    (release,) = [
        obj
        for path in (GITOPS / "flux").glob("*.yaml")
        for obj in yaml.safe_load_all(path.read_text())
        if obj["kind"] == "HelmRelease"
    ]
    assert misfits([release]) == []
    assert "remediations" in misfits([release | {"spec": release["spec"] | {"remediations": {}}}])[0]
