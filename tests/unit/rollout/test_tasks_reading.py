"""A task, read off its Pod: Swarm's states, times, health, exit codes; and what ECS calls the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wharfinger.api.resource import Object
from wharfinger.rollout.tasks import words
from wharfinger.rollout.tasks.reading import read
from wharfinger.rollout.tasks.task import Place, Task

MADE, STARTED, LATER = "2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z", "2026-01-01T00:01:00Z"
NOW = datetime(2026, 1, 1, 0, 3, tzinfo=UTC)
RUNS: Object = {"running": {"startedAt": STARTED}}


def waits(reason: str, message: str = "") -> Object:
    return {"waiting": {"reason": reason, "message": message}}


def ended(code: int, reason: str = "Error") -> Object:
    return {"terminated": {"exitCode": code, "reason": reason, "startedAt": STARTED, "finishedAt": LATER}}


def pod(
    *,
    node: str | None = "node-a",
    state: Object | None = None,
    ready: bool = False,
    phase: str = "Pending",
    conditions: tuple[Object, ...] = (),
    checked: bool = False,
    **more: Any,
) -> Object:
    labels = {
        "wharfinger.dev/task": "abc",
        "wharfinger.dev/slot": "2",
        "wharfinger.dev/iteration": "3",
        "wharfinger.dev/cause": "update",
        "wharfinger.dev/revision": "r1",
    }
    metadata: Object = {"name": "web-2-abc", "namespace": "shop", "uid": "u", "creationTimestamp": MADE}
    metadata |= {"labels": labels, "annotations": {"wharfinger.dev/unhealthy-after": "30"} if checked else {}}
    status: Object = {"phase": phase, "conditions": list(conditions), **more.pop("status", {})}
    if state is not None:
        status["containerStatuses"] = [{"name": "web", "ready": ready, "state": state}]
    spec: Object = {"containers": [{"name": "web"}]} | ({"nodeName": node} if node else {})
    return {"metadata": metadata | more, "spec": spec, "status": status}


def task(found: Object) -> Task:
    reading = read(found)
    assert reading is not None
    return reading.at(NOW)


UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes fit"}
READY = {"type": "Ready", "status": "True", "lastTransitionTime": LATER}
NEVER_READY = {"type": "Ready", "status": "False", "lastTransitionTime": MADE}
WAS_READY = {"type": "Ready", "status": "False", "lastTransitionTime": LATER}


@pytest.mark.parametrize(
    ("found", "state", "last_status"),
    [
        (pod(node=None), "new", "PROVISIONING"),
        (pod(node=None, conditions=(UNSCHEDULABLE,)), "pending", "PROVISIONING"),
        (pod(), "assigned", "PENDING"),
        (pod(status={"startTime": MADE}), "accepted", "PENDING"),
        (pod(state=waits("ContainerCreating")), "preparing", "PENDING"),
        (pod(state=RUNS, ready=True, phase="Running", conditions=(READY,)), "running", "RUNNING"),
        (pod(state=RUNS, phase="Running", checked=True, conditions=(NEVER_READY,)), "starting", "RUNNING"),
        (pod(state=RUNS, phase="Running", checked=True, conditions=(WAS_READY,)), "running", "RUNNING"),
        (pod(state=ended(0, "Completed"), phase="Succeeded"), "complete", "STOPPED"),
        (pod(state=ended(3), phase="Failed"), "failed", "STOPPED"),
        (pod(state=waits("ErrImagePull", "no such image")), "rejected", "STOPPED"),
        (pod(state=waits("CreateContainerConfigError", "no secret")), "rejected", "STOPPED"),
        (pod(phase="Failed", status={"reason": "OutOfcpu", "message": "no cpu"}), "rejected", "STOPPED"),
        (pod(phase="Failed", status={"reason": "Evicted", "message": "no memory"}), "failed", "STOPPED"),
    ],
)
def test_states_in_both_vocabularies(found: Object, state: str, last_status: str) -> None:
    told = task(found)
    assert (told.state, words.last_status(told)) == (state, last_status)
    assert told.ended == (last_status == "STOPPED")


@pytest.mark.parametrize(
    ("found", "code", "reason", "error"),
    [
        (
            pod(state=ended(3), phase="Failed"),
            "EssentialContainerExited",
            "Essential container in task exited",
            "task: non-zero exit (3)",
        ),
        (
            pod(state=ended(137, "OOMKilled"), phase="Failed"),
            "EssentialContainerExited",
            "Essential container in task exited",
            "task: non-zero exit (137): OOMKilled",
        ),
        (
            pod(state=waits("ImagePullBackOff", "no such image")),
            "TaskFailedToStart",
            "CannotPullContainerError: no such image",
            "ImagePullBackOff: no such image",
        ),
        (
            pod(state=waits("RunContainerError", "exec: not found")),
            "TaskFailedToStart",
            "CannotStartContainerError: exec: not found",
            "RunContainerError: exec: not found",
        ),
        (pod(node=None, conditions=(UNSCHEDULABLE,)), None, "", "0/3 nodes fit"),
    ],
)
def test_why_it_ended(found: Object, code: str | None, reason: str, error: str) -> None:
    told = task(found)
    assert (words.stop_code(told), words.stopped_reason(told), words.swarm_error(told)) == (code, reason, error)


def test_identity_is_read_from_labels() -> None:
    told = task(pod())
    assert (told.id, told.place, told.revision, told.iteration, told.cause) == ("abc", Place(slot=2), "r1", 3, "update")
    by_node = pod()
    by_node["metadata"]["annotations"]["wharfinger.dev/node"] = "a-node.example.com"
    assert task(by_node).place == Place(node="a-node.example.com")


@pytest.mark.parametrize("missing", ["task", "slot", "iteration", "cause"])
def test_a_pod_without_its_labels_is_no_task(missing: str) -> None:
    found = pod()
    del found["metadata"]["labels"][f"wharfinger.dev/{missing}"]
    assert read(found) is None


def test_time_alone_makes_it_unhealthy() -> None:
    """Never ready, and past the start period and the retries: Docker's verdict."""
    reading = read(pod(state=RUNS, phase="Running", checked=True, conditions=(NEVER_READY,)))
    assert reading is not None
    due = datetime(2026, 1, 1, 0, 0, 35, tzinfo=UTC)
    assert reading.unhealthy_at == due
    assert (reading.at(due - timedelta(seconds=1)).healthy, reading.at(due).healthy) == (None, False)


