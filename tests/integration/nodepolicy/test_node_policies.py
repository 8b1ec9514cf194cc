"""NodePolicies against a real API server: cordon, drain by the Eviction API, labels, and all of it undone."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest
from tests.faults.proxy import FaultProxy
from tests.integration.nodepolicy.scene import Scene, cordoned, reasons, report_of
from tests.support.operators import mortal, running
from tests.support.waiting import never
from tests.support.world import condition

from wharfinger.api.builtin import DAEMON_SET, NODE, POD, POD_DISRUPTION_BUDGET
from wharfinger.api.kinds import NODE_POLICY
from wharfinger.api.labels import AVAILABILITY_ANNOTATION, NODE_POLICY_ANNOTATION, NODE_POLICY_FINALIZER
from wharfinger.api.resource import Object
from wharfinger.engine.connection import Connection
from wharfinger.engine.errors import Invalid
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

CONCERNED = ("nodes", "nodepolicies", "pods", "events")
"""Resources that a NodePolicy's reconciler asks for anything."""


def substance(node: Object) -> tuple[object, ...]:
    """What people see of a node: labels, annotations, whether it is cordoned."""
    metadata = node["metadata"]
    return metadata.get("labels"), metadata.get("annotations") or {}, cordoned(node)


async def test_a_paused_node_keeps_its_pods_and_is_given_back(scene: Scene, keeper: Operator) -> None:
    name = await scene.join(pool="blue")
    await scene.deployment("web", replicas=1)
    before = substance(await scene.node(name))
    await scene.policy("pause", nodes=[name], availability="pause", labels={"pool": "green", "rack": "r1"})
    policy = await scene.ready("pause")
    node = await scene.node(name)
    assert cordoned(node)
    assert node["metadata"]["annotations"][AVAILABILITY_ANNOTATION] == "pause"
    assert {"pool": "green", "rack": "r1"}.items() <= node["metadata"]["labels"].items()
    assert NODE_POLICY_FINALIZER in policy["metadata"]["finalizers"]
    assert len(await scene.on(name)) == 1
    await scene.delete("pause")
    assert substance(await scene.node(name, lambda found: not found["spec"].get("taints"))) == before


async def test_what_is_undone_by_hand_is_done_again(scene: Scene, keeper: Operator) -> None:
    name = await scene.join()
    await scene.policy("pause", nodes=[name], availability="pause", labels={"rack": "r1"})
    await scene.ready("pause")
    await scene.edit(name, {"spec": {"unschedulable": None}, "metadata": {"labels": {"rack": "r2"}}})
    node = await scene.node(name, lambda found: cordoned(found) and found["metadata"]["labels"].get("rack") == "r1")
    assert NODE_POLICY_ANNOTATION in node["metadata"]["annotations"]
    await scene.delete("pause")
    assert "rack" not in (await scene.node(name))["metadata"]["labels"]


async def test_a_drain_waits_for_the_budget_and_says_which(scene: Scene, keeper: Operator) -> None:
    """Nowhere else to go, so that the budget holds one pod; a second node frees it."""
    old = await scene.join(pool="old")
    await scene.deployment("web", replicas=2, healthy=1)
    await scene.policy(
        "drain",
        nodeSelector={"matchLabels": {"pool": "old", "example.com/scene": scene.world.namespace}},
        availability="drain",
    )
    policy = await scene.told("drain", lambda obj: "DisruptionBudget" in reasons(obj, old))
    report = report_of(policy, old)
    assert report["state"] == "Draining"
    assert any("web" in each["message"] for each in report["waiting"] if each["reason"] == "DisruptionBudget")
    assert condition(policy, "Reconciling")["reason"] == "Draining"
    assert len(await scene.running("web", 1, nodes=(old,))) == 1

    new = await scene.join(pool="new")
    await scene.running("web", 2, nodes=(new,))
    policy = await scene.ready("drain")
    report = report_of(policy, old)
    assert (report["state"], report["evicted"], report["waiting"]) == ("Drained", 2, [])
    assert await scene.on(old) == []

    await scene.delete("drain")
    assert not cordoned(await scene.node(old))


