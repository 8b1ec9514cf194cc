"""What a dependency lacks, rule by rule: docs/dependencies.md has the table."""

from __future__ import annotations

from typing import Any

import pytest

from wharfinger.api.dependencies import WorkloadDependency
from wharfinger.rollout import Standing, cycle, dependency_findings, outlook, standing
from wharfinger.rollout.dependencies import lack, stamps

WEB: dict[str, Any] = {"current": True, "desired": 2}


def need(condition: str = "Started", **more: Any) -> WorkloadDependency:
    return WorkloadDependency.model_validate({"name": "db", "condition": condition} | more)


def told(condition: str, **fields: Any) -> str:
    """What is lacked by a dependency that stands so; empty if nothing is."""
    found = lack(need(condition), Standing(**WEB | fields))
    return f"{found.kind}: {found.told}" if found else ""


# Conditions


def test_started_once_the_containers_of_all_pods_have_started_ready_or_not() -> None:
    assert told("Started", started=1) == "waiting: 1 of 2 started"
    assert told("Started", started=2) == ""


def test_a_job_has_started_with_its_first_pod() -> None:
    assert told("Started", mode="job", bounded=True, desired=5, started=1) == ""


def test_healthy_once_it_is_ready_and_not_before() -> None:
    assert told("Healthy", started=2, ready_pods=1) == "waiting: 1 of 2 ready"
    changing = told("Healthy", started=2, ready_pods=2)
    assert changing == "waiting: its last change is still on its way", (
        "the pods that are ready may be of another revision"
    )
    assert told("Healthy", ready=True) == ""


def test_completed_once_its_work_is_done() -> None:
    job = {"mode": "job", "completes": True, "bounded": True}
    assert told("Completed", **job, started=1, ready_pods=1) == "waiting: is not done"
    assert told("Completed", **job, ready=True, complete=True) == ""


@pytest.mark.parametrize("condition", ["Started", "Healthy"])
def test_what_has_completed_was_started_and_healthy(condition: str) -> None:
    assert told(condition, mode="job", completes=True, bounded=True, complete=True) == ""


def test_the_reason_that_it_is_not_ready_is_named() -> None:
    assert told("Healthy", reason="ImagePullBackOff") == "waiting: 0 of 2 ready (ImagePullBackOff)"


@pytest.mark.parametrize("condition", ["Started", "Healthy", "Completed"])
def test_a_status_from_before_its_last_change_says_nothing(condition: str) -> None:
    stale = {"current": False, "ready": True, "complete": True, "started": 2, "completes": True}
    assert "not been looked at" in told(condition, **stale)


@pytest.mark.parametrize("condition", ["Started", "Healthy"])
def test_one_that_waits_itself_is_waited_for(condition: str) -> None:
    assert "waits itself" in told(condition, waits=True, started=2, ready=True)


@pytest.mark.parametrize("condition", ["Started", "Healthy", "Completed"])
def test_one_that_shall_have_no_pod_is_not_waited_for(condition: str) -> None:
    assert told(condition, wanted=False, current=False) == ""


# Failure


def test_one_that_is_stalled_has_failed() -> None:
    assert told("Healthy", stalled="RolloutFailed: boom") == "failed: has failed (RolloutFailed: boom)"


def test_one_that_was_satisfied_before_it_stalled_is_satisfied() -> None:
    assert told("Started", stalled="RolloutFailed: boom", started=2) == ""


def test_a_failure_of_what_it_was_before_its_last_change_is_none() -> None:
    assert told("Healthy", stalled="RolloutFailed: boom", current=False).startswith("waiting")


def test_what_never_completes_cannot_be_waited_for() -> None:
    assert told("Completed", ready=True).startswith("failed: never completes")


def test_failures_are_named_first() -> None:
    known = {"a": Standing(current=True), "b": Standing(current=True, stalled="JobFailed: boom")}
    found = outlook([WorkloadDependency(name=name, condition="Healthy") for name in "ab"], known)
    assert [each.name for each in found.unmet] == ["b", "a"]
    assert found.failed


# required


def test_one_that_is_required_is_waited_for_until_it_is_there() -> None:
    found = outlook([need()], {})
    assert not found.failed
    assert found.message == "db: there is no ContainerWorkload of that name"


def test_one_that_is_not_required_is_gone_on_without_where_it_is_absent_or_has_failed() -> None:
    optional = need("Healthy", required=False)
    for known in ({}, {"db": Standing(current=True, stalled="RolloutFailed: boom")}):
        found = outlook([optional], known)
        assert not found.unmet
        assert [each.name for each in found.skipped] == ["db"]


def test_one_that_is_not_required_is_waited_for_while_it_may_come() -> None:
    assert outlook([need("Healthy", required=False)], {"db": Standing(**WEB)}).unmet


