"""The circuit breaker: its threshold, what counts, and what follows.

Sources: ECS API reference, DeploymentCircuitBreaker and ThresholdConfiguration; developer guide, "How the Amazon ECS
deployment circuit breaker detects failures"; aws/containers-roadmap#1206 for the task that runs and then exits.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from ecs_cases import (
    BREAKER,
    CHECKED,
    CRASHES,
    NO_PULL,
    ROLLBACK,
    SICK,
    V1,
    counting,
    deploy,
    last,
    policy,
    primary,
    reasons,
    service,
    stopped,
    task,
    told,
)
from tests.support.tasksim import Fate, World, at

from wharfinger.api.tasks import CircuitBreaker, Threshold
from wharfinger.rollout.tasks.ecs import decide
from wharfinger.rollout.tasks.ecs.breaker import Tally, failed_at, tally, threshold

NOW = at(1000)
NOTHING = Tally(failures=0, healthy_at=None)


@pytest.mark.parametrize(
    ("desired", "failures"),
    [(0, 3), (1, 3), (2, 3), (3, 3), (5, 3), (6, 3), (7, 4), (25, 13), (26, 13), (400, 200), (1000, 200)],
)
def test_half_of_the_tasks_rounded_up_but_3_at_least_and_200_at_most(desired, failures):
    assert threshold(Threshold(), desired) == failures


@pytest.mark.parametrize(
    ("config", "desired", "failures"),
    [
        (Threshold(type="UNBOUNDED_PERCENT", value=50), 1, 1),
        (Threshold(type="UNBOUNDED_PERCENT", value=50), 1000, 500),
        (Threshold(type="UNBOUNDED_PERCENT", value=33), 10, 4),
        (Threshold(type="UNBOUNDED_PERCENT", value=1), 0, 1),
        (Threshold(type="BOUNDED_PERCENT", value=10), 100, 10),
        (Threshold(type="COUNT", value=1), 1000, 1),
        (Threshold(type="COUNT", value=700), 1, 700),
    ],
)
def test_the_threshold_can_be_a_percentage_without_clamp_or_a_count(config, desired, failures):
    assert threshold(config, desired) == failures


def test_the_percentage_is_of_the_latest_desired_count():
    world = deploy(service(policy(deployment_circuit_breaker=BREAKER), replicas=20), Fate(start=None))
    world.run(1)
    for each in [each for each in world.wanted() if each.start.revision.hash == "v2"][:3]:
        world.kill(each)
    world.run(1)
    assert (primary(world).rollout_state, primary(world).failed_tasks) == ("IN_PROGRESS", 3)
    world.redeploy(replicas=2)
    world.run(1)
    assert (primary(world).rollout_state, primary(world).failed_tasks) == ("FAILED", 3)


@pytest.mark.parametrize(
    ("stop", "counts"),
    [
        ({"stop_code": "TaskFailedToStart", "started_at": None, "running_at": None, "exit_code": None}, True),
        ({"stop_code": "EssentialContainerExited", "exit_code": 1}, True),
        ({"stop_code": "EssentialContainerExited", "exit_code": 0}, True),
        ({"stop_code": "UserInitiated"}, False),
        ({"stop_code": "SpotInterruption"}, False),
        ({"stop_code": "ServiceSchedulerInitiated", "stop_reason": "scale-in"}, False),
        ({"stop_reason": "update"}, False),
        ({"stop_reason": "node-drained"}, False),
        ({"stop_reason": "unhealthy", "stopping_at": at(990)}, True),
    ],
)
def test_what_counts_as_a_failure(stop, counts):
    """Also a task that ran and exited before it was healthy: the hole of containers-roadmap#1206, closed."""
    ended = task("t", age=30, **{"finished_at": at(995), "state": "failed"} | stop)
    assert (failed_at(ended, NOW) is not None) is counts


def test_a_task_that_was_healthy_before_it_ended_did_not_fail():
    assert failed_at(task("t", age=60, finished_at=at(995), stop_code="EssentialContainerExited"), NOW) is None
    checked = {"checked": True, "stop_code": "EssentialContainerExited"}
    assert failed_at(task("t", age=60, finished_at=at(995), **checked), NOW) is None
    assert failed_at(task("t", age=60, finished_at=at(995), **checked | {"running_at": None}), NOW) == at(995)


