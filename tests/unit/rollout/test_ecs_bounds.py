"""How many tasks there may and must be, by minimumHealthyPercent and maximumPercent.

Sources: ECS API reference, DeploymentConfiguration; developer guide, "Deploy Amazon ECS services by replacing tasks".
"""

from __future__ import annotations

from itertools import product

import pytest
from ecs_cases import CHECKED, V1, daemon, deploy, policy, primary, service, situation, steps, stopped, task, told
from tests.support.tasksim import Fate, at

from wharfinger.rollout.tasks.ecs import decide
from wharfinger.rollout.tasks.ecs.bounds import bounds

STUCK = (
    "(service web) was unable to stop or start tasks during a deployment because of the service deployment "
    "configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
)

MINIMA = (0, 25, 33, 50, 66, 75, 90, 100)
MAXIMA = (100, 110, 125, 133, 150, 175, 200)
DESIRED = range(1, 21)


def first_step(desired: int, least: int, most: int) -> tuple[int, int, str]:
    """(started, stopped, what it waits for) when v2 is asked for and `desired` healthy tasks run v1."""
    tasks = tuple(task(f"t{slot}", slot=slot) for slot in range(1, desired + 1))
    block = policy(minimum_healthy_percent=least, maximum_percent=most)
    decision = decide(situation(block, tasks, replicas=desired))
    return len(decision.start), len(decision.stop), decision.waiting_for


@pytest.mark.parametrize(
    ("desired", "least", "most", "start", "stop"),
    [
        (4, 50, 100, 0, 2),  # guide: four tasks at 50% may stop two
        (2, 75, 100, 0, 0),  # guide: two tasks at 75% may stop none
        (3, 100, 125, 0, 0),  # guide: three tasks at 125% may start none
        (4, 100, 200, 4, 0),  # API reference: four tasks at 200% may start four before stopping four
        (4, 100, 125, 1, 0),
        (3, 50, 150, 1, 1),  # floor(4.5) and ceil(1.5)
    ],
)
def test_the_guides_examples_for_the_first_step(desired, least, most, start, stop):
    assert first_step(desired, least, most)[:2] == (start, stop)


def test_all_1120_combinations_start_and_stop_what_the_bounds_allow_and_105_are_stuck():
    stuck = 0
    for desired, least, most in product(DESIRED, MINIMA, MAXIMA):
        start, stop, waits = first_step(desired, least, most)
        upper, lower = int(desired * most / 100), -int(-desired * least // 100)
        assert (start, stop) == (min(desired, upper - desired), desired - lower), (desired, least, most)
        assert (waits == STUCK) == (start == stop == 0), (desired, least, most)
        stuck += waits == STUCK
    assert stuck == 105


def test_a_deployment_rounds_otherwise_in_661_of_the_1120_combinations():
    differ = 0
    for desired, least, most in product(DESIRED, MINIMA, MAXIMA):
        surge, unavailable = -(-desired * (most - 100) // 100), desired * (100 - least) // 100
        kubernetes = (desired + surge, desired - (unavailable if surge or unavailable else 1))
        ours = bounds(policy(minimum_healthy_percent=least, maximum_percent=most), desired)
        differ += kubernetes != (ours.upper, ours.lower)
    assert differ == 661


@pytest.mark.parametrize(
    ("block", "lower", "upper"),
    [(policy(), 5, 10), (daemon(), 0, 5), (daemon(minimum_healthy_percent=50), 3, 5)],
)
def test_the_defaults_are_100_and_200_for_replica_and_0_and_100_for_daemon(block, lower, upper):
    found = bounds(block, 5)
    assert (found.lower, found.upper) == (lower, upper)


def test_a_stuck_deployment_says_so_in_ecss_words_and_once():
    world = deploy(service(policy(minimum_healthy_percent=75, maximum_percent=100), replicas=2))
    world.run(24 * 3600)
    assert [text for reason, text in told(world) if reason == "ServiceDeploymentStuck"] == [STUCK]
    assert world.rollout.message == STUCK
    assert not steps(world, since=300)


def test_a_stuck_deployment_goes_on_once_the_bounds_allow_it():
    world = deploy(service(policy(minimum_healthy_percent=75, maximum_percent=100), replicas=2))
    world.run(600)
    world.redeploy(block=policy(minimum_healthy_percent=50, maximum_percent=100))
    world.run(600)
    assert primary(world).rollout_state == "COMPLETED"
    assert len(world.running("v2")) == 2


def test_tasks_that_stop_still_take_room_under_the_maximum():
    """The guide's table of parameters counts STOPPING; the API reference does not. We do, so nothing overlaps."""
    fate = Fate(stops=30)
    world = deploy(service(policy(minimum_healthy_percent=50, maximum_percent=100), replicas=2, fate=fate))
    world.run(600)
    assert steps(world, since=300)[:3] == [(300, 0, 1), (330, 1, 0), (371, 0, 1)]


def test_a_rolling_update_at_100_and_125_percent_goes_one_by_one():
    world = deploy(service(policy(maximum_percent=125), fate=CHECKED), CHECKED)
    world.run(600)
    assert [(start, stop) for _, start, stop in steps(world, since=300)] == [(1, 0), (0, 1)] * 4


def test_what_is_not_healthy_does_not_count_for_the_minimum_and_may_be_stopped():
    young = tuple(task(f"t{slot}", slot=slot, age=39 if slot == 2 else 100) for slot in (1, 2))
    decision = decide(situation(policy(minimum_healthy_percent=50, maximum_percent=100), young, replicas=2))
    assert [stop.task for stop in decision.stop] == ["t2"]


def test_tasks_on_nodes_that_are_gone_take_no_room_and_are_replaced_at_once():
    tasks = (task("t1"), task("t2", slot=2, node="node-1", stopping_at=at(990)))
    block = policy(minimum_healthy_percent=0, maximum_percent=100)
    decision = decide(situation(block, tasks, replicas=2, target=V1, gone=frozenset({"node-1"})))
    assert [start.revision for start in decision.start] == [V1]
    assert not decision.stop


def test_scale_in_stops_what_is_pending_first_and_then_where_most_tasks_are():
    """ECS keeps the zones even and chooses at random within them; a task here knows its node only."""
    tasks = (
        task("a", slot=1, node="node-0"),
        task("b", slot=2, node="node-0"),
        task("c", slot=3, node="node-1"),
        task("d", slot=4, node="node-0"),
        task("e", slot=5, node=None, started_at=None, running_at=None, state="pending"),
    )
    block = policy()
    order = []
    for replicas in (4, 3, 2, 1):
        decision = decide(situation(block, tasks, replicas=replicas, target=V1))
        order += [stop.task for stop in decision.stop]
        assert all(stop.reason == "scale-in" for stop in decision.stop)
        tasks = tuple(each for each in tasks if each.id not in order)
    assert order == ["e", "d", "b", "c"]


def test_scale_in_keeps_no_more_than_the_count_and_the_lowest_slots_on_equal_nodes():
    world = service(replicas=6)
    world.redeploy(replicas=3)
    world.run(60)
    assert sorted(each.start.place.slot for each in world.running()) == [1, 2, 3]
    assert len(stopped(world, "scale-in")) == 3
    assert primary(world).id == "ecs-svc/1"
