"""The throttle of tasks that never run. Source: developer guide, "Amazon ECS service throttle logic"."""

from __future__ import annotations

from itertools import pairwise

import pytest
from ecs_cases import CHECKED, CRASHES, NO_PULL, deploy, last, policy, primary, service, steps, task, told
from tests.support.tasksim import Fate, World, at

from wharfinger.rollout.tasks.ecs import decide
from wharfinger.rollout.tasks.ecs.throttle import Throttle, throttled


def unable(made: float, ended: float, **fields):
    """A task that went from PENDING to STOPPED."""
    never = {"started_at": None, "running_at": None, "stop_code": "TaskFailedToStart", "state": "rejected"}
    return task(f"at-{made}", created_at=at(made), finished_at=at(ended), **never | fields)


def test_the_wait_doubles_up_to_15_minutes_and_never_ends():
    world = World(decide=decide, block=policy(), replicas=2, fates={"v1": NO_PULL})
    world.run(24 * 3600)
    starts = [when for when, _, _ in steps(world, since=0)]
    waits = [round(after - before - 2) for before, after in pairwise(starts)]
    assert waits[:9] == [10, 20, 40, 80, 160, 320, 640, 900, 900]
    assert set(waits[9:]) == {900}
    assert 24 * 3600 - starts[-1] < 1000
    assert primary(world).rollout_state == "IN_PROGRESS"


def test_it_is_told_once_and_says_until_when():
    world = World(decide=decide, block=policy(), replicas=2, fates={"v1": NO_PULL})
    world.run(300)
    text = "(service web) is unable to consistently start tasks successfully."
    assert [note for reason, note in told(world) if reason == "ServiceTaskStartImpaired"] == [text]
    assert last(world).waiting_for.startswith("the throttle, until 2026-01-01T00:05:20Z")
    assert last(world).wake_at == at(320)


def test_tasks_that_fail_together_wait_once():
    both = (unable(0, 2), unable(1, 3))
    armed = throttled(both, Throttle(), at(5))
    assert armed == Throttle(seconds=10, until=at(13))
    assert throttled((*both, unable(2, 9)), armed, at(10)) == armed


def test_the_next_round_waits_twice_as_long():
    armed = Throttle(seconds=10, until=at(13))
    assert throttled((unable(0, 2), unable(13, 15)), armed, at(16)) == Throttle(seconds=20, until=at(35))


def test_it_asks_again_and_answers_the_same():
    armed = throttled((unable(0, 2),), Throttle(), at(5))
    assert throttled((unable(0, 2),), armed, at(5)) == armed
    assert throttled((unable(0, 2),), armed, at(5000)) == armed


def test_a_task_that_runs_ends_it():
    armed = Throttle(seconds=640, until=at(900))
    assert throttled((task("t", age=50),), armed, at(1000)) == Throttle()


def test_tasks_that_reached_running_never_throttle():
    world = deploy(service(), CRASHES)
    world.run(600)
    assert primary(world).throttle == 0
    assert len([each for each in world.tasks if each.start.revision.hash == "v2"]) > 300


def test_tasks_that_somebody_stopped_do_not_throttle():
    assert throttled((unable(0, 2, stop_code="UserInitiated"),), Throttle(), at(5)) == Throttle()
    assert throttled((unable(0, 2, stop_reason="scale-in"),), Throttle(), at(5)) == Throttle()


@pytest.mark.parametrize("fate", [CHECKED, Fate()])
def test_a_new_revision_starts_at_once(fate):
    world = World(decide=decide, block=policy(), replicas=2, fates={"v1": NO_PULL})
    world.run(2000)
    assert primary(world).throttle == 900
    deploy(world, fate)
    world.run(120)
    assert (primary(world).rollout_state, primary(world).throttle) == ("COMPLETED", 0)
    assert len(world.running("v2")) == 2


def test_the_old_revision_is_not_held_back_by_the_new_one():
    world = deploy(service(fate=CHECKED), NO_PULL)
    world.run(1000)
    assert primary(world).throttle == 640
    world.kill(world.running("v1")[0])
    world.run(30)
    assert len(world.running("v1")) == 4