# Findings


def reasons(wanted: WorkloadDependency, found: Standing | None, loop: tuple[str, ...] = ()) -> list[str]:
    known = {"db": found} if found else {}
    return [f"{each.severity} {each.reason}" for each in dependency_findings([wanted], known, loop)]


def test_findings() -> None:
    assert reasons(need(), None) == []
    assert reasons(need(required=False), None) == ["info DependencyAbsent"]
    assert reasons(need("Completed"), Standing()) == ["warning NeverCompletes"]
    assert reasons(need("Completed"), Standing(mode="job", completes=True)) == []
    assert reasons(need("Healthy"), Standing()) == ["info HealthUnchecked"]
    assert reasons(need("Healthy"), Standing(checked=True)) == []
    assert reasons(need(), Standing(), ("web", "db", "web")) == ["error DependencyCycle"]
    assert reasons(need(), Standing(), ("web", "cache", "web")) == [], "it stands at the dependency that closes it"


def test_a_cycle_names_the_way_round() -> None:
    graph = {"web": ["log", "api"], "api": ["db"], "db": ["web"], "log": [], "far": ["near"], "near": ["far"]}
    found = {name: cycle(name, lambda each: graph.get(each, ())) for name in (*graph, "alone")}
    assert found["web"] == ("web", "api", "db", "web")
    assert found["db"] == ("db", "web", "api", "db")
    assert found["log"] == found["alone"] == ()
    assert cycle("a", lambda _: ["a"]) == ("a", "a")
    beside = {"a": ["near"], **graph}
    assert cycle("a", lambda each: beside.get(each, ())) == (), "a cycle that it only leads to is not its own"


# Restarting with it


def test_stamps_are_of_those_that_restart_it_and_run() -> None:
    wanted = [WorkloadDependency(name=name, restart=name != "c") for name in "abcd"]
    known = {"a": Standing(running="1/4"), "b": Standing(), "c": Standing(running="1/7")}
    assert stamps(wanted, known) == {"a": "1/4"}


# Reading a workload


def workload(spec: dict[str, Any], status: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "db", "uid": "5f0c1234-1", "generation": 2, **metadata},
        "spec": spec,
        "status": status,
    }


def said(**conditions: str) -> list[dict[str, Any]]:
    return [{"type": kind, "status": "True", "reason": reason, "message": "m"} for kind, reason in conditions.items()]


def test_a_workload_as_its_status_has_it() -> None:
    status = {
        "observedGeneration": 2,
        "conditions": said(Ready="AllReplicasReady"),
        "rollout": {"state": "Completed", "revision": 3, "runningRevision": 3},
        "startedReplicas": 2,
        "readyReplicas": 2,
        "desiredReplicas": 2,
    }
    found = standing(workload({"image": "db:1", "replicas": 2, "healthCheck": {}}, status))
    assert found == Standing(
        current=True, ready=True, started=2, ready_pods=2, desired=2, running="5f0c1234/3", wanted=True
    )


def test_one_that_was_just_made_is_not_current() -> None:
    found = standing(workload({"image": "db:1"}, {"observedGeneration": -1}))
    assert found == Standing()


def test_one_that_is_being_deleted_is_not_there() -> None:
    assert standing(workload({}, {}, deletionTimestamp="2026-01-01T00:00:00Z")) is None
    assert standing(None) is None


@pytest.mark.parametrize(
    ("spec", "completes", "bounded"),
    [
        ({}, False, False),
        ({"mode": "job"}, True, True),
        ({"mode": "pod"}, True, False),
        ({"mode": "tasks"}, False, False),
        ({"mode": "tasks", "tasks": {"scheduling": "global-job"}}, True, True),
    ],
)
def test_which_modes_come_to_an_end(spec: dict[str, Any], completes: bool, bounded: bool) -> None:
    found = standing(workload(spec, {}))
    assert found is not None
    assert (found.completes, found.bounded) == (completes, bounded)


def test_no_pod_is_wanted_of_one_that_is_scaled_to_zero_by_hand() -> None:
    for spec, wanted in (
        ({"replicas": 0}, False),
        ({"replicas": 0, "autoscale": {"maxReplicas": 3}}, True),
        ({}, True),
    ):
        found = standing(workload(spec, {}))
        assert found is not None
        assert found.wanted is wanted


def test_what_failed_and_what_is_in_the_way_are_quoted() -> None:
    status = {
        "observedGeneration": 2,
        "conditions": [
            {"type": "Ready", "status": "False", "reason": "RolloutFailed", "message": "m"},
            *said(Stalled="RolloutFailed"),
        ],
    }
    found = standing(workload({}, status))
    assert found is not None
    assert (found.stalled, found.reason) == ("RolloutFailed: m", "RolloutFailed")
