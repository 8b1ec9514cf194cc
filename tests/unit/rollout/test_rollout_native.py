"""The gate, rule by rule: a rollout begins, gets closer, completes. B is the revision that is asked for."""

from __future__ import annotations

import pytest
from rollout_cases import MIDWAY, going, reasons
from rollout_objects import A, B, at, cronjob, daemonset, decide, deployment, pod, seen, stamp, state

# Beginning and completing


def test_a_new_workload_begins_to_roll_out():
    decision = decide(None, seen(None), target=A)
    assert (decision.state.state, decision.run, decision.changed_run) == ("Progressing", A, True)
    assert decision.state.started_at == stamp(0)


def test_a_first_rollout_that_goes_well_is_no_news():
    begun = decide(None, seen(None), target=A)
    done = decide(begun.state, seen(deployment(A)), target=A, now=2)
    assert (begun.announce, done.announce) == ((), ())


def test_a_complete_rollout_becomes_the_last_good_one():
    decision = decide(going(), seen(deployment(B)), target=B, now=5)
    assert (decision.state.state, decision.state.last_good_revision) == ("Completed", 2)
    assert reasons(decision) == ["RolloutCompleted"]
    assert decision.wake_at is None


def test_a_changed_spec_begins_a_rollout():
    decision = decide(state(last_good_revision=1), seen(deployment(A)), target=B, now=7)
    assert (decision.state.state, decision.run, decision.changed_run) == ("Progressing", B, True)
    assert decision.state.started_at == stamp(7)
    assert reasons(decision) == ["RolloutStarted"]


@pytest.mark.parametrize(
    "live",
    [
        deployment(B, settled=False),
        deployment(B, updated=2, replicas=3),
        deployment(B, replicas=4),
        deployment(B, ready=2),
        deployment(B, available=2),
        deployment(A),
    ],
    ids=[
        "status lags",
        "one not updated",
        "one old left",
        "one unready",
        "one not long enough ready",
        "not applied yet",
    ],
)
def test_a_rollout_is_not_complete_before_all_of_it_is(live):
    assert decide(going(), seen(live), target=B).state.state == "Progressing"


def test_counts_of_another_revision_are_not_this_ones_progress():
    """The status says B, the object still carries A: written, not applied. Its three ready pods are A's."""
    decision = decide(going(progress=None), seen(deployment(A)), target=B, now=3600)
    assert (decision.state.state, decision.state.progress) == ("Progressing", None)


def test_a_revision_that_was_complete_with_no_pods_is_not_good_yet():
    decision = decide(going(), seen(deployment(B, desired=0)), target=B)
    assert (decision.state.state, decision.state.last_good_revision) == ("Completed", 1)


def test_a_revision_that_was_complete_with_no_pods_rolls_out_when_there_are_some():
    unproven = state(target=B, last_good_revision=1)
    decision = decide(unproven, seen(deployment(B, replicas=3, ready=0)), target=B, now=9)
    assert (decision.state.state, decision.state.progressed_at) == ("Progressing", stamp(9))


def test_a_daemon_is_complete_when_every_node_has_its_pod():
    assert decide(going(), seen(daemonset(B), mode="daemon"), target=B).state.state == "Completed"
    assert decide(going(), seen(daemonset(B, updated=2), mode="daemon"), target=B).state.state == "Progressing"


def test_a_schedule_is_complete_when_it_is_there():
    decision = decide(None, seen(cronjob(A), mode="cron"), target=A)
    assert (decision.state.state, decision.state.last_good_revision) == ("Completed", 1)


# A status that was lost


def test_without_a_status_what_runs_well_is_adopted():
    decision = decide(None, seen(deployment(A)), target=A)
    assert (decision.state.state, decision.state.last_good_revision, decision.announce) == ("Completed", 1, ())


def test_without_a_status_a_good_older_revision_is_remembered_as_the_last_good():
    decision = decide(None, seen(deployment(A)), target=B)
    assert (decision.state.state, decision.run, decision.state.last_good_revision) == ("Progressing", B, 1)


# The deadline


def test_the_deadline_runs_from_when_the_revision_is_first_seen_applied():
    begun = decide(state(last_good_revision=1), seen(deployment(A)), target=B, now=0).state
    seen_late = decide(begun, seen(MIDWAY), target=B, now=50)
    assert seen_late.wake_at == at(110)
    assert decide(seen_late.state, seen(MIDWAY), target=B, now=109).state.state == "Progressing"
    assert decide(seen_late.state, seen(MIDWAY), target=B, now=110).state.state == "RollingBack"


@pytest.mark.parametrize(
    "live",
    [deployment(B, replicas=4, updated=2, ready=3), deployment(B, replicas=3, updated=1, ready=3)],
    ids=["one more updated", "one old pod less"],
)
def test_progress_starts_the_deadline_anew(live):
    decision = decide(going(), seen(live), target=B, now=59)
    assert (decision.state.progressed_at, decision.wake_at) == (stamp(59), at(119))


def test_a_ready_pod_of_the_new_revision_is_progress_even_if_an_old_one_goes():
    live = deployment(B, replicas=4, updated=1, ready=3)
    decision = decide(going(), seen(live, pod("web-b", B)), target=B, now=30)
    assert decision.state.progressed_at == stamp(30)


def test_a_pod_that_gets_ready_and_crashes_over_and_over_is_no_progress():
    best = going(progress="updated=1 ready=1 available=3 old=3")
    assert decide(best, seen(MIDWAY, pod("web-b", B)), target=B, now=59).state.progressed_at == stamp(0)


def test_a_surge_is_no_progress_by_itself():
    surged = deployment(B, replicas=4, updated=1, ready=4)
    assert decide(going(), seen(surged), target=B, now=59).state.progressed_at == stamp(0)


def test_scaling_down_does_not_put_progress_out_of_reach():
    high = going(progress="updated=5 ready=5 available=5 old=3")
    live = deployment(B, desired=2, replicas=4, updated=2, ready=4)
    assert decide(high, seen(live), target=B, now=30).state.progressed_at == stamp(30)


def test_the_deadline_waits_for_a_controller_that_has_not_looked():
    decision = decide(going(), seen(deployment(B, settled=False, ready=0)), target=B, now=3600)
    assert (decision.state.state, decision.wake_at) == ("Progressing", None)


def test_a_clock_that_was_set_back_fails_nothing():
    assert decide(going(progressed_at=stamp(500)), seen(MIDWAY), target=B, now=30).state.state == "Progressing"
