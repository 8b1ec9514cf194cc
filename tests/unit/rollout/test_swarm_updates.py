"""Swarm's updates. Each test names the rule in docs/tasks-swarm.md (U1, U2, ...) that it shows."""

from __future__ import annotations

import itertools

import pytest
from swarm_cases import CRASHES, NO_IMAGE, V2, announced, situation, states, stops, task, update, world
from tests.support.tasksim import Fate, World, at

from wharfinger.api.tasks import Placement, RestartPolicy, SpreadPreference, TasksBlock, UpdatePolicy
from wharfinger.rollout.tasks.swarm import decide
from wharfinger.rollout.tasks.task import Place

ORDERS = pytest.mark.parametrize("order", ["stop-first", "start-first"])


def in_hand(made: World) -> int:
    """Slots of which the update stopped the task, or whose new one does not run yet."""
    slots = {each.start.place for each in made.tasks}
    return sum(_in_hand(made, place) for place in slots)


def _in_hand(made: World, place: Place) -> bool:
    wanted = made.wanted(place)
    return len(wanted) != 1 or not (wanted[0].running is not None and wanted[0].running <= made.now)


def test_d1_defaults_are_swarms():
    policy = UpdatePolicy()
    assert (policy.parallelism, policy.delay, policy.failure_action) == (1, "0s", "pause")
    assert (policy.monitor, policy.max_failure_ratio, policy.order) == ("5s", 0, "stop-first")
    restart = RestartPolicy()
    assert (restart.condition, restart.delay, restart.max_attempts, restart.window) == ("any", "5s", 0, "0s")
    assert TasksBlock().history == 5


@ORDERS
def test_u2_an_update_goes_from_updating_to_completed_with_all_slots_on_the_new_revision(order):
    made = world(update=UpdatePolicy(order=order))
    made.redeploy(wish="v2")
    made.run(120)
    assert states(made) == ["updating", "completed"]
    assert len(made.running("v2")) == 3
    assert made.rollout is not None
    assert (made.rollout.state, made.rollout.last_good_revision) == ("Completed", 2)
    assert (update(made).message, update(made).slots) == ("update completed", 3)
    assert update(made).started_at is not None
    assert update(made).completed_at is not None
    assert announced(made) == ["RolloutCompleted", "UpdateStarted", "UpdateCompleted"]
    assert made.decisions[-1][1].complete


def test_u1_a_new_service_has_no_update_status():
    made = world()
    assert made.status is not None
    assert made.status.update is None
    assert made.rollout is not None
    assert (made.rollout.state, made.rollout.last_good_revision) == ("Completed", 1)
    assert [each.start.cause for each in made.tasks] == ["create"] * 3


@pytest.mark.parametrize(
    "change",
    [
        {"replicas": 5},
        {"block": TasksBlock(update=UpdatePolicy(parallelism=7))},
        {"block": TasksBlock(service_labels={"tier": "front"})},
        {"block": TasksBlock(placement=Placement(preferences=[SpreadPreference(spread="node.labels.zone")]))},
    ],
    ids=["replicas", "update policy", "labels", "placement"],
)
def test_u1_what_is_not_dirtying_restarts_nothing(change):
    made = world()
    before = made.running()
    made.redeploy(**change)
    made.run(60)
    assert all(each in made.running() for each in before)
    assert made.status is not None
    assert made.status.update is None
    assert made.decisions[-1][1].complete


def test_u1_a_placement_change_moves_misfits_only_at_once_and_outside_of_the_update():
    made = world(restart=RestartPolicy(delay="0s"))
    kept = [each for each in made.running() if each.node is not made.node("node-1")]
    made.node("node-1").fits = False
    made.redeploy()
    made.run(60)
    assert [each for each in made.running() if each in kept] == kept
    assert len(made.running()) == 3
    assert {each.node.name for each in made.running() if each.node} == {"node-0", "node-2"}
    assert [each.reason for each in made.tasks if each.reason] == ["constraint"]
    assert made.status is not None
    assert made.status.update is None


def test_u1_a_slot_with_two_tasks_is_dirty_and_keeps_the_right_one():
    found = situation(task("a"), task("b", revision="v2", created_at=at(5)), target=V2)
    assert stops(decide(found)) == [("a", "update")]


def test_u2_nothing_happens_while_it_is_paused_by_a_failure():
    made = world(fates={"v2": NO_IMAGE}, restart=RestartPolicy(condition="none"))
    made.redeploy(wish="v2")
    made.run(120)
    assert update(made).state == "paused"
    count = len(made.tasks)
    made.run(10_000)
    assert len(made.tasks) == count
    assert len(made.running("v1")) == 2