async def test_what_stays_and_what_waits_for_a_person(scene: Scene, keeper: Operator) -> None:
    name = await scene.join()
    pods = {"app": "agent"}
    template = {"metadata": {"labels": pods}, "spec": scene.pod_spec()}
    await scene.world.create(DAEMON_SET, "agent", spec={"selector": {"matchLabels": pods}, "template": template})
    await scene.running("agent", 1)
    await scene.world.create(POD, "bare", metadata={"name": "bare", "labels": {"app": "bare"}}, spec=scene.pod_spec())
    await scene.running("bare", 1)

    await scene.policy("drain", nodes=[name], availability="drain")
    policy = await scene.told("drain", lambda obj: condition(obj, "Stalled").get("reason") == "PodsRemain")
    report = report_of(policy, name)
    assert [each["pod"] for each in report["waiting"]] == [f"{scene.world.namespace}/bare"]
    assert [each["reason"] for each in report["staying"]] == ["DaemonSet"]

    await scene.policy("drain", nodes=[name], availability="drain", drain={"force": True})
    policy = await scene.ready("drain")
    assert report_of(policy, name)["state"] == "Drained"
    assert [pod.rpartition("-")[0] for pod in await scene.on(name)] == ["agent"]


async def test_the_earlier_of_two_policies_holds_the_node_and_the_later_inherits_it(
    scene: Scene, keeper: Operator
) -> None:
    name = await scene.join()
    before = substance(await scene.node(name))
    await scene.policy("first", nodes=[name], availability="pause", labels={"rack": "r1"})
    await scene.ready("first")
    # Creation times have seconds only, and then names decide: "first" comes before "second".
    await scene.policy("second", nodes=[name], availability="drain", labels={"disk": "ssd"})
    second = await scene.told("second", lambda obj: condition(obj, "Stalled").get("reason") == "Conflict")
    assert scene.called("first") in condition(second, "Stalled")["message"]
    node = await scene.node(name)
    assert node["metadata"]["annotations"][AVAILABILITY_ANNOTATION] == "pause"
    version = node["metadata"]["annotations"][NODE_POLICY_ANNOTATION]

    async def changed() -> bool:
        found = await scene.node(name)
        return bool(found["metadata"]["annotations"].get(NODE_POLICY_ANNOTATION) != version)

    await never(changed, during=1.0, what="the policies take turns")
    await scene.delete("first")
    await scene.ready("second")
    node = await scene.node(name)
    assert node["metadata"]["annotations"][AVAILABILITY_ANNOTATION] == "drain"
    assert "rack" not in node["metadata"]["labels"]
    await scene.delete("second")
    assert substance(await scene.node(name, lambda found: not found["spec"].get("taints"))) == before


async def test_a_node_that_vanishes_is_missed_and_one_that_comes_is_taken(scene: Scene, keeper: Operator) -> None:
    first = await scene.join()
    later = f"{scene.world.namespace}-1"
    await scene.policy("pause", nodes=[first, later], availability="pause")
    policy = await scene.ready("pause")
    assert report_of(policy, later)["state"] == "Missing"
    assert await scene.join(schedulable=False) == later
    await scene.vanish(first)
    policy = await scene.told("pause", lambda obj: report_of(obj, first).get("state") == "Missing")
    policy = await scene.told("pause", lambda obj: report_of(obj, later).get("state") == "Applied")
    assert cordoned(await scene.node(later))
    await scene.delete("pause")
    assert not cordoned(await scene.node(later))


async def test_an_operator_that_is_killed_in_the_middle_is_succeeded(scene: Scene) -> None:
    """The successor knows from the node and the status what was there, and counts on."""
    old = await scene.join()
    connection = Connection.from_kubeconfig(scene.world.kubeconfig)
    await scene.deployment("web", replicas=2, healthy=1)
    before = substance(await scene.node(old))
    async with mortal(connection, node_policies=True):
        await scene.policy("drain", nodes=[old], availability="drain", labels={"rack": "r1"})
        await scene.told(
            "drain", lambda obj: report_of(obj, old).get("evicted") == 1 and reasons(obj, old) == {"DisruptionBudget"}
        )
    new = await scene.join()
    await scene.running("web", 1, nodes=(new,))
    await scene.world.client.delete(NODE_POLICY, ("", scene.called("drain")))
    policy = await scene.world.get(NODE_POLICY, scene.called("drain"))
    assert policy is not None, "the finalizer holds it until the node is given back"
    async with running(scene.world.kubeconfig, node_policies=True):
        await scene.world.gone(NODE_POLICY, scene.called("drain"), timeout=60)
    assert substance(await scene.node(old, lambda found: not found["spec"].get("taints"))) == before


