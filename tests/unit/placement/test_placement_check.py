"""What is wrong with a placement whatever the nodes are."""

from __future__ import annotations

import pytest
from placement_cases import block, ecs, per_node

from wharfinger.api.tasks import TasksBlock
from wharfinger.placement import check


@pytest.mark.parametrize(
    ("made", "path", "severity", "words"),
    [
        (block(constraints=["node.role == worker", "node.role"]), "constraints[1]", "error", "one operator"),
        (block(constraints=["node.colour == red"]), "constraints[0]", "warning", "Swarm knows no key `node.colour`"),
        (block(constraints=["node.ip != nowhere"]), "constraints[0]", "warning", "neither an address nor a network"),
        (block(constraints=["node.role == boss"]), "constraints[0]", "warning", "roles are manager and worker"),
        (block(constraints=["node.labels.x == a b"]), "constraints[0]", "warning", "can have no value `a b`"),
        (block(constraints=["node.labels.x- == a"]), "constraints[0]", "warning", "can have no label `x-`"),
        (
            block(constraints=["engine.labels.a/b == c"]),
            "constraints[0]",
            "warning",
            "can have no label `engine.wharfinger.dev/a/b`",
        ),
        (block(preferences=[{"spread": "node.id"}]), "preferences[0].spread", "warning", "is skipped"),
        (
            block(preferences=[{"spread": "node.labels.a"}, {"spread": "node.labels.b"}]),
            "preferences",
            "info",
            "weighed at once",
        ),
        (per_node(preferences=[{"spread": "node.labels.a"}]), "preferences", "info", "nothing to spread"),
        (ecs(memberOf=["attribute:a =="]), "memberOf[0]", "error", "a value"),
        (ecs(memberOf=["not(agentVersion > 1.2.0)"]), "memberOf[0]", "error", "no node has an ECS agent"),
        (ecs(memberOf=["attribute:a\\b exists"]), "memberOf[0]", "warning", "can have no label"),
        (
            ecs(strategies=[{"type": "spread", "field": "zone"}]),
            "strategies[0].field",
            "error",
            "must be instanceId, host or attribute:NAME",
        ),
        (ecs(strategies=[{"type": "spread"}]), "strategies[0].field", "error", "must be instanceId"),
        (
            ecs(strategies=[{"type": "binpack", "field": "disk"}]),
            "strategies[0].field",
            "error",
            "must be cpu or memory",
        ),
        (
            ecs(strategies=[{"type": "binpack", "field": "cpu"}]),
            "strategies[0]",
            "info",
            "not those with the least left",
        ),
        (
            ecs(strategies=[{"type": "random"}, {"type": "spread", "field": "host"}]),
            "strategies",
            "info",
            "not the first one first",
        ),
        (
            per_node(ecs=True, strategies=[{"type": "random"}]),
            "strategies",
            "error",
            "ECS takes no strategy for DAEMON",
        ),
        (
            block(genericResources=[{"kind": "a b", "value": 1}]),
            "genericResources[0].kind",
            "error",
            "cannot be an extended resource",
        ),
        (
            block(genericResources=[{"kind": "kubernetes.io/x", "value": 1}]),
            "genericResources[0].kind",
            "error",
            "cannot be",
        ),
        (block(maxReplicasPerNode=2), "maxReplicasPerNode", "info", "2 lanes"),
    ],
)
def test_one_finding_says_what_and_where(made: TasksBlock, path: str, severity: str, words: str) -> None:
    found = [each for each in check(made) if words in each.message]
    assert [(each.path, each.severity) for each in found] == [(f"spec.tasks.placement.{path}", severity)]


@pytest.mark.parametrize(
    "made",
    [
        block(),
        block(constraints=["node.role != boss", "node.labels.x != a b", "node.ip == fd00::/8"], maxReplicasPerNode=1),
        block(preferences=[{"spread": "node.labels.topology.kubernetes.io/zone"}]),
        block(genericResources=[{"kind": "gpu", "value": 1}, {"kind": "nvidia.com/gpu", "value": 1}]),
        ecs(memberOf=["attribute:ecs.instance-type =~ t3.*"], strategies=[{"type": "random"}], distinctInstance=True),
        per_node(maxReplicasPerNode=3),
    ],
)
def test_what_is_honoured_as_written_has_no_finding(made: TasksBlock) -> None:
    assert check(made) == ()
