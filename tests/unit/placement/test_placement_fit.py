"""Which nodes get a task, and which keep theirs."""

from __future__ import annotations

from typing import Any

import pytest
from placement_cases import MANAGER, block, ecs, node, per_node

from wharfinger.api.tasks import TasksBlock
from wharfinger.placement import Eligible, Load, drained, eligible, fits, loads, misfit

GPU = [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]


def names(found: tuple[Eligible, ...]) -> list[str]:
    return [each.name for each in found]


@pytest.mark.parametrize(
    ("placement", "pod", "fields", "fit"),
    [
        ({}, {}, {}, True),
        # ordinary tasks stay off the control plane unless asked
        ({}, {}, {"manager": True}, False),
        ({"controlPlane": True}, {}, {"manager": True}, True),
        ({"constraints": ["node.role == manager"]}, {}, {"manager": True}, True),
        ({"constraints": ["node.role != worker"]}, {}, {"manager": True}, True),
        ({"constraints": ["node.role == manager"]}, {}, {}, False),
        ({"controlPlane": True}, {}, {"manager": True, "taints": [{"key": MANAGER, "effect": "NoSchedule"}]}, True),
        # taints and tolerations (core/v1)
        ({}, {}, {"taints": GPU}, False),
        ({}, {"tolerations": [{"key": "gpu", "operator": "Exists"}]}, {"taints": GPU}, True),
        ({}, {"tolerations": [{"key": "gpu", "value": "yes"}]}, {"taints": GPU}, True),
        ({}, {"tolerations": [{"key": "gpu", "operator": "Equal", "value": "no"}]}, {"taints": GPU}, False),
        ({}, {"tolerations": [{"operator": "Exists"}]}, {"taints": GPU}, True),
        ({}, {"tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoExecute"}]}, {"taints": GPU}, False),
        ({}, {}, {"taints": [{"key": "gpu", "effect": "PreferNoSchedule"}]}, True),
        # taints by which Kubernetes tells conditions pass
        ({}, {}, {"taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]}, True),
        # the PodSpec's own selectors count
        ({}, {"nodeSelector": {"zone": "a"}}, {"labels": {"zone": "a"}}, True),
        ({}, {"nodeSelector": {"zone": "a"}}, {"labels": {"zone": "b"}}, False),
        ({}, {"os": {"name": "windows"}}, {}, False),
        ({}, {"os": {"name": "linux"}}, {}, True),
        # all must hold
        ({"constraints": ["node.labels.a == 1", "node.labels.b == 2"]}, {}, {"labels": {"a": "1"}}, False),
        ({"memberOf": ["attribute:a == 1", "attribute:b exists"]}, {}, {"labels": {"a": "1", "b": ""}}, True),
        # what is no constraint fits no node
        ({"constraints": ["nonsense"]}, {}, {}, False),
        ({"memberOf": ["nonsense"]}, {}, {}, False),
    ],
)
def test_fitting(placement: dict[str, Any], pod: dict[str, Any], fields: dict[str, Any], fit: bool) -> None:
    assert fits(block(**placement), node(**fields), pod=pod) is fit


@pytest.mark.parametrize(
    ("expression", "fit"),
    [
        ({"key": "cpus", "operator": "Gt", "values": ["4"]}, True),
        ({"key": "cpus", "operator": "Lt", "values": ["4"]}, False),
        ({"key": "zone", "operator": "Gt", "values": ["4"]}, False),
        ({"key": "zone", "operator": "In", "values": ["a", "b"]}, True),
        ({"key": "zone", "operator": "NotIn", "values": ["a"]}, False),
        ({"key": "other", "operator": "NotIn", "values": ["a"]}, True),
        ({"key": "zone", "operator": "Exists"}, True),
        ({"key": "other", "operator": "DoesNotExist"}, True),
    ],
)
def test_the_pods_own_affinity_counts_as_the_scheduler_reads_it(expression: dict[str, Any], fit: bool) -> None:
    term = {
        "matchExpressions": [expression],
        "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}],
    }
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    pod = {"affinity": {"nodeAffinity": required}}
    labels = {"cpus": "8", "zone": "a"}
    assert fits(block(), node("n1", labels=labels), pod=pod) is fit
    assert not fits(block(), node("n2", labels=labels), pod=pod)


