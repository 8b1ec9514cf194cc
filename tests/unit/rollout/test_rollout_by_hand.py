"""The gate, rule by rule: revisions pinned and rollouts paused by annotation."""

from __future__ import annotations

import pytest
from rollout_cases import MIDWAY, going, reasons
from rollout_objects import A, B, C, at, decide, deployment, seen, state

# By hand


def test_a_pinned_revision_runs():
    decision = decide(state(target=C, last_good_revision=3), seen(deployment(C)), target=C, pin="1")
    assert (decision.run, decision.state.state, decision.rollback_counted) == (A, "RollingBack", False)
    assert reasons(decision) == ["RollingBack"]


def test_previous_is_the_newest_other_revision():
    assert decide(state(target=C), seen(deployment(C)), target=C, pin="previous").run == B


def test_previous_stays_the_same_revision_once_it_runs():
    pinned = state("RolledBack", target=C, run=B, last_good_revision=2)
    decision = decide(pinned, seen(deployment(B)), target=C, pin="previous")
    assert (decision.run, decision.state) == (B, pinned)


def test_a_pin_holds_while_it_is_there_whatever_the_spec_says():
    pinned = state("RolledBack", target=B, run=A, last_good_revision=1)
    assert decide(pinned, seen(deployment(A)), target=C, pin="1").run == A


def test_without_the_pin_the_spec_goes_on():
    pinned = state("RolledBack", target=C, run=A, last_good_revision=1)
    decision = decide(pinned, seen(deployment(A)), target=C)
    assert (decision.run, decision.state.state) == (C, "Progressing")


def test_a_pinned_revision_that_fails_is_left_alone():
    back = state("RollingBack", target=C, run=A, last_good_revision=3, progress="updated=1 ready=0 available=3 old=3")
    decision = decide(back, seen(deployment(A, replicas=4, updated=1, ready=3)), target=C, pin="1", now=60)
    assert (decision.state.state, decision.run) == ("Failed", A)


@pytest.mark.parametrize("pin", ["9", "none", "-1", "previously"])
def test_a_pin_that_names_nothing_moves_nothing_and_says_so(pin):
    decision = decide(state(last_good_revision=1), seen(deployment(A)), target=B, pin=pin)
    assert (decision.run, decision.changed_run) == (A, False)
    assert [finding.reason for finding in decision.findings] == ["UnknownRevision"]


def test_a_pin_that_names_nothing_does_not_keep_a_new_workload_from_running():
    assert decide(None, seen(None), target=A, pin="9").run == A


def test_a_pause_freezes_a_rollout_where_it_is():
    decision = decide(going(), seen(MIDWAY), target=B, paused=True, now=3600)
    assert (decision.state.state, decision.freeze, decision.run, decision.wake_at) == ("Paused", True, B, None)
    assert reasons(decision) == ["RolloutPaused"]


def test_a_change_waits_while_paused():
    decision = decide(state(last_good_revision=1), seen(deployment(A)), target=B, paused=True)
    assert (decision.run, decision.state.state, decision.changed_run) == (A, "Paused", False)


def test_a_pause_of_what_is_complete_changes_nothing_but_the_freeze():
    done = state(last_good_revision=1)
    decision = decide(done, seen(deployment(A)), target=A, paused=True)
    assert (decision.state, decision.freeze) == (done, True)


def test_a_resumed_rollout_has_its_full_time_again():
    decision = decide(going(state="Paused"), seen(MIDWAY), target=B, now=3600)
    assert (decision.state.state, decision.wake_at) == ("Progressing", at(3660))
    assert reasons(decision) == ["RolloutResumed"]


def test_resuming_tries_what_waited():
    waiting_ = state("Paused", target=B, run=A, last_good_revision=1)
    decision = decide(waiting_, seen(deployment(A)), target=B, now=5)
    assert (decision.run, reasons(decision)) == (B, ["RolloutStarted"])
