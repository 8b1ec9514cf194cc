"""Which workloads of a Stack wait for which images, and which Jobs are run."""

from __future__ import annotations

from typing import Any

from wharfinger.api.builtin import CONFIG_MAP, JOB
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.labels import BUILD_LABEL, IMAGE_ANNOTATION
from wharfinger.engine.desired import Desired, prepare
from wharfinger.reconcilers.stack.building import Gate, gate
from wharfinger.reconcilers.stack.words import told

IMAGE = "registry.example.com/shop-web:1"


def _metadata(name: str, image: str = IMAGE) -> Any:
    return {
        "name": name,
        "namespace": "shop",
        "labels": {BUILD_LABEL: "web"},
        "annotations": {IMAGE_ANNOTATION: image},
    }


def _job(name: str = "web-build-1", *, ended: str = "") -> Any:
    conditions = [{"type": ended, "status": "True"}] if ended else []
    return {"metadata": _metadata(name), "status": {"conditions": conditions}}


def _workload(name: str, image: str) -> Desired:
    body = {"metadata": {"name": name, "namespace": "shop"}, "spec": {"pod": {"initContainers": [{"image": image}]}}}
    return prepare(CONTAINER_WORKLOAD, body)


WANTED = (
    prepare(CONFIG_MAP, {"metadata": _metadata("web-build-1-0"), "binaryData": {}}),
    prepare(JOB, {"metadata": _metadata("web-build-1"), "spec": {}}),
    _workload("web", IMAGE),
    _workload("db", "db"),
)


def _written(found: Gate) -> list[str]:
    return [each.key[1] for each in found.write]


def test_a_workload_waits_until_its_image_is_built() -> None:
    for jobs in ([], [_job()]):
        found = gate(WANTED, jobs)
        assert _written(found) == ["web-build-1-0", "web-build-1", "db"]
        assert {name: wait.state for name, wait in found.waits.items()} == {"web": "Building"}
        assert found.keep(CONTAINER_WORKLOAD, {"metadata": {"name": "web"}})
        assert not found.keep(CONTAINER_WORKLOAD, {"metadata": {"name": "db"}})


def test_a_failed_build_is_told() -> None:
    found = gate(WANTED, [_job(ended="Failed")])
    assert found.waits["web"].state == "BuildFailed"
    assert found.waits["web"].job == "web-build-1"


def test_a_job_of_the_past_with_the_same_image_may_fail_while_this_one_goes_on() -> None:
    assert gate(WANTED, [_job("web-build-0", ended="Failed")]).waits["web"].state == "Building"


def test_what_is_built_runs_and_is_not_built_again() -> None:
    """By whatever Job: it stays as the memory of that, while the files go."""
    for name in ("web-build-1", "web-build-0"):
        found = gate(WANTED, [_job(name, ended="Complete")])
        assert _written(found) == ["web", "db"]
        assert not found.waits
        assert found.keep(JOB, {"metadata": {"name": name}})
        assert not found.keep(CONFIG_MAP, {"metadata": {"name": "web-build-1-0"}})


def test_the_job_of_an_image_that_nobody_wants_goes() -> None:
    other = _job(ended="Complete")
    other["metadata"]["annotations"] = {IMAGE_ANNOTATION: "registry.example.com/shop-web:0"}
    assert not gate(WANTED, [other]).keep(JOB, other)


def _pod(state: Any) -> Any:
    return {"metadata": {}, "status": {"containerStatuses": [{"state": state}]}}


def test_the_last_lines_of_a_log_are_told_in_one() -> None:
    message = "".join(f"line {number}\n" for number in range(9))
    assert told(_pod({"terminated": {"exitCode": 1, "message": message}})).split("; ")[-1] == "line 8"
    assert "\n" not in told(_pod({"terminated": {"exitCode": 1, "message": message}}))


def test_why_a_builder_does_not_start_is_told() -> None:
    waiting = {"waiting": {"reason": "ErrImagePull", "message": "not found"}}
    assert told(_pod(waiting)) == "ErrImagePull: not found"
    assert told(_pod({"waiting": {"reason": "ContainerCreating"}})) == ""
    assert told(_pod({"running": {}})) == ""
