"""The gate, rule by rule: after a rollback."""

from __future__ import annotations

from rollout_cases import reasons, rolled_back
from rollout_objects import A, B, C, crashing, decide, deployment, pod, seen, state

# After a rollback


def test_a_rollback_that_is_ready_is_rolled_back():
    back = state("RollingBack", target=B, run=A, last_good_revision=1, failed_revision=2, message="why")
    decision = decide(back, seen(deployment(A)), target=B, now=5)
    assert (decision.state.state, decision.state.message, reasons(decision)) == ("RolledBack", "why", ["RolledBack"])


def test_a_failed_revision_is_not_tried_again():
    decision = decide(rolled_back(), seen(deployment(A)), target=B, now=9999)
    assert (decision.run, decision.state, decision.wake_at) == (A, rolled_back(), None)


def test_a_changed_spec_is_tried_whatever_failed_before():
    decision = decide(rolled_back(), seen(deployment(A)), target=C)
    assert (decision.run, decision.state.state, decision.state.failed_revision) == (C, "Progressing", None)


def test_a_failed_revision_that_is_asked_for_again_after_another_is_tried():
    after_c = decide(rolled_back(), seen(deployment(A)), target=C).state
    assert decide(after_c, seen(deployment(C)), target=B).run == B


def test_a_spec_that_goes_back_to_the_last_good_revision_is_complete_at_once():
    decision = decide(rolled_back(), seen(deployment(A)), target=A)
    assert (decision.state.state, decision.changed_run, decision.state.failed_revision) == ("Completed", False, None)


def test_a_spec_that_goes_back_while_it_is_rolled_back_goes_on():
    back = state("RollingBack", target=B, run=A, last_good_revision=1, failed_revision=2, message="why")
    decision = decide(back, seen(deployment(A, ready=2)), target=A, now=5)
    assert (decision.state.state, decision.run, decision.changed_run) == ("Progressing", A, False)


def test_a_rollback_that_fails_as_well_is_left_alone():
    back = state("RollingBack", target=B, run=A, last_good_revision=1, failed_revision=2, message="why")
    back = decide(back, seen(deployment(A, ready=1)), target=B, now=0).state
    decision = decide(back, seen(deployment(A, ready=1)), target=B, now=61)
    assert (decision.state.state, decision.run, reasons(decision)) == ("Failed", A, ["RollbackFailed"])
    assert str(decision.state.message).startswith("why; then revision 1 missed")


def test_a_failed_rollback_recovers_by_itself():
    failed = state("Failed", target=B, run=A, last_good_revision=1, failed_revision=2, message="why")
    decision = decide(failed, seen(deployment(A)), target=B, now=99)
    assert (decision.state.state, decision.state.failed_revision) == ("RolledBack", 2)


def test_pods_that_crash_after_a_rollout_are_no_failed_rollout():
    crashed = pod("web-a", A, ready=False, containers=[crashing(50, at_=5)])
    decision = decide(state(last_good_revision=1), seen(deployment(A, ready=2), crashed), target=A, now=9999)
    assert (decision.state.state, decision.run) == ("Completed", A)


def test_scaling_a_completed_workload_is_no_rollout():
    live = deployment(A, desired=10, replicas=10, ready=3)
    assert decide(state(last_good_revision=1), seen(live), target=A, now=9999).state.state == "Completed"