@pytest.mark.parametrize(("parallelism", "expected"), [(1, 1), (2, 2), (5, 5), (0, 10)])
@ORDERS
def test_u3_so_many_slots_are_in_hand_at_a_time_and_0_means_all(order, parallelism, expected):
    made = world(replicas=10, update=UpdatePolicy(order=order, parallelism=parallelism))
    most = 0

    def watch(now: World) -> None:
        nonlocal most
        most = max(most, in_hand(now))

    made.watcher = watch
    made.redeploy(wish="v2")
    made.run(300)
    assert most == expected
    assert update(made).state == "completed"


def test_u3_each_worker_sleeps_by_itself_and_waits_for_no_batch():
    """Slots 1 and 2 start together, 1 is slow: slot 3 follows 2 while 1 is still on its way."""
    slow = {"1": 100.0}
    made = world(
        replicas=3,
        update=UpdatePolicy(parallelism=2, delay="10s"),
        fates=lambda start, _: Fate(start=slow.get(start.place.label, 1) if start.revision.hash == "v2" else 1),
    )
    made.redeploy(wish="v2")
    made.run(60)
    new = {each.start.place.label: each for each in made.tasks if each.start.revision.hash == "v2"}
    second, third = new["2"], new["3"]
    assert second.running is not None
    assert third.created - second.running == pytest.approx(11)  # the delay, and the second that the old one takes to go
    assert new["1"].running is not None
    assert new["1"].running > third.created


def test_u3_the_delay_holds_between_the_slots_of_a_worker():
    made = world(update=UpdatePolicy(delay="20s"))
    made.redeploy(wish="v2")
    made.run(200)
    new = [each for each in made.tasks if each.start.revision.hash == "v2"]
    gaps = [later.created - (sooner.running or 0) for sooner, later in itertools.pairwise(new)]
    assert gaps == [pytest.approx(21), pytest.approx(21)]


def test_u3_stop_first_starts_the_new_task_when_the_old_one_is_gone():
    made = world(replicas=1, fates={"v1": Fate(stops=30)})
    made.redeploy(wish="v2")
    made.run(100)
    old, new = made.tasks
    assert (old.stopped, old.reason) == (30, "update")
    assert new.created == pytest.approx(60)


def test_u3_stop_first_waits_a_minute_at_most():
    made = world(replicas=1, fates={"v1": Fate(stops=600)})
    made.redeploy(wish="v2")
    made.run(100)
    old, new = made.tasks
    assert old.stopped == 30
    assert new.created == pytest.approx(90)
    assert update(made).state == "completed"


def test_u3_stop_first_does_not_wait_for_a_lost_node():
    made = world(replicas=1, fates={"v1": Fate(stops=600)})
    made.redeploy(wish="v2")
    made.run(5)
    made.lose("node-0")
    made.run(5)
    assert [each.created for each in made.tasks[1:]] == [pytest.approx(35)]


def test_u3_start_first_stops_the_old_task_when_the_new_one_runs():
    made = world(
        replicas=1, update=UpdatePolicy(order="start-first"), fates={"v2": Fate(start=3, health=7, checked=True)}
    )
    made.redeploy(wish="v2")
    made.run(100)
    old, new = made.tasks
    assert new.created == 30
    assert old.stopped == pytest.approx(40)


def test_u3_start_first_keeps_the_old_task_if_the_new_one_never_runs():
    made = world(replicas=1, update=UpdatePolicy(order="start-first"), fates={"v2": NO_IMAGE})
    made.redeploy(wish="v2")
    made.run(1000)
    assert made.tasks[0].stopped is None
    assert len(made.running("v1")) == 1
    assert update(made).state == "paused"


def test_u3_there_is_no_time_limit_on_the_way_to_running():
    made = world(fates={"v2": Fate(start=None)})
    made.redeploy(wish="v2")
    made.run(100_000)
    assert update(made).state == "updating"
    assert len(made.running("v1")) == 2
    assert made.decisions[-1][1].waiting_for == "the new task of slot 1 to run (3 slots are left)"


def test_u6_the_update_is_completed_one_monitor_period_after_the_last_slot():
    made = world(replicas=1, update=UpdatePolicy(monitor="40s"))
    made.redeploy(wish="v2")
    made.run(41)
    assert update(made).state == "updating"
    assert made.tasks[-1].running == pytest.approx(32)
    assert made.decisions[-1][1].waiting_for.startswith("the monitor period")
    made.run(2)
    assert update(made).state == "completed"
    assert update(made).completed_at == "2026-01-01T00:01:12Z"


