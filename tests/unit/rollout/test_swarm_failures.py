"""Failures of an update, and what follows. Each test names the rule in docs/tasks-swarm.md that it shows."""

from __future__ import annotations

import itertools

import pytest
from swarm_cases import CRASHES, NO_IMAGE, V2, announced, ended, situation, states, update, world
from tests.support.tasksim import Fate, World, at

from wharfinger.api.status import RolloutStatus
from wharfinger.api.task_status import TasksStatus, UpdateStatus
from wharfinger.api.tasks import RestartPolicy, UpdatePolicy
from wharfinger.rollout.tasks.swarm import decide
from wharfinger.rollout.tasks.swarm.failures import exceeds
from wharfinger.rollout.tasks.task import Task

RUNS_ON = {"v2": Fate()}


def updating(*tasks: Task, now: float = 100, last_at: str | None = None, slots: int = 4, **policy: object):
    """An update to v2, iteration 2, in the middle."""
    return situation(
        *tasks,
        target=V2,
        update=UpdatePolicy(**policy),
        status=TasksStatus(
            iteration=2,
            generation=1,
            update=UpdateStatus(state="updating", revision=2, slots=slots, last_at=last_at),
        ),
        rollout=RolloutStatus(state="Progressing", revision=2, running_revision=2, last_good_revision=1),
        now=at(now),
    )


def failures(*tasks: Task, **changes: object) -> int:
    """How many failures are counted."""
    found = decide(updating(*tasks, max_failure_ratio=1, **changes)).status.update
    assert found is not None
    return found.failures


def own(name: str, ran_at: float | None, ended_at: float, **changes: object) -> Task:
    """A task that the update made itself."""
    given = {"revision": "v2", "iteration": 2, "cause": "update", "running_at": None if ran_at is None else at(ran_at)}
    return ended(name, ended_at, **{**given, "created_at": at(0), **changes})


def test_u4_a_task_that_never_ran_has_failed_however_long_it_took():
    assert failures(own("a", None, 90)) == 1


@pytest.mark.parametrize(("ran_for", "expected"), [(0, 1), (4.9, 1), (5, 1), (5.1, 0), (60, 0)])
def test_u4_a_task_that_ran_counts_if_it_did_so_no_longer_ago_than_monitor(ran_for, expected):
    assert failures(own("a", 20, 20 + ran_for)) == expected


@pytest.mark.parametrize("state", ["complete", "failed", "rejected", "shutdown"])
def test_u4_any_end_counts_also_one_with_exit_code_0(state):
    assert failures(own("a", 20, 21, state=state)) == 1


def test_u4_tasks_of_others_do_not_count():
    others = [
        own("a", 20, 21, cause="restart"),
        own("b", 20, 21, cause="scale", slot=2),
        own("c", 20, 21, iteration=1, slot=3),
        own("d", 20, 21, stop_reason="scale-in", stopping_at=at(20), slot=4),
    ]
    assert failures(*others) == 0


def test_u4_a_failure_counts_once_and_stays_counted():
    found = updating(own("a", 20, 21), own("b", 20, 22, slot=2), max_failure_ratio=1)
    first = decide(found)
    assert first.status.update is not None
    assert first.status.update.failures == 2
    again = decide(updating(own("a", 20, 21), own("b", 20, 22, slot=2), max_failure_ratio=1))
    assert again.status.update == first.status.update


def test_u4_the_ratio_is_of_the_slots_that_were_dirty_at_the_start_and_strict():
    borne, exceeded = (
        decide(updating(own("a", 20, 21), slots=slots, now=22, max_failure_ratio=0.25)).status.update
        for slots in (4, 3)
    )
    assert borne is not None
    assert exceeded is not None
    assert (borne.state, exceeded.state) == ("updating", "paused")


@pytest.mark.parametrize(
    ("count", "slots", "ratio", "expected"),
    [
        (0, 10, 0.0, False),
        (1, 10, 0.0, True),
        (1, 10, 0.1, False),
        (3, 10, 0.3, False),
        (7, 10, 0.7, False),
        (2, 3, 0.6666666, True),
        (2, 3, 0.66666667, False),
        (10, 10, 1.0, False),
    ],
)
def test_u4_the_ratio_is_computed_in_float32(count, slots, ratio, expected):
    """In float32, 2/3 and 0.66666667 are the same number."""
    assert exceeds(count, slots, ratio) is expected


