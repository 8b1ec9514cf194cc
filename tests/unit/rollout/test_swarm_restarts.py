"""Swarm's restart supervisor. Each test names the rule in docs/tasks-swarm.md that it shows."""

from __future__ import annotations

import pytest
from swarm_cases import CRASHES, announced, ended, situation, starts, stops, task, update, world
from tests.support.tasksim import Fate, World, at

from wharfinger.api.tasks import RestartPolicy, TasksBlock, UpdatePolicy
from wharfinger.rollout.tasks import restart
from wharfinger.rollout.tasks.swarm import decide
from wharfinger.rollout.tasks.task import Place


def test_r1_a_new_task_comes_in_the_same_slot_and_none_is_restarted_in_place():
    made = world(replicas=1, restart=RestartPolicy(delay="5s"))
    made.kill(made.running()[0])
    made.run(20)
    first, second = made.tasks
    assert (second.start.place, second.start.cause) == (first.start.place, "restart")
    assert second.created - 30 == pytest.approx(5)
    assert "TaskRestarted" in announced(made)


@pytest.mark.parametrize(
    ("condition", "exit_code", "expected"),
    [
        ("none", 0, False),
        ("none", 1, False),
        ("on-failure", 0, False),
        ("on-failure", 1, True),
        ("any", 0, True),
        ("any", 1, True),
    ],
)
def test_r2_the_condition_says_whether(condition, exit_code, expected):
    made = world(
        replicas=1,
        restart=RestartPolicy(condition=condition),
        fates=lambda _, number: Fate(runs=40, exit_code=exit_code) if number == 1 else Fate(),
    )
    made.run(100)
    assert bool(made.running()) is expected


@pytest.mark.parametrize("condition", ["any", "on-failure"])
def test_r2_a_job_takes_any_as_on_failure(condition):
    done = ended("a", 50, state="complete")
    assert not restart.should_restart(RestartPolicy(condition=condition), done, [done], job=True)
    assert restart.should_restart(RestartPolicy(condition="any"), done, [done])


def test_r3_the_delay_runs_from_the_failure_and_is_always_the_same():
    made = world(replicas=1, restart=RestartPolicy(delay="7s"), fates={"v1": CRASHES})
    made.run(100)
    gaps = [later.created - (sooner.end or 0) for sooner, later in zip(made.tasks, made.tasks[1:], strict=False)]
    assert len(gaps) > 5
    assert gaps == [pytest.approx(7)] * len(gaps)


def test_r3_a_delay_of_0_is_honoured():
    found = decide(situation(ended("a", 100), restart=RestartPolicy(delay="0s")))
    assert starts(found) == [("1", "v1", "restart")]


def test_r3_before_the_delay_is_over_nothing_starts_and_it_asks_to_be_woken():
    found = decide(situation(ended("a", 98), restart=RestartPolicy(delay="5s")))
    assert starts(found) == []
    assert found.wake_at == at(103)
    assert found.waiting_for == "the restart delay of slot 1, until 2026-01-01T00:01:43Z"


def test_r3_the_delay_is_not_applied_on_a_drained_node():
    made = world(replicas=3, restart=RestartPolicy(delay="60s"))
    moved = [each for each in made.running() if each.node is made.node("node-1")]
    made.node("node-1").drained = True
    made.run(10)
    assert [each.reason for each in moved] == ["node-drained"]
    assert len(made.running()) == 3
    assert made.tasks[-1].created == pytest.approx(31)  # when the old one was gone


def test_r3_on_a_lost_node_it_is_and_the_old_task_is_not_waited_for():
    made = world(replicas=3, restart=RestartPolicy(delay="60s"))
    made.lose("node-1")
    made.run(59)
    assert len(made.running()) == 2
    made.run(10)
    assert len(made.running()) == 3


def test_r2_with_none_a_task_of_a_drained_node_is_not_replaced():
    made = world(replicas=3, restart=RestartPolicy(condition="none"))
    made.node("node-1").drained = True
    made.run(100)
    assert len(made.running()) == 2
    assert made.decisions[-1][1].dead == {Place(slot=2)}


@pytest.mark.parametrize("attempts", [1, 2, 7])
def test_r4_so_many_restarts_a_slot_and_no_more(attempts):
    made = world(replicas=2, restart=RestartPolicy(max_attempts=attempts, delay="1s"), fates={"v1": CRASHES})
    made.run(1000)
    assert [len(made.of(Place(slot=slot))) for slot in (1, 2)] == [attempts + 1] * 2
    assert made.status is not None
    assert made.status.counts.failed == 2


def restarts(*moments: float, iteration: int = 1):
    """Tasks of the supervisor that ended a second after they were made, and the last one, which ended at 100."""
    return [
        ended(f"r{moment}", moment + 1, cause="restart", created_at=at(moment), iteration=iteration)
        for moment in moments
    ]


@pytest.mark.parametrize(
    ("window", "made_at", "expected"),
    [
        ("0s", [10, 20, 80], False),
        ("50s", [10, 20, 80], True),
        ("50s", [51, 60, 80], False),
        ("50s", [50, 60, 80], True),  # strictly within
        ("1h", [10, 20, 80], False),
    ],
)
def test_r4_window_looks_back_from_the_failure(window, made_at, expected):
    """It is not how long a task must run to count as restarted well, as the Compose file's documentation has it."""
    last = ended("z", 100, created_at=at(1), iteration=1)
    policy = RestartPolicy(max_attempts=3, window=window)
    assert restart.should_restart(policy, last, [*restarts(*made_at), last]) is expected