def test_health_is_unknown_where_nothing_checks() -> None:
    assert task(pod(state=RUNS, ready=True, phase="Running", conditions=(READY,))).healthy is None
    assert task(pod(state=RUNS, ready=True, phase="Running", conditions=(READY,), checked=True)).healthy is True
    assert task(pod(state=RUNS, phase="Running", conditions=(WAS_READY,), checked=True)).healthy is False


def test_when_it_ran_is_kept_after_it_ended() -> None:
    """A Pod that ended does not say any more whether it was ever ready: what it said before does."""
    before = task(pod(state=RUNS, ready=True, phase="Running", conditions=(READY,), checked=True))
    reading = read(pod(state=ended(1), phase="Failed", checked=True, conditions=(NEVER_READY,)), before=before)
    assert reading is not None
    assert reading.task.running_at == before.running_at is not None


def test_told_to_stop_is_when_its_grace_began() -> None:
    told = task(pod(state=RUNS, phase="Running", deletionTimestamp=LATER, deletionGracePeriodSeconds=30))
    assert told.stopping_at == datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)
    assert told.alive
    assert not told.wanted
    assert words.last_status(told) == "STOPPING"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "Less than a second ago"),
        (1, "1 second ago"),
        (59, "59 seconds ago"),
        (60, "About a minute ago"),
        (150, "2 minutes ago"),
        (3600, "About an hour ago"),
        (4 * 3600, "4 hours ago"),
        (50 * 3600, "2 days ago"),
        (20 * 86400, "2 weeks ago"),
        (90 * 86400, "3 months ago"),
        (800 * 86400, "2 years ago"),
    ],
)
def test_ages_read_as_dockers(seconds: int, told: str) -> None:
    assert words.ago(NOW - timedelta(seconds=seconds), NOW) == told