def test_u4_float64_would_decide_otherwise():
    ratio = 0.66666666  # float32: 0.6666667, as 2/3 is
    assert ratio < 2 / 3
    assert not exceeds(2, 3, ratio)


def test_u6_failures_in_the_last_watch_count_for_as_long_as_it_lasts():
    """delay 20 s, monitor 5 s: the last watch is 21 s, and a task that ran for 20.5 s before its end then counts."""
    late = own("a", 40, 60.5)
    assert failures(late, delay="20s", last_at="2026-01-01T00:01:00Z") == 1
    assert failures(late, delay="20s") == 0


def test_u5_pause_stops_where_it_is_and_says_which_task_failed():
    made = world(fates={"v2": CRASHES})
    made.redeploy(wish="v2")
    made.run(100)
    assert states(made) == ["updating", "paused"]
    assert update(made).message == ("update paused due to failure or early termination of task t00004 (exit code 1)")
    assert len(made.running("v1")) == 1  # the worker took slot 2 when the task of slot 1 ran, before it failed
    assert made.rollout is not None
    assert (made.rollout.state, made.rollout.failed_revision, made.rollout.running_revision) == ("Paused", 2, 2)
    assert "UpdatePaused" in announced(made)
    assert made.decisions[-1][1].waiting_for.startswith("a redeployment or another spec: update paused")


def test_u5_rollback_goes_back_to_the_last_good_revision():
    made = world(fates={"v2": CRASHES}, update=UpdatePolicy(failure_action="rollback"))
    made.redeploy(wish="v2")
    made.run(200)
    assert states(made) == ["updating", "rollback_started", "rollback_completed"]
    assert len(made.running("v1")) == 3
    assert update(made).message == "rollback completed"
    assert made.rollout is not None
    assert (made.rollout.state, made.rollout.failed_revision, made.rollout.running_revision) == ("RolledBack", 2, 1)
    assert made.rollout.message is not None
    assert made.rollout.message.startswith("update rolled back due to failure or early termination of task")
    assert sum(decision.rolled_back for _, decision in made.decisions) == 1
    assert announced(made)[1:] == ["UpdateStarted", "RollbackStarted", "RollbackCompleted"]
    assert made.decisions[-1][1].waiting_for == "another spec: revision 2 failed"


def test_u5_last_good_is_what_was_complete_and_not_merely_what_was_before():
    """Here it differs from Swarm, whose PreviousSpec would be v2."""
    made = world(fates={"v2": CRASHES, "v3": CRASHES}, update=UpdatePolicy(failure_action="pause"))
    made.redeploy(wish="v2")
    made.run(100)
    assert update(made).state == "paused"
    made.redeploy(wish="v3", block=made.block.model_copy(update={"update": UpdatePolicy(failure_action="rollback")}))
    made.run(200)
    assert update(made).state == "rollback_completed"
    assert len(made.running("v1")) == 3


def test_u5_a_rollback_follows_the_policy_of_the_revision_that_is_restored():
    made = world(
        replicas=4,
        fates=lambda start, _: CRASHES if start.revision.hash == "v2" and start.place.slot == 1 else Fate(),
        update=UpdatePolicy(failure_action="rollback", parallelism=4),
        rollback_policies={"v1": UpdatePolicy(parallelism=1, delay="30s")},
    )
    made.redeploy(wish="v2")
    made.run(300)
    back = [each.created for each in made.tasks if each.start.cause == "rollback"]
    assert len(back) == 4
    assert all(later - sooner > 30 for sooner, later in itertools.pairwise(back))


@pytest.mark.parametrize("action", ["pause", "rollback"])
def test_u5_a_rollback_is_never_rolled_back(action):
    gone_bad = {"v2": CRASHES}
    made = world(
        fates=lambda start, _: gone_bad.get(start.revision.hash, Fate()),
        update=UpdatePolicy(failure_action="rollback"),
        rollback_policies={"v1": UpdatePolicy(failure_action=action)},
    )
    gone_bad["v1"] = CRASHES
    made.redeploy(wish="v2")
    made.run(300)
    assert states(made) == ["updating", "rollback_started", "rollback_paused"]
    assert update(made).message.startswith("rollback paused due to failure or early termination of task")
    assert made.rollout is not None
    assert made.rollout.state == "Failed"
    assert "RollbackPaused" in announced(made)


