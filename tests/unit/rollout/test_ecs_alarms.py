"""Alarms, the bake time, and what they and the breaker do beside each other.

Source: developer guide, "How CloudWatch alarms detect Amazon ECS deployment failures".
"""

from __future__ import annotations

import pytest
from ecs_cases import (
    BREAKER,
    CHECKED,
    NO_PULL,
    ROLLBACK,
    V1,
    V2,
    alarms,
    counting,
    deploy,
    last,
    policy,
    primary,
    service,
    told,
)

QUIET: frozenset[str] = frozenset()
ERRORS = frozenset({"errors"})


def watching(*, rollback: bool = False, bake: str = "0s", firing=QUIET, **fields):
    """A service with an alarm; its first deployment, which has COMPLETED, did not bake."""
    watched = {"alarms": alarms("errors", rollback=rollback)} | fields
    world = service(policy(**watched), fate=CHECKED, firing=firing)
    world.block = policy(bake_time=bake, **watched)
    return world


def test_an_alarm_fails_a_deployment():
    world = deploy(watching(), CHECKED)
    world.run(5)
    assert primary(world).alarms == "MONITORING"
    world.firing = ERRORS
    world.run(5)
    assert (primary(world).rollout_state, primary(world).alarms) == ("FAILED", "TRIGGERED")
    assert primary(world).rollout_state_reason == "ECS deployment alarms: alarm detected."
    note = "(service web) (deployment ecs-svc/2) deployment failed: alarm detected."
    assert ("ServiceDeploymentFailed", note) in told(world)


def test_an_alarm_rolls_back_healthy_tasks_within_the_bounds():
    world = deploy(watching(rollback=True, bake="60s"), CHECKED)
    world.run(60, until=lambda world: len(world.running()) == 4 == len(world.running("v2")))
    world.firing = ERRORS
    world.run(0)
    assert [each.rollout_state_reason for each in world.status.deployments] == [
        "ECS deployment alarms: rolling back to deploymentId ecs-svc/3.",
        "ECS deployment alarms: alarm detected.",
    ]
    assert len(world.running("v2")) == 4, "nothing healthy goes before something healthy has come"
    world.run(120)
    assert {each.start.cause for each in world.tasks if each.created > 302} == {"rollback"}
    assert (world.rollout.state, len(world.running("v1")), len(world.live())) == ("RolledBack", 4, 4)


def test_other_alarms_do_not_count():
    world = deploy(watching(), CHECKED)
    world.run(5)
    world.firing = frozenset({"of-another-service"})
    world.run(600)
    assert (primary(world).rollout_state, primary(world).alarms) == ("COMPLETED", "MONITORING_COMPLETE")


def test_an_alarm_that_is_on_at_the_start_turns_them_off_for_that_deployment():
    world = watching(rollback=True)
    world.firing = ERRORS
    deploy(world, CHECKED)
    world.run(5)
    assert primary(world).alarms == "DISABLED"
    world.firing = QUIET
    world.run(1)
    world.firing = ERRORS
    world.run(600)
    assert (primary(world).rollout_state, primary(world).alarms) == ("COMPLETED", "DISABLED")


def test_the_next_deployment_watches_them_again():
    world = watching()
    world.firing = ERRORS
    deploy(world, CHECKED)
    world.run(600)
    world.firing = QUIET
    deploy(world, CHECKED, wish="v3")
    world.run(1)
    assert primary(world).alarms == "MONITORING"


def test_the_first_reading_counts_as_the_start_where_there_was_none():
    world = deploy(watching(firing=None), CHECKED)
    world.run(1)
    assert primary(world).alarms is None
    assert [finding.reason for finding in last(world).findings] == ["AlarmsUnknown"]
    world.firing = ERRORS
    world.run(1)
    assert primary(world).alarms == "DISABLED"


def test_alarms_that_cannot_be_read_fail_nothing():
    """As INSUFFICIENT_DATA does not."""
    world = deploy(watching(), CHECKED)
    world.run(1)
    world.firing = None
    world.run(600)
    assert primary(world).rollout_state == "COMPLETED"


def test_a_deployment_completes_when_the_bake_time_after_the_steady_state_is_over():
    world = deploy(watching(bake="10m"), CHECKED)
    world.run(3600, until=lambda world: primary(world).steady_at is not None)
    steady = world.now
    assert primary(world).rollout_state == "IN_PROGRESS"
    assert last(world).waiting_for == "the end of the bake time"
    world.run(3600, until=lambda world: primary(world).rollout_state == "COMPLETED")
    assert 600 <= world.now - steady <= 601


def test_an_alarm_during_the_bake_time_fails_it_and_afterwards_no_more():
    for wait, state in ((300, "FAILED"), (900, "COMPLETED")):
        world = deploy(watching(bake="10m"), CHECKED)
        world.run(60)
        world.run(wait)
        world.firing = ERRORS
        world.run(600)
        assert primary(world).rollout_state == state


def test_a_task_that_dies_during_the_bake_time_begins_it_anew():
    world = deploy(watching(bake="10m"), CHECKED)
    world.run(500)
    world.kill(world.running()[0])
    world.run(500)
    assert primary(world).rollout_state == "IN_PROGRESS"
    world.run(300)
    assert primary(world).rollout_state == "COMPLETED"


@pytest.mark.parametrize("state", ["off", "on at the start"])
def test_without_alarms_to_watch_nothing_bakes(state):
    if state == "off":
        world = deploy(service(policy(bake_time="10m"), fate=CHECKED), CHECKED)
    else:
        world = watching(bake="10m", firing=ERRORS)
        deploy(world, CHECKED)
    world.run(60)
    assert primary(world).rollout_state == "COMPLETED"


@pytest.mark.parametrize(
    ("breaker", "rollback", "trips", "revision"),
    [
        (ROLLBACK, False, "breaker", V1),
        (BREAKER, True, "breaker", V2),
        (ROLLBACK, False, "alarm", V2),
        (BREAKER, True, "alarm", V1),
    ],
)
def test_whichever_trips_first_fails_it_and_its_own_rollback_flag_counts(breaker, rollback, trips, revision):
    world = watching(rollback=rollback, deployment_circuit_breaker=breaker)
    deploy(world, NO_PULL if trips == "breaker" else CHECKED)
    world.run(1)
    if trips == "alarm":
        world.firing = ERRORS
    world.run(60)
    assert primary(world).revision == revision.number
    assert (primary(world).rolls_back == "ecs-svc/2") == (revision == V1)


def test_what_tripped_first_stays_the_reason():
    world = watching(rollback=True, deployment_circuit_breaker=counting(4))
    deploy(world, NO_PULL)
    world.run(30)
    assert primary(world).rollout_state == "FAILED"
    world.firing = ERRORS
    world.run(600)
    assert primary(world).rollout_state_reason == "ECS deployment circuit breaker: tasks failed to start."
    assert primary(world).id == "ecs-svc/2"