def test_a_healthy_task_that_turns_unhealthy_counts_when_it_is_stopped():
    """Second stage: each failed health check of a running task counts 1."""
    ill = task("t", age=500, checked=True, healthy=False, stopping_at=at(990), stop_reason="unhealthy")
    assert failed_at(ill, NOW) == at(990)


def failures(number: int, *, first: float = 900) -> list:
    codes = {"stop_code": "TaskFailedToStart", "started_at": None, "running_at": None, "state": "rejected"}
    return [task(f"f{i}", age=200, finished_at=at(first + i), **codes) for i in range(number)]


def test_a_task_that_becomes_healthy_sets_the_count_back():
    healthy = task("h", age=45)  # healthy at 995
    assert tally([*failures(2), healthy], CircuitBreaker(), NOTHING, NOW).failures == 0
    late = tally([*failures(2), healthy, *failures(1, first=998)], CircuitBreaker(), NOTHING, NOW)
    assert (late.failures, late.healthy_at) == (1, at(995))


def test_without_the_reset_the_count_goes_on():
    cumulative = CircuitBreaker(reset_on_healthy_task=False)
    assert tally([*failures(2), task("h", age=45)], cumulative, NOTHING, NOW).failures == 2


def test_what_was_counted_stays_so_when_the_records_are_gone():
    known = Tally(failures=4, healthy_at=at(800))
    assert tally(failures(1), CircuitBreaker(), known, NOW) == Tally(
        failures=4, healthy_at=at(800), counted=frozenset({"f0"})
    )
    assert tally([task("h", age=45)], CircuitBreaker(), known, NOW).failures == 0


def test_the_records_that_it_counts_by_are_kept():
    world = deploy(service(policy(deployment_circuit_breaker=counting(40)), replicas=1), NO_PULL)
    world.run(24 * 3600, until=lambda world: primary(world).failed_tasks == 9)
    assert len(last(world).keep) == 9 > world.block.history
    assert last(world).keep == {
        each.id for each in world.tasks if each.start.revision.hash == "v2" and each.end <= world.now
    }