def test_r4_a_new_iteration_counts_anew():
    policy = RestartPolicy(max_attempts=2)
    last = ended("z", 100, cause="update", iteration=2)
    assert restart.should_restart(policy, last, [*restarts(10, 20), last])
    old = ended("z", 100, cause="restart", iteration=1)
    assert not restart.should_restart(policy, old, [*restarts(10), old])


def test_r5_as_many_records_are_asked_for_as_are_counted():
    tasks = restarts(*range(10, 20))
    block = TasksBlock(restart=RestartPolicy(max_attempts=3))
    assert list(restart.counted(block, [tasks])) == [each.id for each in tasks[-4:]]
    assert list(restart.counted(TasksBlock(), [tasks])) == []


def test_r5_with_a_history_of_1_restarts_are_counted_all_the_same():
    block = TasksBlock(history=1, restart=RestartPolicy(max_attempts=4, delay="1s"))
    made = world(replicas=1, block=block, fates={"v1": CRASHES})
    made.run(1000)
    assert len(made.tasks) == 5


def test_r6_a_dead_slot_counts_as_converged_and_the_next_update_replaces_it():
    made = world(
        replicas=2,
        restart=RestartPolicy(condition="none"),
        fates=lambda start, number: Fate(runs=10) if number == 1 else Fate(),
    )
    assert made.decisions[-1][1].dead == {Place(slot=1)}
    assert made.decisions[-1][1].complete
    made.redeploy()
    made.run(100)
    assert len(made.running()) == 1  # the same spec again dirties nothing
    made.redeploy(wish="v2")
    made.run(100)
    assert len(made.running("v2")) == 2
    assert update(made).state == "completed"


def test_r6_a_rollback_gives_dead_slots_a_task_at_once_past_the_updater():
    made = world(
        replicas=3,
        restart=RestartPolicy(condition="none"),
        update=UpdatePolicy(failure_action="rollback", parallelism=2, delay="60s"),
        rollback_policies={"v1": UpdatePolicy(delay="60s")},
        fates=lambda start, number: CRASHES if start.revision.hash == "v2" or number == 3 else Fate(),
    )
    assert made.decisions[-1][1].dead == {Place(slot=3)}
    made.redeploy(wish="v2")
    made.run(20)
    assert update(made).state == "rollback_started"
    assert [(each.start.place.slot, each.start.cause) for each in made.tasks[-2:]] == [(3, "replace"), (1, "rollback")]
    made.run(200)
    assert update(made).state == "rollback_completed"
    assert len(made.running("v1")) == 3
    assert made.decisions[-1][1].dead == set()


def test_r1_a_task_that_fails_while_its_slot_is_updated_is_replaced_by_the_supervisor_not_by_the_updater():
    made = world(
        replicas=1,
        update=UpdatePolicy(failure_action="continue"),
        fates=lambda start, _: CRASHES if start.cause == "update" else Fate(),
    )
    made.redeploy(wish="v2")
    made.run(100)
    assert [each.start.cause for each in made.tasks] == ["create", "update", "restart"]
    assert len(made.running("v2")) == 1


def test_r1_start_first_a_new_task_that_failed_is_replaced_beside_the_old_one():
    made = world(
        replicas=1,
        update=UpdatePolicy(failure_action="continue", order="start-first"),
        fates=lambda start, _: Fate(start=None, rejected=2) if start.cause == "update" else Fate(),
    )
    made.redeploy(wish="v2")
    made.run(6)
    assert len(made.running("v1")) == 1
    made.run(100)
    assert [each.start.cause for each in made.tasks] == ["create", "update", "restart"]
    assert made.tasks[0].reason == "update"
    assert len(made.running("v2")) == 1


def test_a_vanished_task_is_replaced():
    made = world()
    made.vanish(made.running()[1])
    made.run(20)
    assert len(made.running()) == 3
    assert len({each.start.place for each in made.running()}) == 3


def test_what_a_rejected_task_leaves_is_not_waited_for():
    """The constraint enforcer sets REJECTED, so that the supervisor does not wait for the old task to stop."""
    made = world(replicas=1, restart=RestartPolicy(delay="5s"), fates={"v1": Fate(stops=50)})
    made.node("node-0").fits = False
    made.run(10)
    assert [each.created for each in made.tasks] == [0, pytest.approx(35)]


def test_nothing_is_told_twice_to_stop():
    first = decide(situation(task("a", misfit=True)))
    assert stops(first) == [("a", "constraint")]
    told = task("a", misfit=True, stopping_at=at(100), stop_reason="constraint")
    assert stops(decide(situation(told))) == []


def test_an_empty_world_starts_what_is_asked_for():
    made = World(decide=decide, replicas=0)
    made.run(10)
    assert made.decisions[-1][1].complete
    assert made.rollout is not None
    assert made.rollout.last_good_revision is None  # no task, no proof
    made.redeploy(replicas=2)
    made.run(10)
    assert made.rollout.last_good_revision == 1
