"""The gate, rule by rule. Revisions A (1), B (2), C (3); A is the good one, B the one that is asked for."""

from __future__ import annotations

import pytest
from rollout_objects import (
    A,
    B,
    C,
    History,
    at,
    bad_image,
    crashing,
    cronjob,
    daemonset,
    decide,
    deployment,
    ended,
    pod,
    running,
    seen,
    stamp,
    state,
    statefulset,
    waiting,
)

from wharfinger.api.containerworkload import Rollout

ROLLBACK = Rollout(progress_deadline="60s", restart_limit=3)
PAUSE = Rollout(progress_deadline="60s", on_failure="pause")
CONTINUE = Rollout(progress_deadline="60s", on_failure="continue")

MIDWAY = deployment(B, replicas=4, updated=1, ready=3)
STUCK_POD = pod("web-b", B, ready=False, phase="Pending", containers=[bad_image()])
FIRST_TRY = deployment(B, replicas=3, updated=3, ready=0)


def going(**fields: object):
    """B on its way, as `MIDWAY` shows it, since T0."""
    return state(
        "Progressing", target=B, **{"last_good_revision": 1, "progress": "updated=1 ready=0 available=3 old=3"} | fields
    )


def rolled_back(**fields: object):
    return state(
        "RolledBack", target=B, run=A, **{"last_good_revision": 1, "failed_revision": 2, "message": "why"} | fields
    )


def reasons(decision) -> list[str]:
    return [announcement.reason for announcement in decision.announce]


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
