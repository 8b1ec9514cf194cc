"""``wharfinger node update``, ``ls`` and ``ps`` on nodes that an operator keeps by NodePolicies."""

from __future__ import annotations

import json
import re

import pytest
from tests.integration.nodepolicy.scene import PATIENCE, SCENE, Scene, cordoned
from tests.support.commands import Done, wharfinger
from tests.support.tasks import running, until_tasks

from wharfinger.api.kinds import NODE_POLICY
from wharfinger.api.labels import AVAILABILITY_ANNOTATION
from wharfinger.engine.operator import Operator

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

NOT_THERE = "no-such-node"


@pytest.fixture
async def node(scene: Scene) -> str:
    """A node of the test's own; the policy of its name goes with it."""
    name = await scene.join()
    scene.keep_for_clearing(name)
    return name


async def update(scene: Scene, *arguments: str) -> Done:
    return await wharfinger(scene.world, "node", "update", *arguments)


async def test_a_node_is_changed_until_its_policy_is_deleted(scene: Scene, keeper: Operator, node: str) -> None:
    done = await update(scene, "--availability", "drain", "--label-add", "disk=ssd", "--label-add", "fast", node)
    assert (done.code, done.out) == (0, f"nodepolicy.wharfinger.dev/{node} created\n")
    drained = await scene.node(node, cordoned)
    assert drained["metadata"]["annotations"][AVAILABILITY_ANNOTATION] == "drain"
    assert {"disk": "ssd", "fast": ""}.items() <= drained["metadata"]["labels"].items()
    shown = (await wharfinger(scene.world, "node", "ls", "--filter", f"id={node}")).out.splitlines()
    assert re.split(r"\s{2,}", shown[1].strip())[:4] == [node, node, "Ready", "Drain"]

    assert (await update(scene, "--availability", "active", node)).out.endswith(" configured\n")
    active = await scene.node(node, lambda seen: not cordoned(seen))
    assert active["metadata"]["labels"]["disk"] == "ssd"
    assert (await update(scene, "--availability", "active", node)).out.endswith(" unchanged\n")
    assert (await update(scene, "--label-rm", "fast", "--label-add", "disk=hdd", f"node/{node}")).code == 0
    await scene.node(node, lambda seen: "fast" not in seen["metadata"]["labels"])
    assert (await scene.node(node))["metadata"]["labels"]["disk"] == "hdd"

    await scene.world.client.delete(NODE_POLICY, ("", node))
    await scene.node(node, lambda seen: "disk" not in seen["metadata"]["labels"])


async def test_nothing_left_to_keep_is_no_policy(scene: Scene, keeper: Operator, node: str) -> None:
    assert (await update(scene, "--label-add", "disk=ssd", node)).code == 0
    await scene.node(node, lambda seen: "disk" in seen["metadata"]["labels"])
    done = await update(scene, "--label-rm", "disk", node)
    assert (done.code, done.out) == (0, f"nodepolicy.wharfinger.dev/{node} deleted\n")
    await scene.world.gone(NODE_POLICY, node, timeout=PATIENCE)
    assert "disk" not in (await scene.node(node))["metadata"]["labels"]


async def test_what_others_keep_is_left_to_them(scene: Scene, keeper: Operator, node: str) -> None:
    assert (await update(scene, "--availability", "pause", NOT_THERE)).err == (
        f"wharfinger: there is no node {NOT_THERE}; `wharfinger node ls` lists them\n"
    )
    refused = await update(scene, "--label-add", "kubernetes.io/hostname=x", node)
    assert refused.code == 2
    assert "labels may not name kubernetes.io/arch, kubernetes.io/hostname" in refused.err

    assert (await update(scene, "--availability", "pause", node)).code == 0
    await scene.world.client.patch(NODE_POLICY, ("", node), {"spec": {"availability": "drain"}}, manager="kubectl-edit")
    conflict = await update(scene, "--availability", "active", node)
    assert conflict.code == 1
    assert f"NodePolicy {node}: kubectl-edit has set spec.availability" in conflict.err
    assert (await update(scene, "--availability", "active", "--force-conflicts", node)).code == 0
    await scene.world.client.delete(NODE_POLICY, ("", node))
    await scene.world.gone(NODE_POLICY, node, timeout=PATIENCE)

    await scene.policy("pool", nodes=[node], availability="pause")
    await scene.ready("pool")
    held = await update(scene, "--availability", "active", node)
    assert (held.code, held.err) == (
        1,
        f"wharfinger: NodePolicy {scene.called('pool')} holds node {node}: change that one, or delete it first\n",
    )


async def test_ps_shows_the_tasks_on_nodes(scene: Scene, keeper: Operator, node: str) -> None:
    other = await scene.join()
    await scene.world.workload(
        "agent",
        mode="tasks",
        image="registry.example.com/shop/agent:1",
        tasks={"scheduling": "global"},
        pod={"nodeSelector": {SCENE: scene.world.namespace}},
    )
    await until_tasks(scene.world, "agent", lambda tasks: len(running(tasks)) == 2, timeout=PATIENCE)

    shown = (await wharfinger(scene.world, "node", "ps", node)).out.splitlines()
    assert re.split(r"\s{2,}", shown[0].strip())[:4] == ["ID", "NAME", "IMAGE", "NODE"]
    assert [re.split(r"\s{2,}", line.strip())[1:5] for line in shown[1:]] == [
        [f"agent.{node}", "registry.example.com/shop/agent:1", node, "Running"]
    ]
    told = json.loads((await wharfinger(scene.world, "node", "ps", "-o", "json")).out)["tasks"]
    assert sorted((task["namespace"], task["node"]) for task in told) == sorted(
        (scene.world.namespace, each) for each in (node, other)
    )
    names = (await wharfinger(scene.world, "node", "ps", node, "-o", "name")).out.split()
    assert names == [task["id"] for task in told if task["node"] == node]
    assert (await wharfinger(scene.world, "node", "ps", NOT_THERE)).code == 1