async def test_a_drain_goes_on_under_another_operator_and_then_nothing_is_asked(scene: Scene) -> None:
    old = await scene.join()
    await scene.deployment("web", replicas=2, healthy=2)
    connection = Connection.from_kubeconfig(scene.world.kubeconfig)
    async with mortal(connection, node_policies=True):
        await scene.policy("drain", nodes=[old], availability="drain")
        await scene.told("drain", lambda obj: reasons(obj, old) == {"DisruptionBudget"})
    new = await scene.join()
    await scene.world.delete(POD_DISRUPTION_BUDGET, "web")
    async with (
        FaultProxy(connection) as proxy,
        running(scene.world.kubeconfig, connection=proxy.connection, node_policies=True) as operator,
    ):
        policy = await scene.ready("drain")
        assert report_of(policy, old)["evicted"] == 2
        await scene.running("web", 2, nodes=(new,))
        await operator.wait_idle(60)
        mark = len(proxy.exchanges)

        async def asked() -> list[str]:
            calls = [exchange.call for exchange in proxy.exchanges[mark:] if exchange.call.resource in CONCERNED]
            return [f"{call.verb} {call.path}" for call in calls if call.verb not in ("list", "watch")]

        await never(asked, during=3.0, what="requests at rest")
        assert not operator.queue(NODE_POLICY.plural).due_within(3600)


async def test_an_operator_of_single_namespaces_leaves_nodes_alone(scene: Scene) -> None:
    name = await scene.join()
    await scene.policy("pause", nodes=[name], availability="pause")
    async with running(scene.world.kubeconfig, namespaces=(scene.world.namespace,), node_policies=True) as operator:
        assert NODE not in operator.stores
        assert NODE_POLICY not in operator.stores
    assert not cordoned(await scene.node(name))


async def test_a_document_that_makes_no_sense_is_refused_when_it_is_applied(scene: Scene) -> None:
    spec = {"nodes": ["n1"], "labels": {"kubernetes.io/hostname": "other"}}
    with pytest.raises(Invalid, match="the kubelet or the cloud keeps those"):
        await scene.policy("wrong", **spec)
    with pytest.raises(Invalid, match="nodes or nodeSelector is required"):
        await scene.policy("wrong", availability="pause")


async def test_what_kubectl_shows_and_how_to_let_go(scene: Scene) -> None:
    """Without an operator, a policy goes when a person takes the finalizer away; its node stays as it is."""
    name = await scene.join()
    await scene.policy("pause", nodes=[name], availability="pause")
    full = scene.called("pause")
    async with running(scene.world.kubeconfig, node_policies=True):
        await scene.ready("pause")
    columns, line = (await scene.world.kubectl("get", "nodepolicies", full)).splitlines()
    assert columns.split() == ["NAME", "AVAILABILITY", "NODES", "SETTLED", "READY", "REASON", "AGE"]
    assert line.split()[:-1] == [full, "pause", "1", "1", "True", "Applied"]
    shown = await scene.world.kubectl("get", "nodepolicy", full, "-o", "jsonpath={.status.nodes[0]}")
    assert json.loads(shown)["state"] == "Applied"
    listed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "wharfinger", "nodes", "--kubeconfig", str(scene.world.kubeconfig), "-o", "json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    (row,) = [each for each in json.loads(listed.stdout)["nodes"] if each["id"] == name]
    assert (row["status"], row["availability"], row["policy"]) == ("Ready", "Pause", full)

    await scene.world.client.delete(NODE_POLICY, ("", full))
    patch = '{"metadata": {"finalizers": null}}'
    await scene.world.kubectl("patch", "nodepolicy", full, "--type", "merge", "-p", patch)
    await scene.world.gone(NODE_POLICY, full)
    assert cordoned(await scene.node(name))
