"""Healthy, unhealthy, in grace: what a task counts as, and how an unhealthy one is replaced.

Sources: ECS API reference, DeploymentConfiguration and healthCheckGracePeriodSeconds; developer guide, "Container
health checks"; AWS what's new of October 2023 (replacements start first) and November 2025 (from their own revision).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ecs_cases import CHECKED, SICK, V1, V2, deploy, policy, primary, service, situation, steps, stopped, task
from tests.support.tasksim import Fate, at

from wharfinger.rollout.tasks.ecs import decide
from wharfinger.rollout.tasks.ecs.health import healthy, pending, running, turns, unhealthy

NOW = at(1000)
NO_GRACE = timedelta()


@pytest.mark.parametrize(("age", "counts"), [(39, False), (40, True), (41, True)])
def test_without_a_check_a_task_is_healthy_after_40_seconds_of_running(age, counts):
    assert healthy(task("t", age=age), NOW) is counts
    assert list(turns(task("t", age=age), NOW, NO_GRACE)) == ([] if counts else [at(1000 - age + 40)])


@pytest.mark.parametrize(("verdict", "counts"), [(None, False), (False, False), (True, True)])
def test_with_a_check_it_is_healthy_when_its_essential_containers_are(verdict, counts):
    assert healthy(task("t", age=1, checked=True, healthy=verdict), NOW) is counts
    assert running(task("t", checked=True, healthy=verdict))


def test_a_task_is_pending_until_all_its_containers_have_started():
    waiting = task("t", started_at=None, running_at=None, state="preparing")
    assert pending(waiting)
    assert not running(waiting)
    assert running(replace(waiting, started_at=at(999))), "RUNNING does not wait for health"


def test_health_checks_count_against_a_task_only_after_the_grace_period():
    ill = task("t", age=59, checked=True, healthy=False)
    assert not unhealthy(ill, NOW, timedelta(seconds=60))
    assert list(turns(ill, NOW, timedelta(seconds=60))) == [at(1001)]
    assert unhealthy(ill, at(1001), timedelta(seconds=60))


def test_a_task_in_grace_is_stopped_nonetheless_when_there_are_too_many():
    tasks = (task("a"), task("b", slot=2, age=10, checked=True, healthy=False))
    block = policy(health_check_grace_period="60s")
    decision = decide(situation(block, tasks, replicas=1, target=V1))
    assert [stop.task for stop in decision.stop] == ["b"]


def sick_one() -> tuple:
    well = tuple(task(f"w{slot}", slot=slot) for slot in (1, 2, 3))
    return (*well, task("ill", slot=4, checked=True, healthy=False))


def test_a_replacement_starts_before_the_unhealthy_task_stops():
    decision = decide(situation(policy(), sick_one(), replicas=4, target=V1))
    assert [(start.place.slot, start.cause) for start in decision.start] == [(5, "replace")]
    assert not decision.stop


def test_the_unhealthy_task_stays_until_its_replacement_is_healthy():
    fresh = task("new", slot=5, age=20)
    assert not decide(situation(policy(), (*sick_one(), fresh), replicas=4, target=V1)).stop
    settled = decide(situation(policy(), (*sick_one(), task("new", slot=5)), replicas=4, target=V1))
    assert [(stop.task, stop.reason) for stop in settled.stop] == [("ill", "unhealthy")]


def test_one_of_two_goes_when_the_replacement_is_unhealthy_too():
    """Guide: the scheduler stops either of them, until the count is the desired one."""
    worse = task("new", slot=5, age=50, checked=True, healthy=False)
    decision = decide(situation(policy(), (*sick_one(), worse), replicas=4, target=V1))
    assert [stop.task for stop in decision.stop] == ["ill"]


def test_an_unhealthy_task_that_recovers_stays_and_its_replacement_goes():
    recovered = tuple(replace(each, healthy=True) if each.checked else each for each in sick_one())
    fresh = task("new", slot=5, started_at=None, running_at=None, state="pending")
    decision = decide(situation(policy(), (*recovered, fresh), replicas=4, target=V1))
    assert [(stop.task, stop.reason) for stop in decision.stop] == [("new", "scale-in")]


def test_without_room_under_the_maximum_unhealthy_tasks_go_one_by_one():
    ill = tuple(task(f"t{slot}", slot=slot, age=100 + slot, checked=True, healthy=False) for slot in (1, 2, 3))
    block = policy(maximum_percent=100)
    decision = decide(situation(block, ill, replicas=3, target=V1))
    assert [stop.task for stop in decision.stop] == ["t3"]
    assert not decision.start
    leaving = tuple(replace(each, stopping_at=at(999)) if each.id == "t3" else each for each in ill)
    assert not decide(situation(block, leaving, replicas=3, target=V1)).stop
    starting = (*ill[:2], task("new", slot=3, started_at=None, running_at=None, state="preparing"))
    assert not decide(situation(block, starting, replicas=3, target=V1)).stop


def test_a_service_whose_tasks_turn_unhealthy_ends_with_healthy_ones():
    world = service(policy(maximum_percent=100), replicas=3, fate=replace(CHECKED, sickens=400))
    world.fates = {"v1": CHECKED}
    world.run(3600)
    assert len(world.running("v1")) == 3
    assert all(started + stopped <= 1 for _, started, stopped in steps(world, since=300))
    assert len(stopped(world, "unhealthy")) == 3


def test_old_tasks_that_die_during_a_deployment_are_replaced_from_their_own_revision():
    world = deploy(service(fate=CHECKED), Fate(start=None))
    world.run(60)
    world.kill(world.running("v1")[0])
    world.run(60)
    assert len(world.running("v1")) == 4
    assert len(world.wanted()) == 8
    assert {task.start.iteration for task in world.running("v1")} == {1}


def test_unhealthy_old_tasks_are_replaced_from_their_own_revision_during_a_deployment():
    world = service(policy(maximum_percent=150), fate=replace(CHECKED, sickens=400))
    world.fates = {"v1": CHECKED}
    deploy(world, SICK)
    world.run(3600)
    assert len(world.running("v1")) >= 4
    assert {each.start.revision for each in world.tasks if each.created > 411} == {V1, V2}


def test_scale_out_during_a_deployment_applies_to_both_revisions():
    world = deploy(service(fate=CHECKED), Fate(start=None))
    world.run(60)
    world.redeploy(replicas=6)
    world.run(60)
    assert len(world.running("v1")) == 6
    assert len(world.wanted()) - len(world.running("v1")) == 6


def test_a_primary_that_weakens_gets_nothing_back_from_the_old_revision():
    world = deploy(service(policy(maximum_percent=125), fate=CHECKED), CHECKED)
    world.run(0, until=lambda world: len(world.running("v2")) == 2)
    world.run(600, until=lambda world: len(world.running("v2")) == 2 and len(world.wanted()) == 4)
    before = len([each for each in world.tasks if each.start.revision == V1])
    world.kill(world.running("v2")[0])
    world.run(600)
    assert len(world.running("v2")) == 4
    assert len([each for each in world.tasks if each.start.revision == V1]) == before
    assert primary(world).rollout_state == "COMPLETED"


@pytest.mark.parametrize(("least", "order"), [(100, [(300, 2, 0), (311, 0, 2)]), (50, [(300, 2, 2)])])
def test_running_tasks_on_a_drained_node_move_within_the_bounds(least, order):
    """Guide, "Draining Amazon ECS container instances": below 100% they may stop before others have started."""
    world = service(policy(minimum_healthy_percent=least), fate=CHECKED)
    world.node("node-0").drained = True
    assert len([each for each in world.running() if each.node.name == "node-0"]) == 2
    world.run(60)
    assert steps(world, since=300) == order
    assert {each.reason for each in world.tasks if each.stopped} == {"node-drained"}


def test_pending_tasks_on_a_drained_node_stop_at_once():
    waiting = task("p", slot=2, started_at=None, running_at=None, state="preparing")
    block = policy()
    decision = decide(
        situation(block, (task("a", node="node-1"), waiting), replicas=2, target=V1, drained=frozenset({"node-0"}))
    )
    assert [(stop.task, stop.reason) for stop in decision.stop] == [("p", "node-drained")]


def test_a_placement_only_change_moves_the_misfits_only():
    world = service(fate=CHECKED)
    world.node("node-2").fits = False
    moved = [each for each in world.running() if each.node.name == "node-2"]
    world.run(60)
    assert stopped(world, "constraint") == moved
    assert len(world.running()) == 4
    assert primary(world).id == "ecs-svc/1"
