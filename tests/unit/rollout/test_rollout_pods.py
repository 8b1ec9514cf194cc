"""The gate, rule by rule: pods that it deletes or makes itself."""

from __future__ import annotations

import pytest
from rollout_cases import going
from rollout_objects import A, B, C, at, crashing, decide, deployment, pod, running, seen, state, statefulset

from wharfinger.api.containerworkload import Rollout

# Pods in the way


def test_a_stateful_pod_stuck_at_another_revision_is_deleted():
    """kubernetes #67250."""
    stuck = pod("web-2", B, ready=False, containers=[crashing(4)])
    live = statefulset(A, updated=2, ready=2)
    back = state("RollingBack", target=B, run=A, last_good_revision=1, failed_revision=2)
    decision = decide(back, seen(live, stuck, pod("web-1", B), mode="stateful"), target=B, now=1)
    assert [ref.uid for ref in decision.delete_pods] == ["uid-web-2"]


def test_a_stateful_pod_that_is_merely_unready_gets_some_time():
    unready = pod("web-2", B, ready=False, containers=[running(ready=False)])
    live = statefulset(A, updated=2, ready=2)
    back = state("RollingBack", target=B, run=A, last_good_revision=1, failed_revision=2)
    early = decide(back, seen(live, unready, mode="stateful"), target=B, now=4)
    assert (early.delete_pods, early.wake_at) == ((), at(10))
    late = decide(back, seen(live, unready, mode="stateful"), target=B, now=10)
    assert [ref.name for ref in late.delete_pods] == ["web-2"]


@pytest.mark.parametrize(
    ("live", "paused"),
    [
        (statefulset(A, updated=2, ready=2, settled=False), False),
        (statefulset(B, updated=2, ready=2), False),
        (statefulset(A, updated=2, ready=2), True),
    ],
    ids=["controller has not looked", "not applied yet", "paused"],
)
def test_no_stateful_pod_is_deleted_too_early(live, paused):
    stuck = pod("web-2", C, ready=False, containers=[crashing(4)])
    back = state("RollingBack", target=B, run=A, last_good_revision=1, failed_revision=2)
    assert not decide(back, seen(live, stuck, mode="stateful"), target=B, now=60, paused=paused).delete_pods


def test_a_deployments_pods_are_its_controllers():
    stuck = pod("web-2", B, ready=False, containers=[crashing(4)])
    back = state("RollingBack", target=B, run=A, last_good_revision=1, failed_revision=2)
    assert not decide(back, seen(deployment(A, ready=2), stuck), target=B, now=60).delete_pods


# A bare pod


def bare(*args, now: float = 0, **fields):
    live = pod("web", *args, **fields)
    return seen(live, live, mode="pod", now=now)


def test_a_bare_pod_of_another_revision_must_go():
    decision = decide(state(last_good_revision=1), bare(A), target=B)
    assert [ref.uid for ref in decision.delete_pods] == ["uid-web"]


def test_a_bare_pod_of_the_revision_stays():
    assert decide(state(last_good_revision=1), bare(A), target=A).delete_pods == ()


def test_a_bare_pod_that_is_lost_is_made_again_but_not_in_a_hot_loop():
    evicted = {"phase": "Failed", "ready": False, "reason": "Evicted"}
    early = decide(state(last_good_revision=1), bare(A, now=3, **evicted), target=A, now=3)
    assert (early.delete_pods, early.wake_at) == ((), at(10))
    late = decide(state(last_good_revision=1), bare(A, now=10, **evicted), target=A, now=10)
    assert [ref.uid for ref in late.delete_pods] == ["uid-web"]


def test_a_bare_pod_that_did_its_work_is_complete():
    done = bare(B, phase="Succeeded", ready=False, spec={"restartPolicy": "Never"})
    assert decide(going(), done, target=B).state.state == "Completed"


def test_a_bare_pod_that_failed_for_good_fails_its_rollout():
    failed = bare(B, phase="Failed", ready=False, spec={"restartPolicy": "Never"})
    assert decide(going(), failed, target=B).state.state == "RollingBack"


def test_a_bare_pod_counts_when_it_was_ready_long_enough():
    policy = Rollout(min_ready="10s", progress_deadline="60s")
    early = decide(going(progress=None), bare(B, ready_since=5), target=B, policy=policy, now=8)
    assert (early.state.state, early.wake_at) == ("Progressing", at(15))
    assert decide(early.state, bare(B, ready_since=5), target=B, policy=policy, now=15).state.state == "Completed"
