"""What ``wharfinger status`` makes of objects as the API server has them."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from wharfinger.cli.status.detail import belongs, detail, pod_state
from wharfinger.cli.status.facts import fact
from wharfinger.cli.status.show import listing, tree
from wharfinger.cli.status.summary import State, short_duration, summarise, verdict

Object = dict[str, Any]

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)

READY = {"type": "Ready", "status": "True", "reason": "AllReplicasReady", "message": "3 of 3 replicas ready"}
NOT_READY = {"type": "Ready", "status": "False", "reason": "PodsFailing", "message": "1 of 3 ready"}
RECONCILING = {"type": "Reconciling", "status": "True", "reason": "RollingOut", "message": "1 of 3 updated"}
STALLED = {"type": "Stalled", "status": "True", "reason": "RolledBack", "message": "revision 2 missed its deadline"}

OWNER = {"apiVersion": "wharfinger.dev/v1alpha1", "kind": "ContainerWorkload", "name": "web", "uid": "u-web"}


def workload(*conditions: Object, observed: int = 2, **metadata: Any) -> Object:
    return {
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": "u-web",
            "generation": 2,
            "creationTimestamp": "2026-01-01T11:00:00Z",
            **metadata,
        },
        "spec": {"mode": "service", "image": "web:1.4"},
        "status": {
            "observedGeneration": observed,
            "conditions": list(conditions),
            "readyReplicas": 1,
            "desiredReplicas": 3,
            "rollout": {"state": "Progressing", "revision": 2, "runningRevision": 1, "lastGoodRevision": 1},
        },
    }


def pod(state: Object, *, ready: bool = False, phase: str = "Running", **metadata: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-abc", "uid": "u-pod", "creationTimestamp": "2026-01-01T11:58:30Z", **metadata},
        "spec": {"containers": [{"name": "web"}], "nodeName": "node-1"},
        "status": {
            "phase": phase,
            "containerStatuses": [{"name": "web", "ready": ready, "restartCount": 4, "state": state}],
        },
    }


@pytest.mark.parametrize(
    ("given", "state", "reason"),
    [
        (workload(READY), State.ready, "AllReplicasReady"),
        (workload(NOT_READY), State.not_ready, "PodsFailing"),
        (workload(NOT_READY, RECONCILING), State.progressing, "RollingOut"),
        (workload(NOT_READY, STALLED), State.stalled, "RolledBack"),
        (workload(READY, STALLED), State.stalled, "RolledBack"),
        (workload(READY, observed=1), State.unseen, ""),
        (workload(), State.not_ready, ""),
        (workload(READY, deletionTimestamp="2026-01-01T12:00:00Z"), State.terminating, ""),
    ],
)
def test_the_verdict_follows_kstatus_in_its_order(given: Object, state: State, reason: str) -> None:
    found, condition = verdict(given)
    assert (found, condition.get("reason", "")) == (state, reason)


def test_a_workload_that_nobody_has_seen_is_not_well() -> None:
    unseen = {"metadata": {"name": "web", "generation": 1}, "spec": {"image": "web"}}
    assert summarise(unseen, now=NOW).state is State.unseen
    assert not summarise(unseen, now=NOW).well


def test_the_summary_tells_the_revision_that_runs() -> None:
    summary = summarise(workload(NOT_READY), now=NOW)
    assert (summary.revision, summary.ready, summary.desired, summary.age) == (1, 1, 3, 3600.0)
    assert summary.why == "PodsFailing: 1 of 3 ready"
    assert summary.to_json()["state"] == "NotReady"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (119, "119s"), (120, "2m"), (7200, "2h"), (172800, "2d"), (1e7, "115d")]
)
def test_ages_are_told_in_the_greatest_unit_that_says_enough(seconds: float, text: str) -> None:
    assert short_duration(seconds) == text


def test_a_list_is_not_cut_where_it_is_no_terminal() -> None:
    long = copy.deepcopy(NOT_READY) | {"message": "x" * 300}
    console = Console(width=10_000, record=True)
    console.print(listing([summarise(workload(long), now=NOW)], wide=True, namespaces=True))
    header, row = console.export_text().splitlines()
    assert header.split() == ["NAMESPACE", "NAME", "MODE", "READY", "REVISION", "STATE", "AGE", "WHY", "IMAGE"]
    cells = ["shop", "web", "service", "1/3", "1", "NotReady", "60m", "PodsFailing:", "x" * 300, "web:1.4"]
    assert row.split() == cells


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (pod({"running": {}}, ready=True), ("Running", "")),
        (
            pod({"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}, phase="Pending"),
            ("ImagePullBackOff", "not found"),
        ),
        (pod({"waiting": {"reason": "ContainerCreating"}}, phase="Pending"), ("Pending", "")),
        (pod({"terminated": {"reason": "OOMKilled", "exitCode": 137}}), ("OOMKilled", "exit code 137")),
        (pod({"terminated": {"reason": "Completed", "exitCode": 0}}, phase="Succeeded"), ("Completed", "")),
        (pod({"running": {}}, deletionTimestamp="2026-01-01T12:00:00Z"), ("Terminating", "")),
    ],
)
def test_a_pod_says_what_kubectl_says_and_why(given: Object, expected: tuple[str, str]) -> None:
    assert pod_state(given) == expected


def test_a_pod_that_finds_no_node_says_what_the_scheduler_said() -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}
    waiting = {"metadata": {"name": "p"}, "status": {"phase": "Pending", "conditions": [condition]}}
    assert pod_state(waiting) == ("Unschedulable", "0/3 nodes")


def test_only_what_the_workload_made_belongs_to_it() -> None:
    labels = {"app.kubernetes.io/managed-by": "wharfinger", "app.kubernetes.io/instance": "web"}
    owned = {"metadata": {"name": "a", "labels": {}, "ownerReferences": [{**OWNER, "controller": True}]}}
    foreign = {"metadata": {"name": "b", "labels": labels, "ownerReferences": [{"uid": "x", "controller": True}]}}
    retained = {"metadata": {"name": "c", "labels": labels}}
    unrelated = {"metadata": {"name": "d"}}
    assert [belongs(obj, workload()) for obj in (owned, foreign, retained, unrelated)] == [True, False, True, False]


def test_what_its_objects_made_belongs_to_the_workload_too() -> None:
    """A StatefulSet's claims, but not the history that it keeps for itself."""

    def owned(kind: str, name: str, owner: str) -> Object:
        reference = {"uid": owner, "controller": True}
        return {"kind": kind, "metadata": {"name": name, "uid": f"u-{name}", "ownerReferences": [reference]}}

    found = detail(
        workload(READY),
        objects=[
            owned("StatefulSet", "set", "u-web"),
            owned("ControllerRevision", "web-rev-1", "u-web"),
            owned("ControllerRevision", "set-5f7d", "u-set"),
            owned("PersistentVolumeClaim", "data-web-0", "u-set"),
            owned("PersistentVolumeClaim", "data-db-0", "u-db"),
        ],
        pods=[],
        events=[],
        now=NOW,
    )
    assert [child.name for child in found.children] == ["set", "web-rev-1", "data-web-0"]