def test_u6_a_delay_no_shorter_than_the_monitor_makes_it_delay_and_a_second():
    """The worker sleeps its delay after the last slot too, and then all are watched for that long and a second."""
    made = world(replicas=1, update=UpdatePolicy(monitor="5s", delay="20s"))
    made.redeploy(wish="v2")
    made.run(600)
    assert update(made).completed_at == "2026-01-01T00:01:13Z"  # 30 s + stop, start, 20 s of delay, 21 s of watch


def test_d2_a_monitor_of_0_is_5_seconds():
    made = world(replicas=1, update=UpdatePolicy(monitor="0s"))
    made.redeploy(wish="v2")
    made.run(600)
    assert update(made).completed_at == "2026-01-01T00:00:37Z"


def test_u8_another_spec_cancels_the_update_that_runs():
    made = world(fates={"v2": Fate(start=None)})
    made.redeploy(wish="v2")
    made.run(50)
    made.redeploy(wish="v3")
    made.run(100)
    assert (update(made).state, update(made).revision, update(made).slots) == ("completed", 3, 3)
    assert len(made.running("v3")) == 3


@pytest.mark.parametrize("how", ["generation", "annotation"])
def test_u8_redeploying_the_same_thing_resumes(how):
    broken = {"v2": CRASHES}
    made = world(fates=lambda start, _: broken.get(start.revision.hash, Fate()))
    made.redeploy(wish="v2")
    made.run(100)
    assert update(made).state == "paused"
    broken.clear()
    if how == "generation":
        made.redeploy()
    else:
        made.resumed = "2026-01-01T00:00:00Z"
    made.run(200)
    assert states(made) == ["updating", "paused", "updating", "completed"]
    assert len(made.running("v2")) == 3


def test_u8_a_changed_number_of_tasks_alone_does_not_resume():
    """Here it differs from Swarm: an autoscaler must not take back what a failure stopped."""
    made = world(fates={"v2": CRASHES})
    made.redeploy(wish="v2")
    made.run(100)
    made.redeploy(replicas=6)
    made.run(100)
    assert states(made) == ["updating", "paused"]
    assert len({each.start.place for each in made.tasks}) == 6


def test_a_pause_holds_the_update_and_dead_tasks_come_back_with_the_revision_of_their_slot():
    made = world()
    made.paused = True
    made.redeploy(wish="v2")
    made.run(50)
    assert made.rollout is not None
    assert made.rollout.state == "Paused"
    made.kill(made.running()[0])
    made.run(50)
    assert len(made.running("v1")) == 3
    made.paused = False
    made.run(100)
    assert len(made.running("v2")) == 3
    assert made.rollout.state == "Completed"


def test_a_pause_in_the_middle_lets_workers_end_what_they_began():
    made = world(fates={"v1": Fate(stops=10)})
    made.redeploy(wish="v2")
    made.run(5)
    made.paused = True
    made.run(100)
    assert (len(made.running("v1")), len(made.running("v2"))) == (2, 1)
    assert made.decisions[-1][1].waiting_for == "the annotation wharfinger.dev/paused to be removed"
    made.paused = False
    made.run(100)
    assert len(made.running("v2")) == 3


def test_while_it_updates_a_task_that_dies_comes_back_with_the_new_revision():
    """restart.go makes the new task of the service's spec."""
    made = world(fates={"v2": Fate(start=50)})
    made.redeploy(wish="v2")
    made.run(5)
    third = made.wanted(Place(slot=3))[0]
    made.kill(third)
    made.run(10)
    assert [each.start.revision.hash for each in made.wanted(Place(slot=3))] == ["v2"]
    assert made.wanted(Place(slot=3))[0].start.cause == "restart"


def test_u4_a_task_that_the_supervisor_made_is_not_watched():
    """Slot 1's own task runs well; it is killed long after, and its replacement crashes at once: no failure."""
    crashing = False

    def fate(start, _):
        return CRASHES if crashing and start.cause == "restart" else Fate(start=20)

    made = world(replicas=2, fates=fate, update=UpdatePolicy(delay="60s"))
    made.redeploy(wish="v2")
    made.run(60)
    crashing = True
    made.kill(made.wanted(Place(slot=1))[0])
    made.run(20)
    assert len([each for each in made.tasks if each.start.cause == "restart"]) > 1
    assert update(made).failures == 0
    assert update(made).state == "updating"
