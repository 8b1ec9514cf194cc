"""DAEMON: one task on each node. Source: developer guide, "Amazon ECS services", Daemon."""

from __future__ import annotations

import pytest
from ecs_cases import (
    BREAKER,
    CHECKED,
    NO_PULL,
    V1,
    daemon,
    deploy,
    last,
    primary,
    reasons,
    service,
    situation,
    steps,
    stopped,
    task,
)
from tests.support.tasksim import Fate, SimNode

from wharfinger.rollout.tasks.ecs import decide
from wharfinger.rollout.tasks.machine import Fit
from wharfinger.rollout.tasks.task import Place

TWO = (Fit(name="node-0"), Fit(name="node-1"))


def on(node: str, **fields):
    return task(f"on-{node}", place=Place(node=node), node=node, **fields)


def nodes(world) -> list[str]:
    return sorted(each.node.name for each in world.running())


def test_each_node_has_one_task_and_there_is_no_desired_count():
    world = service(daemon(), replicas=99, fate=CHECKED)
    assert nodes(world) == ["node-0", "node-1", "node-2"]
    assert (primary(world).desired_count, primary(world).running_count) == (3, 3)


def test_a_node_that_comes_gets_its_task_at_once():
    world = service(daemon(), fate=CHECKED)
    world.nodes.append(SimNode(name="node-3"))
    world.run(1)
    assert steps(world, since=300) == [(300, 1, 0)]
    assert world.tasks[-1].start.cause == "node"
    world.run(60)
    assert (len(nodes(world)), primary(world).id) == (4, "ecs-svc/1")


@pytest.mark.parametrize(("change", "reason"), [("drained", "node-drained"), ("fits", "constraint")])
def test_a_node_that_is_drained_or_fits_no_more_loses_its_task_whatever_the_bounds(change, reason):
    world = service(daemon(minimum_healthy_percent=100), fate=CHECKED)
    setattr(world.node("node-1"), change, change == "drained")
    world.run(60)
    assert nodes(world) == ["node-0", "node-2"]
    assert len(stopped(world, reason)) == 1
    assert last(world).complete
    assert ("ServiceDaemonPlacementConstraintViolated" in reasons(world)) == (reason == "constraint")


def test_a_node_that_is_gone_is_not_waited_for():
    world = service(daemon(), fate=CHECKED)
    world.lose("node-1")
    world.run(60)
    assert (nodes(world), last(world).complete) == (["node-0", "node-2"], True)
    assert len(stopped(world, "node-gone")) == 1
    world.find("node-1")
    world.run(60)
    assert nodes(world) == ["node-0", "node-1", "node-2"]


def test_an_update_stops_first_all_at_once_by_default():
    world = deploy(service(daemon(), fate=CHECKED), CHECKED)
    world.run(60)
    assert steps(world, since=300) == [(300, 0, 3), (301, 3, 0)]
    assert primary(world).rollout_state == "COMPLETED"


def test_the_minimum_holds_back_an_update():
    world = deploy(service(daemon(minimum_healthy_percent=50), fate=CHECKED), CHECKED)
    world.run(120)
    assert [(start, stop) for _, start, stop in steps(world, since=300)] == [(0, 1), (1, 0)] * 3


def test_a_minimum_of_100_is_stuck_and_says_so():
    world = deploy(service(daemon(minimum_healthy_percent=100), fate=CHECKED), CHECKED)
    world.run(600)
    assert not steps(world, since=300)
    assert "was unable to stop or start tasks during a deployment" in last(world).waiting_for


def test_a_node_never_has_two_tasks_even_while_one_stops():
    world = deploy(service(daemon(), fate=Fate(stops=60)), CHECKED)
    world.run(50)
    assert len(world.live()) == 3
    assert not world.wanted()


def test_a_maximum_above_100_counts_as_100_and_is_a_finding():
    decision = decide(situation(daemon(maximum_percent=200), (), replicas=0, target=V1, nodes=TWO))
    assert [(each.path, each.reason) for each in decision.findings] == [
        ("spec.tasks.deployment.maximumPercent", "DaemonMaximum")
    ]
    assert len(decision.start) == 2


def test_unhealthy_tasks_are_replaced_one_by_one_without_a_replacement_first():
    ill = tuple(on(f"node-{n}", checked=True, healthy=False) for n in (0, 1))
    decision = decide(situation(daemon(), ill, replicas=0, target=V1, nodes=TWO))
    assert [(stop.task, stop.reason) for stop in decision.stop] == [("on-node-0", "unhealthy")]
    assert not decision.start


def test_a_task_that_ends_is_replaced_on_its_node():
    world = service(daemon(), fate=CHECKED)
    world.kill(next(each for each in world.running() if each.node.name == "node-1"))
    world.run(60)
    assert nodes(world) == ["node-0", "node-1", "node-2"]


def test_a_cordoned_node_keeps_what_it_has_and_gets_nothing_new():
    """ECS has no such node; Kubernetes does."""
    world = service(daemon(), fate=CHECKED)
    world.node("node-2").cordoned = True
    deploy(world, CHECKED)
    world.run(120)
    assert (len(world.running("v1")), len(world.running("v2"))) == (1, 2)
    assert primary(world).rollout_state == "COMPLETED"
    world.kill(world.running("v1")[0])
    world.run(60)
    assert nodes(world) == ["node-0", "node-1"]
    world.node("node-2").cordoned = False
    world.run(60)
    assert len(world.running("v2")) == 3


def test_a_failed_deployment_leaves_the_nodes_it_did_not_reach_alone():
    world = deploy(
        service(daemon(minimum_healthy_percent=50, deployment_circuit_breaker=BREAKER), fate=CHECKED), NO_PULL
    )
    world.run(600)
    assert primary(world).rollout_state == "FAILED"
    world.nodes.append(SimNode(name="node-3"))
    world.run(60)
    assert len(world.running("v1")) == 4, "empty nodes get the revision that is sound"


def test_a_failed_deployment_is_rolled_back_on_all_nodes():
    rollback = BREAKER.model_copy(update={"rollback": True})
    world = deploy(service(daemon(deployment_circuit_breaker=rollback), fate=CHECKED), NO_PULL)
    world.run(600)
    assert (primary(world).id, primary(world).rollout_state, world.rollout.state) == (
        "ecs-svc/3",
        "COMPLETED",
        "RolledBack",
    )
    assert len(world.running("v1")) == 3


def test_a_paused_daemon_fills_new_nodes_with_what_ran_before():
    world = deploy(service(daemon(minimum_healthy_percent=50), fate=CHECKED), Fate(start=None))
    world.run(5)
    world.paused = True
    world.nodes.append(SimNode(name="node-3"))
    world.run(60)
    assert len(world.running("v1")) == 3
    assert world.rollout.state == "Paused"
