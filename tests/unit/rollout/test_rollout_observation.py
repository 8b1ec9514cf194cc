"""Observation: counts by kind, what they are about, and what the stores keep of pods and events."""

from __future__ import annotations

import pytest
from rollout_objects import (
    A,
    B,
    at,
    crashing,
    cronjob,
    daemonset,
    deployment,
    event,
    job,
    pod,
    running,
    seen,
    statefulset,
    waiting,
)

from wharfinger.rollout import event_subject, trim_event, trim_pod
from wharfinger.rollout.pods import lost


def test_nothing_there():
    nothing = seen(None)
    assert (nothing.exists, nothing.complete, nothing.revision) == (False, False, None)


@pytest.mark.parametrize(
    ("mode", "live"),
    [
        ("service", deployment(B)),
        ("stateful", statefulset(B)),
        ("daemon", daemonset(B)),
        ("cron", cronjob(B)),
        ("pod", pod("web", B)),
    ],
)
def test_each_kind_complete(mode, live):
    found = seen(live, live, mode=mode) if mode == "pod" else seen(live, mode=mode)
    assert found.complete
    assert found.revision == "bbb"


def test_the_revision_is_the_templates_not_the_objects_label():
    live = deployment(A)
    live["metadata"]["labels"] = {"wharfinger.dev/revision": "bbb"}
    assert seen(live).revision == "aaa"


def test_a_template_that_was_there_before_us_is_told_by_the_objects_label():
    live = deployment(A)
    live["metadata"]["labels"] = {"wharfinger.dev/revision": "bbb"}
    live["spec"]["template"]["metadata"]["labels"] = {"app": "web"}
    assert seen(live).revision == "bbb"


def test_a_daemon_counts_nodes():
    counts = seen(daemonset(desired=5, updated=2, ready=4), mode="daemon").counts
    assert (counts.desired, counts.replicas, counts.updated, counts.ready) == (5, 5, 2, 4)


def test_a_daemon_on_no_node_is_complete():
    assert seen(daemonset(desired=0, updated=0, ready=0), mode="daemon").complete


def test_a_job_counts_what_runs():
    assert seen(job(active=2, ready=1), mode="job").counts.ready == 1


def test_a_bare_pod_that_goes_is_no_replica():
    going = pod("web", deleted=30)
    assert seen(going, going, mode="pod").counts.replicas == 0


def test_ready_pods_are_told_by_revision():
    found = seen(deployment(B), pod("web-1", B), pod("web-2", B, ready=False), pod("web-3", A))
    assert (found.updated_ready, found.by_revision) == (1, {"bbb": 2, "aaa": 1})


def test_only_unready_pods_of_other_revisions_are_stuck():
    pods = [
        pod("old-ready", A),
        pod("old-unready", A, ready=False),
        pod("old-going", A, ready=False, deleted=5),
        pod("new-unready", B, ready=False),
    ]
    assert [stuck.ref.name for stuck in seen(statefulset(B), *pods, mode="stateful").stuck] == ["old-unready"]


def test_a_pod_that_somebody_else_controls_is_never_stuck():
    theirs = pod("web-copy", A, ready=False, owner="uid-of-theirs")
    assert not seen(statefulset(B), theirs, mode="stateful").stuck


@pytest.mark.parametrize(
    ("waits", "due"),
    [
        (pod("web-1", ready=False, ready_since=5), 35),
        (pod("web-1", deleted=20), 80),
        (pod("web-1"), None),
        (pod("web-1", ready=False, phase="Pending"), None),
    ],
    ids=["unready", "going", "ready", "pending"],
)
def test_when_waiting_becomes_a_problem(waits, due):
    assert seen(deployment(), waits, now=10).overdue_at == (due and at(due))
    assert seen(deployment(), waits, now=100).overdue_at is None


def test_crashes_are_of_the_current_revision_and_the_worst_first():
    pods = [pod(f"web-{n}", B, ready=False, containers=[crashing(n)]) for n in (1, 4)]
    pods.append(pod("web-9", A, ready=False, containers=[crashing(9)]))
    assert [crash.restarts for crash in seen(deployment(B), *pods).crashes] == [4, 1]


@pytest.mark.parametrize(
    ("policy", "status", "expected"),
    [
        ("Always", {"phase": "Failed"}, True),
        ("Never", {"phase": "Failed"}, False),
        ("Never", {"phase": "Failed", "reason": "Evicted"}, True),
        ("Never", {"phase": "Failed", "reason": "OutOfcpu"}, True),
        ("Always", {"phase": "Failed", "reason": "DeadlineExceeded"}, False),
        ("OnFailure", {"phase": "Failed", "conditions": [{"type": "DisruptionTarget", "status": "True"}]}, True),
        ("Always", {"phase": "Running"}, False),
    ],
)
def test_a_pod_is_lost_when_it_failed_through_no_doing_of_its_containers(policy, status, expected):
    live = pod("web", ready=False, spec={"restartPolicy": policy}, **status)
    assert lost(live) is expected


FULL_POD = {
    "metadata": {"name": "web-1", "namespace": "shop", "uid": "u", "managedFields": [{}], "labels": {"a": "b"}},
    "spec": {
        "nodeName": "n1",
        "restartPolicy": "Always",
        "volumes": [{"name": "v"}],
        "containers": [{"name": "web", "image": "web:1", "env": [{"name": "SECRET", "value": "x"}]}],
    },
    "status": {
        "phase": "Running",
        "qosClass": "Burstable",
        "containerStatuses": [running() | {"imageID": "sha256:1", "volumeMounts": [{}]}],
    },
}


def test_trimmed_pods_keep_what_is_read_and_no_more():
    assert trim_pod(FULL_POD) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop", "uid": "u", "labels": {"a": "b"}},
        "spec": {"nodeName": "n1", "restartPolicy": "Always", "containers": [{"name": "web", "image": "web:1"}]},
        "status": {"phase": "Running", "containerStatuses": [running()]},
    }


def test_trimming_changes_no_observation():
    pods = [pod("web-1", B, ready=False, containers=[crashing(4)], init=[running("wait")]), pod("web-2", A)]
    events = [event("web-1", "Unhealthy", "no")]
    whole = seen(deployment(B), *pods, events=events, now=90)
    assert seen(deployment(B), *map(trim_pod, pods), events=[trim_event(events[0])], now=90) == whole


def test_trimming_leaves_the_object_as_it_was():
    before = repr(FULL_POD)
    trim_pod(FULL_POD)
    assert repr(FULL_POD) == before


def test_an_event_is_found_by_its_subject():
    assert event_subject(trim_event(event("web-1", "Failed", "no"))) == "uid-web-1"


@pytest.mark.parametrize(
    ("shown", "started"),
    [
        (pod("web-a", ready=False, phase="Pending", containers=[waiting("ContainerCreating")]), 0),
        (pod("web-a", ready=False, containers=[running(ready=False)]), 1),
        (pod("web-a", ready=False, containers=[running(), waiting("ContainerCreating", name="proxy")]), 0),
        (pod("web-a", ready=False, containers=[crashing(3)]), 1),
        (pod("web-a", ready=False, phase="Failed"), 0),
        (pod("web-b", B, containers=[running()]), 0),
    ],
)
def test_a_pod_has_started_once_all_its_containers_have(shown, started):
    """Ready or not, and whatever became of them since; pods of another revision do not count."""
    assert seen(deployment(A), shown).started == started


def test_a_job_that_did_its_work_was_started():
    done = pod("web-a", ready=False, phase="Succeeded")
    assert seen(deployment(A), done, mode="job").started == 1