def test_an_affinity_without_a_requirement_selects_no_node() -> None:
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{}]}}
    assert not fits(block(), node(), pod={"affinity": {"nodeAffinity": required}})


def test_a_task_on_each_node_that_fits_and_is_neither_drained_nor_lost() -> None:
    nodes = [
        node("well"),
        node("cordoned", unschedulable=True),
        node("paused", annotations={"wharfinger.dev/availability": "pause"}),
        node("drained", annotations={"wharfinger.dev/availability": "drain"}),
        node("lost", ready="Unknown"),
        node("unready", ready="False"),
        node("manager", manager=True),
    ]
    found = eligible(per_node(), nodes, pod={})
    assert {each.name: each.takes_new for each in found} == {
        "cordoned": False,
        "paused": False,
        "unready": False,
        "well": True,
    }
    assert drained(nodes, ["well", "vanished"]) == {"drained", "lost", "vanished"}


def test_a_task_that_runs_need_not_tolerate_a_new_taint_unless_it_evicts() -> None:
    kept, evicting = node("kept", taints=GPU), node("evicting", taints=[{"key": "gpu", "effect": "NoExecute"}])
    assert eligible(per_node(), [kept, evicting], pod={}) == ()
    assert names(eligible(per_node(), [kept, evicting], pod={}, running={"kept", "evicting"})) == ["kept"]


def test_a_task_that_runs_is_not_asked_what_runs_beside_it() -> None:
    empty = per_node(ecs=True, memberOf=["runningTasksCount == 0", "attribute:stack == a"])
    there = node("n1", labels={"stack": "a"})
    busy = {"n1": Load(tasks=1)}
    assert eligible(empty, [there], pod={}, load=busy) == ()
    assert names(eligible(empty, [there], pod={}, load=busy, running={"n1"})) == ["n1"]
    assert names(eligible(empty, [there], pod={}, load={})) == ["n1"]


@pytest.mark.parametrize(
    ("made", "labels", "moved"),
    [
        (block(constraints=["node.labels.zone == a"]), {"zone": "a"}, False),
        (block(constraints=["node.labels.zone == a"]), {"zone": "b"}, True),
        (block(constraints=["node.labels.zone != a"]), {}, False),
        (ecs(memberOf=["attribute:zone == a"]), {"zone": "b"}, True),
        (per_node(ecs=True, memberOf=["attribute:zone == a"]), {"zone": "b"}, True),
        # what runs beside it is asked once, when it starts
        (ecs(memberOf=["runningTasksCount == 0"]), {}, False),
        (ecs(memberOf=["task:group == service:gone"]), {}, False),
    ],
)
def test_a_task_moves_when_its_node_does_not_fit_any_more(
    made: TasksBlock, labels: dict[str, str], moved: bool
) -> None:
    assert misfit(made, node(labels=labels)) is moved


def test_a_taint_or_a_role_moves_no_task_that_runs() -> None:
    assert not misfit(block(), node(manager=True, taints=GPU))


def test_what_runs_is_counted_by_node_and_by_group() -> None:
    def pod(on: str | None, phase: str = "Running", **labels: str) -> dict[str, Any]:
        return {"metadata": {"labels": labels}, "spec": {"nodeName": on} if on else {}, "status": {"phase": phase}}

    instance, group = "app.kubernetes.io/instance", "wharfinger.dev/task-group"
    found = loads(
        [
            pod("n1", **{instance: "web"}),
            pod("n1", **{instance: "db", group: "family:db"}),
            pod("n1", "Succeeded", **{instance: "old"}),
            pod("n2", "Pending"),
            pod(None, **{instance: "waiting"}),
        ]
    )
    assert found == {
        "n1": Load(tasks=2, groups=frozenset({"service:web", "service:db", "family:db"})),
        "n2": Load(tasks=1),
    }