@pytest.mark.parametrize("fate", [NO_PULL, CRASHES, SICK])
@pytest.mark.parametrize(("replicas", "failures"), [(1, 3), (2, 3), (8, 4)])
def test_it_trips_exactly_at_the_threshold(fate, replicas, failures):
    """Neither stage lets one more task fail: those that do not start, those that exit, those that are unhealthy."""
    one_by_one = policy(maximum_percent=100 + -(-100 // replicas), deployment_circuit_breaker=BREAKER)
    world = deploy(service(one_by_one, replicas=replicas), fate)
    world.run(24 * 3600)
    assert (primary(world).rollout_state, primary(world).failed_tasks) == ("FAILED", failures)
    assert len([each for each in world.tasks if each.start.revision.hash == "v2"]) == failures
    before = [each.deployments[0] for _, decision in world.decisions for each in [decision.status]]
    assert {each.failed_tasks for each in before if each.rollout_state == "IN_PROGRESS"} >= set(range(failures))


def test_one_failure_less_than_the_threshold_lets_it_complete():
    block = policy(maximum_percent=125, deployment_circuit_breaker=BREAKER)
    first = 5  # v1 has four tasks
    world = service(block)
    world.fates = lambda start, number: NO_PULL if first <= number < first + 2 else Fate()
    world.redeploy(wish="v2")
    world.run(3600)
    assert primary(world).rollout_state == "COMPLETED"
    assert "ServiceDeploymentFailed" not in reasons(world)


def test_without_the_breaker_a_bad_deployment_goes_on_for_ever():
    world = deploy(service(), CRASHES)
    world.run(600)
    assert primary(world).rollout_state == "IN_PROGRESS"
    assert len(world.running("v1")) == 4
    assert last(world).waiting_for


def test_failed_launches_nothing_more_and_keeps_the_old_tasks():
    """Nothing COMPLETED is needed to stall, and the old revision's tasks are still replaced."""
    world = deploy(service(policy(deployment_circuit_breaker=BREAKER)), NO_PULL)
    world.run(60)
    assert primary(world).rollout_state == "FAILED"
    assert primary(world).rollout_state_reason == "ECS deployment circuit breaker: tasks failed to start."
    made = len(world.tasks)
    world.run(24 * 3600)
    assert len(world.tasks) == made
    assert (world.rollout.state, world.rollout.failed_revision, world.rollout.last_good_revision) == ("Failed", 2, 1)
    world.kill(world.running("v1")[0])
    world.run(60)
    assert len(world.running("v1")) == 4
    assert not last(world).complete
    assert last(world).waiting_for.startswith("a change of the spec: ECS deployment circuit breaker")


def test_a_rollback_goes_to_the_last_completed_deployment_as_a_new_one():
    world = deploy(service(policy(deployment_circuit_breaker=ROLLBACK), fate=CHECKED), CRASHES)
    world.run(310 - world.now + 300)
    first, *others = world.status.deployments
    assert (first.id, first.revision, first.rolls_back, first.rollout_state) == (
        "ecs-svc/3",
        1,
        "ecs-svc/2",
        "COMPLETED",
    )
    assert not others
    assert (world.rollout.state, world.rollout.running_revision, world.rollout.failed_revision) == ("RolledBack", 1, 2)
    assert sum(decision.rolled_back for _, decision in world.decisions) == 1
    assert [text for reason, text in told(world) if reason.startswith("Service")][-4:] == [
        "(service web) (deployment ecs-svc/2) deployment failed: tasks failed to start.",
        "(service web) rolling back to deployment ecs-svc/3.",
        "(service web) (deployment ecs-svc/3) deployment completed.",
        "(service web) has reached a steady state.",
    ]


def test_the_failed_deployment_is_listed_beside_its_rollback_until_that_has_completed():
    world = deploy(service(policy(deployment_circuit_breaker=ROLLBACK), fate=CHECKED), replace(SICK, stops=30))
    world.run(3600, until=lambda world: primary(world).id == "ecs-svc/3")
    back, failed = world.status.deployments
    assert (failed.status, failed.rollout_state) == ("ACTIVE", "FAILED")
    assert failed.rollout_state_reason == "ECS deployment circuit breaker: tasks failed to start."
    assert back.rollout_state == "IN_PROGRESS"
    assert back.rollout_state_reason == "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/3."
    assert world.rollout.state == "RollingBack"
    world.run(600)
    assert [each.id for each in world.status.deployments] == ["ecs-svc/3"]
    assert len(world.live()) == 4


def test_a_rollback_that_has_nothing_to_do_is_seen_in_progress_too():
    """Its tasks run already and those that failed are gone: the states are the same, and in the same order."""
    world = deploy(service(policy(deployment_circuit_breaker=ROLLBACK), fate=CHECKED), NO_PULL)
    world.run(600)
    seen = [[(each.id, each.rollout_state) for each in decision.status.deployments] for _, decision in world.decisions]
    told = [each for index, each in enumerate(seen) if seen[index - 1 : index] != [each]]
    assert told[-4:] == [
        [("ecs-svc/1", "COMPLETED")],
        [("ecs-svc/2", "IN_PROGRESS"), ("ecs-svc/1", "COMPLETED")],
        [("ecs-svc/3", "IN_PROGRESS"), ("ecs-svc/2", "FAILED")],
        [("ecs-svc/3", "COMPLETED")],
    ]


def test_old_tasks_that_still_run_are_kept_by_the_rollback():
    world = deploy(service(policy(deployment_circuit_breaker=ROLLBACK)), NO_PULL)
    old = {each.id for each in world.running("v1")}
    world.run(600)
    assert {each.id for each in world.running()} == old


def test_with_no_completed_deployment_it_stalls_in_failed():
    block = policy(deployment_circuit_breaker=ROLLBACK)
    world = World(decide=decide, block=block, replicas=2, fates={"v1": NO_PULL})
    world.run(24 * 3600)
    assert [each.rollout_state for each in world.status.deployments] == ["FAILED"]
    assert world.rollout.state == "Failed"
    assert len(world.tasks) == 4


def test_a_rollback_is_never_rolled_back():
    world = service(policy(deployment_circuit_breaker=ROLLBACK, minimum_healthy_percent=0), fate=CHECKED)
    world.fates = {"v1": NO_PULL}
    deploy(world, NO_PULL)
    world.run(3600)
    assert (primary(world).id, primary(world).rollout_state) == ("ecs-svc/3", "FAILED")
    assert reasons(world).count("ServiceDeploymentFailed") == 2
    assert sum(decision.rolled_back for _, decision in world.decisions) == 1


def test_a_failed_revision_is_not_tried_again_until_the_spec_changes():
    world = deploy(service(policy(deployment_circuit_breaker=ROLLBACK)), NO_PULL)
    world.run(600)
    world.redeploy(replicas=6)
    world.run(600)
    assert (primary(world).id, len(world.running("v1"))) == ("ecs-svc/3", 6)
    deploy(world, wish="v3")
    world.run(600)
    assert (primary(world).rollout_state, world.rollout.failed_revision) == ("COMPLETED", None)
    assert len(world.running("v3")) == 6


def test_going_back_to_the_old_spec_completes_without_another_deployment():
    world = deploy(service(policy(deployment_circuit_breaker=ROLLBACK)), NO_PULL)
    world.run(600)
    world.redeploy(wish="v1")
    world.run(60)
    assert (primary(world).id, world.rollout.state, world.rollout.failed_revision) == ("ecs-svc/3", "Completed", None)
    assert last(world).complete


def test_a_person_may_have_a_failed_deployment_tried_again():
    """ECS: update-service --force-new-deployment."""
    world = deploy(service(policy(deployment_circuit_breaker=BREAKER)), NO_PULL)
    world.run(600)
    world.fates = {}
    world.resumed = "again"
    world.run(600)
    assert (primary(world).id, primary(world).rollout_state, world.rollout.state) == (
        "ecs-svc/3",
        "COMPLETED",
        "Completed",
    )
    assert len(world.running("v2")) == 4
    world.run(600)
    assert primary(world).id == "ecs-svc/3"


def test_a_rolled_back_revision_may_be_tried_again_too():
    world = deploy(service(policy(deployment_circuit_breaker=ROLLBACK)), NO_PULL)
    world.run(600)
    world.fates = {}
    world.resumed = "again"
    world.run(600)
    assert (primary(world).revision, primary(world).rollout_state) == (2, "COMPLETED")
    assert len(world.running("v2")) == 4


def test_what_is_asked_for_during_a_pause_is_tried_when_it_ends():
    world = deploy(service(policy(deployment_circuit_breaker=BREAKER)), NO_PULL)
    world.run(600)
    world.paused, world.resumed, world.fates = True, "again", {}
    world.run(600)
    assert primary(world).id == "ecs-svc/2"
    world.paused = False
    world.run(600)
    assert (primary(world).id, primary(world).rollout_state) == ("ecs-svc/3", "COMPLETED")


def test_scale_in_still_works_after_a_failure():
    world = deploy(service(policy(deployment_circuit_breaker=BREAKER)), NO_PULL)
    world.run(600)
    world.redeploy(replicas=1)
    world.run(60)
    assert (len(world.live()), primary(world).rollout_state) == (1, "FAILED")


def test_the_count_survives_a_crash_at_any_write():
    for dies_after in range(6):
        world = deploy(service(policy(maximum_percent=125, deployment_circuit_breaker=ROLLBACK)), NO_PULL)
        world.run(3600, until=lambda world: primary(world).failed_tasks == 2)
        while primary(world).id == "ecs-svc/2" and world.now < 4000:
            world.reconcile(dies_after=dies_after)
            world.run(1)
        world.run(600)
        assert (primary(world).id, primary(world).rollout_state) == ("ecs-svc/3", "COMPLETED"), dies_after
        assert len([each for each in world.tasks if each.start.revision.hash == "v2"]) == 3, dies_after
        assert {each.start.revision for each in world.running()} == {V1}
        assert not stopped(world, "update")
