"""Scaling, and scheduling by node. Each test names the rule in docs/tasks-swarm.md that it shows."""

from __future__ import annotations

import itertools

from swarm_cases import ended, situation, starts, states, stops, task, update, world
from tests.support.tasksim import Fate, SimNode, at

from wharfinger.api.tasks import RestartPolicy, TasksBlock, UpdatePolicy
from wharfinger.rollout.tasks.machine import Fit
from wharfinger.rollout.tasks.swarm import decide
from wharfinger.rollout.tasks.task import Place


def slots(*nodes: str, **changes: object):
    """One running task a slot, on these nodes."""
    return [task(f"t{number}", slot=number, node=node, **changes) for number, node in enumerate(nodes, 1)]


def test_s1_scale_in_takes_from_the_nodes_with_most_tasks():
    found = situation(*slots("a", "a", "a", "b", "c"), replicas=3)
    assert stops(decide(found)) == [("t3", "scale-in"), ("t2", "scale-in")]


def test_s1_among_equals_tasks_that_do_not_run_go_first():
    starting = task("t1", slot=1, node="a", state="starting", running_at=None)
    found = situation(starting, *slots("a", "a", "b", "b")[1:], replicas=2)
    assert ("t1", "scale-in") in stops(decide(found))


def test_s1_tasks_without_a_node_go_first_of_all():
    pending = task("t1", slot=1, node=None, state="pending", running_at=None)
    found = situation(pending, *slots("a", "a", "a", "a")[1:], replicas=3)
    assert stops(decide(found)) == [("t1", "scale-in")]


def test_s1_a_slot_about_to_be_restarted_goes_before_one_that_runs():
    found = situation(ended("t1", 99), *slots("a", "a", "b")[1:], replicas=2)
    decision = decide(found)
    assert stops(decision) == []
    assert starts(decision) == []
    assert decision.complete


def test_s2_scale_out_fills_the_lowest_free_numbers():
    found = situation(task("a", slot=2), task("b", slot=5), replicas=5)
    assert starts(decide(found)) == [("1", "v1", "scale"), ("3", "v1", "scale"), ("4", "v1", "scale")]


def test_s2_a_slot_that_was_scaled_in_is_filled_again_when_its_old_task_is_gone():
    going = task("b", slot=2, stopping_at=at(90), stop_reason="scale-in")
    found = decide(situation(task("a"), going, replicas=2))
    assert starts(found) == []
    assert found.wake_at == at(150)
    gone = ended("b", 95, slot=2, stopping_at=at(90), stop_reason="scale-in")
    assert starts(decide(situation(task("a"), gone, replicas=2))) == [("2", "v1", "scale")]


def test_s1_scaled_in_and_out_again_ends_with_the_number_asked_for():
    made = world(replicas=5)
    made.redeploy(replicas=2)
    made.run(30)
    assert len(made.running()) == 2
    assert made.decisions[-1][1].complete
    made.redeploy(replicas=4)
    made.run(30)
    assert len(made.running()) == 4


def test_s2_scaling_out_during_an_update_gives_the_new_revision_and_is_not_watched():
    made = world(update=UpdatePolicy(delay="20s"))
    made.redeploy(wish="v2")
    made.run(5)
    made.redeploy(replicas=5)
    made.run(5)
    scaled = [each for each in made.tasks if each.start.cause == "scale"]
    assert [each.start.revision.hash for each in scaled] == ["v2", "v2"]
    made.run(100)
    assert update(made).slots == 3
    assert len(made.running("v2")) == 5


# Global


def test_g1_one_task_a_node_that_fits_is_up_and_not_drained():
    made = world(scheduling="global")
    assert sorted(each.node.name for each in made.running() if each.node) == ["node-0", "node-1", "node-2"]
    made.nodes.append(SimNode(name="node-3"))
    made.nodes.append(SimNode(name="node-4", fits=False))
    made.nodes.append(SimNode(name="node-5", drained=True))
    made.run(20)
    assert sorted(each.node.name for each in made.running() if each.node) == [f"node-{n}" for n in range(4)]
    assert made.tasks[-1].start.cause == "node"


def test_g1_a_node_that_stops_fitting_loses_its_task():
    made = world(scheduling="global")
    made.node("node-1").fits = False
    made.run(20)
    assert len(made.running()) == 2
    assert [each.reason for each in made.tasks] == [None, "constraint", None]
    made.node("node-1").fits = True
    made.run(20)
    assert len(made.running()) == 3


def test_g2_a_cordoned_node_keeps_its_task_and_gets_no_new_one():
    made = world(scheduling="global")
    made.node("node-1").cordoned = True
    made.redeploy(wish="v2")
    made.run(100)
    assert update(made).state == "completed"
    assert update(made).slots == 2
    assert [each.start.place.label for each in made.running("v1")] == ["node-1"]
    made.kill(made.running("v1")[0])
    made.run(100)
    assert len(made.running()) == 2
    assert made.decisions[-1][1].complete


def test_g4_a_node_that_is_active_again_is_brought_up_to_date_outside_of_the_update():
    made = world(scheduling="global")
    made.node("node-1").cordoned = True
    made.redeploy(wish="v2")
    made.run(100)
    made.node("node-1").cordoned = False
    made.run(20)
    assert len(made.running("v2")) == 3
    assert made.tasks[-1].start.cause == "node"
    assert states(made) == ["updating", "completed"]


def test_g3_a_node_that_is_down_never_blocks_an_update():
    made = world(scheduling="global", fates={"v1": Fate(stops=600)})
    made.lose("node-0")
    made.redeploy(wish="v2")
    made.run(300)
    assert update(made).state == "completed"
    assert len(made.running("v2")) == 2


def test_g3_a_node_that_comes_back_gets_its_task_at_once():
    made = world(scheduling="global", restart=RestartPolicy(delay="60s"))
    made.lose("node-0")
    made.run(30)
    made.find("node-0")
    made.run(10)
    assert len(made.running()) == 3


def test_g1_a_drained_node_loses_its_task_and_gets_one_when_it_is_active_again():
    made = world(scheduling="global")
    made.node("node-2").drained = True
    made.run(20)
    assert len(made.running()) == 2
    made.node("node-2").drained = False
    made.run(20)
    assert len(made.running()) == 3


def test_g1_global_updates_go_node_by_node():
    made = world(scheduling="global", update=UpdatePolicy(delay="10s"))
    made.redeploy(wish="v2")
    made.run(200)
    created = [each.created for each in made.tasks if each.start.revision.hash == "v2"]
    assert all(later - sooner > 10 for sooner, later in itertools.pairwise(created))
    assert states(made) == ["updating", "completed"]


def test_g1_max_attempts_is_counted_for_each_node():
    made = world(scheduling="global", restart=RestartPolicy(max_attempts=2, delay="0s"), fates={"v1": Fate(runs=1)})
    made.run(100)
    assert [len(made.of(Place(node=f"node-{n}"))) for n in range(3)] == [3, 3, 3]
    assert len(made.decisions[-1][1].dead) == 3


def test_g1_no_node_is_a_service_that_is_complete():
    block = TasksBlock(scheduling="global")
    decision = decide(situation(block=block, replicas=0, nodes=()))
    assert decision.complete
    fits = decide(situation(block=block, replicas=0, nodes=(Fit(name="b"), Fit(name="a"))))
    assert starts(fits) == [("a", "v1", "node"), ("b", "v1", "node")]
