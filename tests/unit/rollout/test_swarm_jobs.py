"""Swarm's jobs. Each test names the rule in docs/tasks-swarm.md that it shows."""

from __future__ import annotations

import pytest
from swarm_cases import announced, world
from tests.support.tasksim import Fate, SimNode, World

from wharfinger.api.tasks import RestartPolicy, TasksBlock
from wharfinger.rollout.tasks.task import Place

WORKS = Fate(runs=5, exit_code=0)
FAILS = Fate(runs=1, exit_code=3)


def job(*, scheduling: str = "replicated-job", max_concurrent: int | None = None, **settings) -> World:
    """A job, of which nothing ran yet."""
    restart = settings.pop("restart", RestartPolicy())
    block = TasksBlock(scheduling=scheduling, max_concurrent=max_concurrent, restart=restart)
    return world(block=block, settled=False, **{"fates": {"v1": WORKS, "v2": WORKS}, **settings})


def counts(made: World) -> tuple[int, int, int]:
    """Desired, complete, failed."""
    assert made.status is not None
    return made.status.counts.desired, made.status.counts.complete, made.status.counts.failed


def test_j1_a_replicated_job_runs_slots_from_0_to_their_end_once():
    made = job()
    made.run(100)
    assert [each.start.place.slot for each in made.tasks] == [0, 1, 2]
    assert counts(made) == (3, 3, 0)
    assert made.rollout is not None
    assert (made.rollout.state, made.rollout.last_good_revision) == ("Completed", 1)
    assert made.decisions[-1][1].complete
    assert announced(made) == ["JobCompleted"]


@pytest.mark.parametrize(("limit", "expected"), [(None, 10), (0, 10), (1, 1), (4, 4)])
def test_j2_no_more_than_max_concurrent_run_at_a_time(limit, expected):
    made = job(replicas=10, max_concurrent=limit)
    most = 0

    def watch(now: World) -> None:
        nonlocal most
        most = max(most, len(now.live()))

    made.watcher = watch
    made.run(200)
    assert most == expected
    assert counts(made) == (10, 10, 0)


def test_j2_a_slot_that_waits_for_its_restart_holds_its_turn():
    made = job(replicas=2, max_concurrent=1, fates=lambda _, number: FAILS if number == 1 else WORKS)
    made.run(100)
    assert [each.start.place.slot for each in made.tasks] == [0, 0, 1]


def test_j3_a_slot_whose_task_fails_gets_another_one():
    made = job(replicas=1, fates=lambda _, number: FAILS if number < 4 else WORKS)
    made.run(100)
    assert [each.start.cause for each in made.tasks] == ["job", "restart", "restart", "restart"]
    assert counts(made) == (1, 1, 0)


@pytest.mark.parametrize("restart", [RestartPolicy(condition="none"), RestartPolicy(max_attempts=2, delay="1s")])
def test_j4_a_job_whose_slots_stay_failed_has_failed_and_says_so(restart):
    made = job(replicas=3, restart=restart, fates=lambda start, _: FAILS if start.place.slot == 1 else WORKS)
    made.run(1000)
    assert counts(made) == (3, 2, 1)
    assert made.rollout is not None
    assert (made.rollout.state, made.rollout.failed_revision) == ("Failed", 1)
    assert len(made.of(Place(slot=1))) == restart.max_attempts + 1
    decision = made.decisions[-1][1]
    assert (decision.complete, decision.dead) == (False, {Place(slot=1)})
    assert decision.waiting_for == (
        "a redeployment: the restart policy leaves it at the failure of slot 1 (exit code 3)"
    )
    assert announced(made) == ["JobFailed"]


def test_j4_a_failed_slot_does_not_hold_up_the_others():
    made = job(
        replicas=3,
        max_concurrent=1,
        restart=RestartPolicy(condition="none"),
        fates=lambda start, _: FAILS if start.place.slot == 0 else WORKS,
    )
    made.run(100)
    assert counts(made) == (3, 2, 1)


def test_j4_a_slot_whose_task_vanished_is_refilled():
    made = job(replicas=2)
    made.run(2)
    made.vanish(made.tasks[0])
    made.run(100)
    assert [each.start.place.slot for each in made.tasks] == [0, 1, 0]
    assert counts(made) == (2, 2, 0)


@pytest.mark.parametrize("how", ["generation", "annotation", "revision"])
def test_j1_every_redeployment_runs_it_anew(how):
    made = job()
    made.run(100)
    if how == "annotation":
        made.resumed = "again"
    else:
        made.redeploy(**({"wish": "v2"} if how == "revision" else {}))
    made.run(100)
    assert [each.start.iteration for each in made.tasks] == [1, 1, 1, 2, 2, 2]
    assert announced(made) == ["JobCompleted", "JobStarted", "JobCompleted"]


def test_j1_what_an_earlier_iteration_left_is_removed():
    made = job(fates={"v1": Fate(), "v2": WORKS})
    made.run(10)
    made.redeploy(wish="v2")
    made.run(100)
    assert [each.reason for each in made.tasks] == ["removed"] * 3 + [None] * 3
    assert counts(made) == (3, 3, 0)


def test_j1_nothing_runs_again_by_itself():
    made = job()
    made.run(100)
    made.run(100_000)
    assert len(made.tasks) == 3


def test_a_pause_holds_the_next_run_back():
    made = job(paused=True)
    made.run(50)
    assert made.tasks == []
    assert made.rollout is not None
    assert made.rollout.state == "Paused"
    made.paused = False
    made.run(50)
    assert counts(made) == (3, 3, 0)
    made.paused = True
    made.redeploy()
    made.run(50)
    assert len(made.tasks) == 3
    assert made.rollout.state == "Paused"
    made.paused = False
    made.run(50)
    assert len(made.tasks) == 6


def test_j5_a_global_job_runs_once_on_each_node_that_fits_those_too_that_join_later():
    made = job(scheduling="global-job")
    made.run(50)
    assert counts(made) == (3, 3, 0)
    made.nodes += [SimNode(name="node-3"), SimNode(name="node-4", cordoned=True), SimNode(name="node-5", fits=False)]
    made.run(50)
    assert sorted(each.start.place.label for each in made.tasks) == [f"node-{n}" for n in range(4)]
    assert made.rollout is not None
    assert made.rollout.state == "Completed"
    made.node("node-4").cordoned = False
    made.run(50)
    assert counts(made) == (5, 5, 0)


def test_j5_a_global_job_does_not_wait_for_a_node_that_is_lost():
    made = job(scheduling="global-job", fates={"v1": Fate(runs=50, exit_code=0)})
    made.run(10)
    made.lose("node-1")
    made.run(100)
    assert counts(made) == (2, 2, 0)
    assert [each.reason for each in made.tasks] == [None, "node-gone", None]


def test_j3_a_task_on_a_drained_node_runs_again_elsewhere():
    made = job(fates={"v1": Fate(runs=50, exit_code=0)})
    made.run(10)
    made.node("node-1").drained = True
    made.run(200)
    assert counts(made) == (3, 3, 0)
    assert [each.reason for each in made.tasks] == [None, "node-drained", None, None]


def test_a_job_of_no_tasks_is_complete():
    made = job(replicas=0)
    made.run(10)
    assert made.decisions[-1][1].complete
    assert made.rollout is not None
    assert made.rollout.last_good_revision is None