def test_u10_a_rollback_that_paused_stays_so():
    """Swarm's updater writes COMPLETED over it after the monitor period; we do not."""
    gone_bad = {"v2": CRASHES}
    made = world(
        fates=lambda start, _: gone_bad.get(start.revision.hash, Fate()),
        update=UpdatePolicy(failure_action="rollback"),
        rollback_policies={"v1": UpdatePolicy(failure_action="rollback")},
        restart=RestartPolicy(condition="none"),
    )
    gone_bad["v1"] = CRASHES
    made.redeploy(wish="v2")
    made.run(10_000)
    assert update(made).state == "rollback_paused"


def test_u5_without_a_last_good_revision_it_pauses_and_says_so():
    made = World(
        decide=decide,
        fates={"v1": Fate(start=None), "v2": CRASHES},
        block=world().block.model_copy(update={"update": UpdatePolicy(failure_action="rollback")}),
    )
    made.run(30)
    made.redeploy(wish="v2")
    made.run(100)
    assert update(made).state == "paused"
    assert update(made).message.endswith("there is no revision to roll back to: none was ever complete")


def test_u7_continue_never_watches_and_always_ends_completed():
    made = world(fates={"v2": CRASHES}, update=UpdatePolicy(failure_action="continue"))
    made.redeploy(wish="v2")
    made.run(300)
    assert states(made) == ["updating", "completed"]
    assert update(made).failures == 0
    assert not made.running("v1")
    assert made.rollout is not None
    assert made.rollout.last_good_revision == 1  # it never ran in full


def test_u8_a_manual_rollback_runs_until_the_pin_is_removed():
    made = world()
    made.redeploy(wish="v2")
    made.run(100)
    made.pin = "previous"
    made.run(3)
    assert (update(made).state, update(made).message) == ("rollback_started", "manually requested rollback")
    made.run(100)
    assert update(made).state == "rollback_completed"
    assert len(made.running("v1")) == 3
    assert made.decisions[-1][1].waiting_for == "the annotation wharfinger.dev/rollback-to to be removed"
    assert not any(decision.rolled_back for _, decision in made.decisions)
    made.pin = None
    made.run(100)
    assert len(made.running("v2")) == 3
    assert states(made) == ["updating", "completed", "rollback_started", "rollback_completed", "updating", "completed"]


def test_a_bad_image_goes_through_swarms_states_in_its_order():
    made = world(fates={"v2": NO_IMAGE}, update=UpdatePolicy(failure_action="rollback", parallelism=2))
    made.redeploy(wish="v2")
    made.run(300)
    assert states(made) == ["updating", "rollback_started", "rollback_completed"]
    assert {each.shown(made.now).state for each in made.tasks if each.start.revision.hash == "v2"} <= {
        "rejected",
        "shutdown",
    }


def test_a_start_first_rollback_keeps_the_old_tasks_that_still_run():
    made = world(fates={"v2": CRASHES}, update=UpdatePolicy(failure_action="rollback", order="start-first"))
    made.run(1)
    before = [each.id for each in made.running("v1")]
    made.redeploy(wish="v2")
    made.run(33, until=lambda now: now.status is not None and update(now).state == "rollback_started")
    made.run(100)
    kept = [each.id for each in made.running("v1")]
    assert len(kept) == 3
    assert "t00003" in set(kept) & set(before)


def test_an_unhealthy_task_is_ended_and_has_failed():
    """moby's agent ends a container that is unhealthy, and its task with it."""
    made = world(fates={"v2": Fate(checked=True, health=1, sickens=2)})
    made.redeploy(wish="v2")
    made.run(60)
    assert update(made).state == "paused"
    sick = [each for each in made.tasks if each.reason == "unhealthy"]
    assert sick


def test_tasks_that_the_policy_bears_do_not_stop_it():
    made = world(
        replicas=4,
        update=UpdatePolicy(max_failure_ratio=0.5),
        fates=lambda start, _: CRASHES if start.cause == "update" and start.place.slot in (1, 2) else Fate(),
    )
    made.redeploy(wish="v2")
    made.run(300)
    assert states(made) == ["updating", "completed"]
    assert update(made).failures == 2
    assert len(made.running("v2")) == 4
