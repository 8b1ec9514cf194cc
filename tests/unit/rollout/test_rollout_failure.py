"""The gate, rule by rule: a rollout that fails, by deadline or by crash, and what the policy makes of it."""

from __future__ import annotations

import pytest
from rollout_cases import CONTINUE, FIRST_TRY, MIDWAY, PAUSE, STUCK_POD, going, reasons
from rollout_objects import A, B, History, crashing, decide, deployment, ended, pod, running, seen, state, waiting

from wharfinger.api.containerworkload import Rollout

# Failure


def test_a_missed_deadline_rolls_back_to_the_last_good_revision():
    decision = decide(going(), seen(MIDWAY, STUCK_POD), target=B, now=60)
    assert (decision.state.state, decision.run, decision.changed_run) == ("RollingBack", A, True)
    assert (decision.state.failed_revision, decision.rollback_counted) == (2, True)
    assert "missed its progress deadline of 60s: pod web-b: container web: ImagePullBackOff" in str(
        decision.state.message
    )
    assert reasons(decision) == ["RolloutFailed"]
    assert decision.announce[0].note.endswith("Rolling back to revision 1")


def test_a_new_container_that_crashes_too_often_fails_at_once():
    looping = pod("web-b", B, ready=False, containers=[crashing(3, message="boot\nno database")])
    decision = decide(going(), seen(MIDWAY, looping), target=B, now=10)
    assert decision.state.state == "RollingBack"
    assert decision.state.message == "revision 2 crashed 3 times: pod web-b: container web: exit code 1: no database"


def test_old_crashes_of_a_pod_that_was_there_before_do_not_count():
    old = pod("web-b", B, ready=False, made=-1000, containers=[crashing(50)])
    assert decide(going(), seen(MIDWAY, old), target=B, now=10).state.state == "Progressing"
    once = Rollout(progress_deadline="60s", restart_limit=1)
    assert decide(going(), seen(MIDWAY, old), target=B, now=10, policy=once).state.failed_revision == 2


@pytest.mark.parametrize(
    "container",
    [
        crashing(2),
        running(restarts=5, ready=True, last=ended(at_=5)),
        crashing(9, at_=-100),
    ],
    ids=["not often enough", "well again", "before this rollout"],
)
def test_crashes_that_do_not_count(container):
    crashed = pod("web-b", B, ready=False, containers=[container])
    assert decide(going(), seen(MIDWAY, crashed), target=B, now=10).state.state == "Progressing"


def test_crashes_of_the_old_revision_do_not_count():
    old = pod("web-a", A, ready=False, containers=[crashing(50, at_=5)])
    assert decide(going(), seen(MIDWAY, old), target=B, now=10).state.state == "Progressing"


@pytest.mark.parametrize(
    "container",
    [
        waiting("InvalidImageName", 'Failed to apply default image tag "web:::": invalid reference format'),
        waiting("CreateContainerConfigError", "container has runAsNonRoot and image will run as root"),
    ],
)
def test_a_container_that_can_never_start_fails_at_once(container):
    hopeless = pod("web-b", B, ready=False, phase="Pending", containers=[container])
    assert decide(going(), seen(MIDWAY, hopeless), target=B, now=1).state.state == "RollingBack"


def test_a_missing_secret_has_until_the_deadline():
    missing = waiting("CreateContainerConfigError", 'secret "db" not found')
    early = pod("web-b", B, ready=False, phase="Pending", containers=[missing])
    assert decide(going(), seen(MIDWAY, early), target=B, now=1).state.state == "Progressing"


def test_a_first_rollout_that_fails_has_nothing_to_go_back_to():
    decision = decide(
        going(last_good_revision=None, progress="updated=3 ready=0 available=0 old=0"),
        seen(FIRST_TRY),
        target=B,
        now=60,
    )
    assert (decision.state.state, decision.run, decision.rollback_counted) == ("Failed", B, False)
    assert reasons(decision) == ["RolloutFailed"]


def test_a_last_good_revision_that_is_not_kept_any_more_is_nothing_to_go_back_to():
    decision = decide(going(), seen(MIDWAY), target=B, now=60, history=History((B,)))
    assert (decision.state.state, decision.run) == ("Failed", B)


def test_a_failed_first_rollout_recovers_by_itself():
    failed = state(
        "Failed", target=B, failed_revision=2, message="late", progress="updated=3 ready=0 available=0 old=0"
    )
    live = deployment(B, ready=1)
    closer = decide(failed, seen(live, pod("web-b", B)), target=B, now=100)
    assert (closer.state.state, closer.state.failed_revision, closer.state.message) == ("Progressing", None, None)
    assert decide(closer.state, seen(deployment(B)), target=B, now=101).state.state == "Completed"


def test_a_failed_rollout_without_progress_stays_failed():
    failed = state(
        "Failed", target=B, failed_revision=2, message="late", progress="updated=3 ready=0 available=0 old=0"
    )
    assert decide(failed, seen(FIRST_TRY), target=B, now=9999).state == failed


def test_on_failure_pause_freezes():
    decision = decide(going(), seen(MIDWAY), target=B, now=60, policy=PAUSE)
    assert (decision.state.state, decision.freeze, decision.run) == ("Paused", True, B)
    assert reasons(decision) == ["RolloutFailed"]


def test_a_rollout_frozen_by_failure_stays_so():
    frozen = going(state="Paused", failed_revision=2, message="late")
    further = deployment(B, replicas=4, updated=2, ready=3)
    assert decide(frozen, seen(further), target=B, now=70, policy=PAUSE).state.state == "Paused"


def test_on_failure_continue_keeps_trying():
    decision = decide(going(), seen(MIDWAY), target=B, now=60, policy=CONTINUE)
    assert (decision.state.state, decision.freeze, decision.run) == ("Failed", False, B)


def test_a_policy_changed_to_rollback_rolls_back_what_has_failed():
    decision = decide(going(state="Failed", failed_revision=2, message="late"), seen(MIDWAY), target=B, now=70)
    assert (decision.state.state, decision.run, decision.rollback_counted) == ("RollingBack", A, True)
