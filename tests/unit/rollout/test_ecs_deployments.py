"""Deployments: PRIMARY and ACTIVE, their words, what people do to them, and what is said about it.

Sources: ECS API reference, Deployment; the services-stable waiter; developer guide, "Amazon ECS service event
messages".
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from ecs_cases import (
    BREAKER,
    CHECKED,
    NO_PULL,
    V1,
    V2,
    deploy,
    last,
    policy,
    primary,
    reasons,
    service,
    situation,
    stopped,
    task,
    told,
)
from tests.support.tasksim import Fate, World, at

from wharfinger.rollout.revisions import RevisionRef
from wharfinger.rollout.tasks.ecs import decide


def test_a_first_deployment_says_what_ecs_says_in_its_order():
    world = service(fate=CHECKED)
    assert list(told(world)) == [
        ("ServiceDeploymentInProgress", "ECS deployment ecs-svc/1 in progress."),
        ("TasksStarted", "(service web) has started 4 tasks."),
        ("ServiceDeploymentCompleted", "(service web) (deployment ecs-svc/1) deployment completed."),
        ("ServiceSteadyState", "(service web) has reached a steady state."),
    ]
    assert primary(world).rollout_state_reason == "ECS deployment ecs-svc/1 completed."


def test_an_update_says_started_stopped_completed_steady():
    world = deploy(service(fate=CHECKED), CHECKED)
    world.run(600)
    assert reasons(world)[4:] == [
        "ServiceDeploymentInProgress",
        "TasksStarted",
        "TasksStopped",
        "ServiceDeploymentCompleted",
        "ServiceSteadyState",
    ]
    text = next(note for reason, note in told(world) if reason == "TasksStopped")
    assert text == (
        "(service web) has stopped 4 running tasks: (task t00004) (task t00003) (task t00002) (task t00001)."
    )


def test_the_steady_state_is_told_once_and_again_after_it_was_lost():
    """ECS repeats it every six hours; an Event that says nothing new helps nobody."""
    world = service(fate=CHECKED)
    world.run(24 * 3600)
    assert reasons(world).count("ServiceSteadyState") == 1
    world.kill(world.running()[0])
    world.run(600)
    assert reasons(world).count("ServiceSteadyState") == 2
    assert reasons(world).count("ServiceDeploymentCompleted") == 1


def test_a_change_of_the_desired_count_is_no_deployment_but_an_event():
    world = service(fate=CHECKED)
    world.redeploy(replicas=7)
    world.run(60)
    assert (primary(world).id, primary(world).desired_count, primary(world).running_count) == ("ecs-svc/1", 7, 7)
    note = "(service web) has updated its desired count to 7."
    assert [text for reason, text in told(world) if reason == "ServiceDesiredCountUpdated"] == [note]


def test_several_deployments_live_at_once_until_they_are_drained():
    slow = replace(CHECKED, stops=30)
    world = deploy(service(policy(maximum_percent=300), fate=slow), Fate(start=None, stops=30))
    world.run(30)
    deploy(world, CHECKED, wish="v3")
    world.run(5)
    assert [(each.id, each.status, each.rollout_state) for each in world.status.deployments] == [
        ("ecs-svc/3", "PRIMARY", "IN_PROGRESS"),
        ("ecs-svc/2", "ACTIVE", "IN_PROGRESS"),
        ("ecs-svc/1", "ACTIVE", "COMPLETED"),
    ]
    world.run(600)
    assert [(each.id, each.rollout_state) for each in world.status.deployments] == [("ecs-svc/3", "COMPLETED")]
    assert len(world.live()) == 4


def test_a_superseded_deployment_gives_way_before_the_one_that_completed():
    world = deploy(service(policy(maximum_percent=150), fate=CHECKED), CHECKED)
    world.run(300, until=lambda world: len(world.running("v2")) == 2 == len(world.running("v1")))
    deploy(world, CHECKED, wish="v3")
    world.run(300, until=lambda world: len(world.running("v3")) == 2)
    assert (len(world.running("v1")), len(world.running("v2"))) == (2, 0)


def test_pending_and_superseded_tasks_are_stopped_without_waiting():
    world = deploy(service(fate=CHECKED), Fate(start=None))
    world.run(30)
    deploy(world, CHECKED, wish="v3")
    world.run(1)
    assert not [each for each in world.wanted() if each.start.revision == V2]
    assert len(world.running("v1")) == 4


@pytest.mark.parametrize("lowest", [0, 100])
def test_stable_means_one_deployment_and_as_many_running_as_desired(lowest):
    """aws ecs wait services-stable: length(deployments) == 1 && runningCount == desiredCount."""
    world = deploy(service(policy(minimum_healthy_percent=lowest), fate=CHECKED), replace(CHECKED, start=30))
    seen = []
    world.run(600)
    for when, decision in world.decisions:
        first, *others = decision.status.deployments
        if when >= 300 and not others and first.running_count == first.desired_count:
            seen.append((when, first.revision))
    assert seen
    assert {revision for _, revision in seen} == {2}


def test_a_task_is_counted_pending_or_running():
    pending = task("p", slot=2, started_at=None, running_at=None, state="preparing")
    leaving = task("s", slot=3, stopping_at=at(990))
    decision = decide(situation(policy(), (task("r"), pending, leaving), replicas=2, target=V1))
    first = decision.status.deployments[0]
    assert (first.running_count, first.pending_count, first.desired_count) == (1, 1, 2)
    assert (decision.status.counts.running, decision.status.counts.pending) == (1, 1)


def test_the_states_in_the_words_of_all_modes():
    world = World(decide=decide, block=policy(), replicas=2)
    world.run(5)
    assert (world.rollout.state, world.rollout.running_revision) == ("Progressing", 1)
    world.run(60)
    assert (world.rollout.state, world.rollout.last_good_revision, world.rollout.message) == ("Completed", 1, None)
    assert last(world).complete
    deploy(world)
    world.run(5)
    assert (world.rollout.state, world.rollout.revision, world.rollout.last_good_revision) == ("Progressing", 2, 1)
    assert last(world).waiting_for == "2 tasks to be healthy"


def test_a_service_of_no_tasks_completes_and_proves_nothing():
    world = World(decide=decide, block=policy(), replicas=0)
    world.run(60)
    assert (primary(world).rollout_state, world.rollout.last_good_revision) == ("COMPLETED", None)
    world.redeploy(replicas=2)
    world.run(60)
    assert world.rollout.last_good_revision == 1


def test_a_pinned_revision_runs_as_a_deployment_of_its_own():
    world = deploy(service(fate=CHECKED), CHECKED)
    world.run(600)
    world.pin = "previous"
    world.run(5)
    assert (world.rollout.state, primary(world).revision) == ("RollingBack", 1)
    world.run(600)
    assert (world.rollout.state, len(world.running("v1")), last(world).complete) == ("RolledBack", 4, True)
    world.pin = None
    world.run(600)
    assert (world.rollout.state, len(world.running("v2"))) == ("Completed", 4)


def test_a_pinned_revision_that_fails_stalls_since_a_person_chose_it():
    block = policy(deployment_circuit_breaker=BREAKER.model_copy(update={"rollback": True}))
    world = deploy(service(block, fate=CHECKED), CHECKED)
    world.run(600)
    world.fates = {"v1": NO_PULL}
    world.pin = "previous"
    world.run(3600)
    assert (primary(world).revision, primary(world).rollout_state, world.rollout.state) == (1, "FAILED", "Failed")
    assert len(world.running("v2")) == 4


def test_a_pause_holds_the_update_and_still_replaces_what_dies():
    world = deploy(service(policy(maximum_percent=150), fate=CHECKED), CHECKED)
    world.run(300, until=lambda world: len(world.running("v2")) == 2 == len(world.running("v1")))
    world.paused = True
    world.run(600)
    assert (len(world.running("v1")), len(world.running("v2"))) == (2, 2)
    assert (world.rollout.state, last(world).waiting_for) == ("Paused", "the end of the pause")
    world.kill(world.running("v1")[0])
    world.kill(world.running("v2")[0])
    world.run(600)
    assert (len(world.running("v1")), len(world.running("v2"))) == (2, 2)
    world.paused = False
    world.run(600)
    assert len(world.running("v2")) == 4


def test_nothing_begins_while_paused():
    world = service(fate=CHECKED, replicas=3)
    world.paused = True
    deploy(world, CHECKED)
    world.run(600)
    assert (primary(world).revision, len(world.running("v1"))) == (1, 3)
    world.redeploy(replicas=5)
    world.run(60)
    assert len(world.running("v1")) == 5
    world.paused = False
    world.run(600)
    assert len(world.running("v2")) == 5


def test_what_is_paused_from_the_start_starts_when_the_pause_ends():
    world = World(decide=decide, block=policy(), replicas=2, paused=True)
    world.run(600)
    assert (world.tasks, last(world).waiting_for) == ([], "the end of the pause")
    world.paused = False
    world.run(60)
    assert len(world.running()) == 2


def test_deployments_are_recalled_from_living_tasks_where_the_status_was_lost():
    world = deploy(service(policy(maximum_percent=150), fate=CHECKED), CHECKED)
    world.run(300, until=lambda world: len(world.running("v2")) == 2 == len(world.running("v1")))
    world.status = world.rollout = None
    world.run(0)
    assert [(each.id, each.revision) for each in world.status.deployments] == [("ecs-svc/2", 2), ("ecs-svc/1", 1)]
    world.run(600)
    assert (len(world.running("v2")), len(world.live())) == (4, 4)
    assert len(world.tasks) == 8, "nothing was started twice"


def test_tasks_of_a_revision_that_is_not_kept_make_way_within_the_bounds():
    strange = tuple(task(f"x{slot}", slot=slot, revision="unknown") for slot in (1, 2, 3, 4))
    block = policy(minimum_healthy_percent=50)
    decision = decide(situation(block, strange, replicas=4, target=V1))
    assert len(decision.start) == 4
    assert len(decision.stop) == 2


def test_a_revision_that_comes_back_takes_over_the_tasks_that_still_run_it():
    world = deploy(service(fate=CHECKED), Fate(start=None))
    world.run(30)
    old = {each.id for each in world.running("v1")}
    world.redeploy(wish="v1")
    world.run(600)
    assert {each.id for each in world.running()} == old == {each.id for each in world.live()}
    assert (primary(world).id, primary(world).rollout_state) == ("ecs-svc/3", "COMPLETED")


def test_a_task_that_no_node_takes_is_told_once_in_the_schedulers_words():
    lost = task(
        "p", node=None, started_at=None, running_at=None, state="pending", message="0/3 nodes: insufficient cpu."
    )
    first = decide(situation(policy(), (lost,), replicas=1, target=V1))
    note = "(service web) was unable to place a task. Reason: 0/3 nodes: insufficient cpu."
    assert [(each.reason, each.note) for each in first.announce] == [("ServiceTaskPlacementFailure", note)]
    again = decide(situation(policy(), (lost,), replicas=1, target=V1, status=first.status, rollout=first.rollout))
    assert not again.announce
    assert again.waiting_for == note


def test_no_more_than_16_deployments_are_reported_and_all_tasks_still_go():
    refs = [RevisionRef(number, f"r{number}") for number in range(1, 25)]
    world = service(policy(maximum_percent=1000), replicas=3, fate=replace(CHECKED, stops=3000))
    for ref in refs:
        deploy(world, replace(CHECKED, stops=3000), wish=ref.hash)
        world.run(20)
    assert max(len(decision.status.deployments) for _, decision in world.decisions) <= 16
    world.run(24 * 3600)
    assert [each.id for each in world.status.deployments] == ["ecs-svc/25"]
    assert len(world.live()) == 3 == len(world.running("r24"))


@pytest.mark.parametrize("dies_after", range(8))
def test_an_update_goes_on_after_a_crash_at_any_write(dies_after):
    world = deploy(service(policy(minimum_healthy_percent=50, maximum_percent=150), fate=CHECKED), CHECKED)
    for _ in range(30):
        world.reconcile(dies_after=dies_after)
        world.run(4)
    world.run(600)
    assert (primary(world).id, primary(world).rollout_state) == ("ecs-svc/2", "COMPLETED")
    assert (len(world.tasks), len(world.running("v2")), len(world.live())) == (8, 4, 4)
    assert len(stopped(world, "update")) == 4