def test_a_detail_holds_objects_pods_and_their_events() -> None:
    owner = {"ownerReferences": [{**OWNER, "controller": True}]}
    deployment = {"kind": "Deployment", "metadata": {"name": "web", "uid": "u-dep", **owner}, "spec": {"replicas": 3}}
    stranger = {"kind": "Deployment", "metadata": {"name": "other", "uid": "u-other"}}
    events = [
        event("Killing", "u-pod", "2026-01-01T11:59:00Z"),
        event("Unrelated", "u-other", "2026-01-01T11:59:30Z"),
        event("RolloutStarted", "u-web", "2026-01-01T11:58:00Z"),
    ]
    found = detail(
        workload(NOT_READY, RECONCILING),
        objects=[deployment, stranger],
        pods=[pod({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}})],
        events=events,
        now=NOW,
    )
    assert [(child.name, child.fact, child.retained) for child in found.children] == [("web", "0/3 ready", False)]
    assert [(line.reason, line.age) for line in found.events] == [("RolloutStarted", 120.0), ("Killing", 60.0)]
    text = rendered(found)
    assert "web-abc  CrashLoopBackOff 0/1, 4 restarts" in text
    assert "Progressing: revision wanted 2, running 1, last good 1" in text
    assert "Reconciling=True  RollingOut: 1 of 3 updated" in text


def event(reason: str, uid: str, time: str) -> Object:
    return {"metadata": {}, "reason": reason, "involvedObject": {"uid": uid}, "lastTimestamp": time, "message": "m"}


def rendered(found: Any) -> str:
    console = Console(width=10_000, record=True)
    console.print(tree(found))
    return console.export_text()


@pytest.mark.parametrize(
    ("obj", "text"),
    [
        ({"kind": "StatefulSet", "spec": {"replicas": 2}, "status": {"readyReplicas": 1}}, "1/2 ready"),
        ({"kind": "DaemonSet", "status": {"numberReady": 1, "desiredNumberScheduled": 4}}, "1/4 ready"),
        ({"kind": "Service", "spec": {"clusterIP": "None", "ports": [{"port": 80}]}}, "ClusterIP headless 80/TCP"),
        (
            {
                "kind": "Service",
                "spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.9", "ports": [{"port": 53, "protocol": "UDP"}]},
                "status": {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}},
            },
            "LoadBalancer 10.0.0.9 lb.example.com 53/UDP",
        ),
        ({"kind": "Job", "spec": {"completions": 3}, "status": {"succeeded": 1, "active": 1}}, "1/3 done, 1 running"),
        (
            {"kind": "Job", "status": {"conditions": [{"type": "Failed", "status": "True", "message": "gave up"}]}},
            "Failed gave up",
        ),
        (
            {"kind": "CronJob", "spec": {"schedule": "@daily", "suspend": True}},
            "@daily suspended, last run never",
        ),
        ({"kind": "Ingress", "spec": {"rules": [{"host": "a.example"}, {}]}}, "a.example, *"),
        ({"kind": "HTTPRoute", "spec": {}}, "*"),
        (
            {"kind": "HorizontalPodAutoscaler", "spec": {"maxReplicas": 9}, "status": {"desiredReplicas": 4}},
            "1 to 9, wants 4",
        ),
        ({"kind": "PodDisruptionBudget", "status": {"disruptionsAllowed": 1}}, "1 may be disrupted now"),
        (
            {"kind": "PersistentVolumeClaim", "status": {"phase": "Bound", "capacity": {"storage": "10Gi"}}},
            "Bound 10Gi",
        ),
        ({"kind": "ConfigMap", "data": {"a": "1"}}, "1 file"),
        ({"kind": "ControllerRevision", "revision": 7}, "revision 7"),
        ({"kind": "ServiceAccount"}, ""),
    ],
)
def test_each_kind_has_its_fact(obj: Object, text: str) -> None:
    assert fact(obj) == text
