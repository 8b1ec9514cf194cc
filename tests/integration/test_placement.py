"""What a placement is compiled to, the real API server takes and the real scheduler honours."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.waiting import eventually
from tests.support.world import World, condition

from wharfinger.api.builtin import NODE, POD
from wharfinger.api.containerworkload import ContainerWorkloadSpec, Workload
from wharfinger.api.resource import Object
from wharfinger.api.tasks import TasksBlock
from wharfinger.cluster.nodes import simulated
from wharfinger.engine.diff import covers
from wharfinger.engine.errors import NotFound
from wharfinger.placement import Node, check, loads, placed, pod_placement, read_node, trim_node
from wharfinger.placement.node import CONTROL_PLANE, ZONE
from wharfinger.render.templating import expanded, values

pytestmark = pytest.mark.integration

DEADLINE = 60.0
POOL = "example.com/pool"
GPU = "generic.wharfinger.dev/gpu"
NODES: dict[str, dict[str, str]] = {
    "a1": {ZONE: "a", "disk": "SSD"},
    "a2": {ZONE: "a", "disk": "ssd"},
    "b1": {ZONE: "b", "disk": "hdd"},
    "m1": {ZONE: "b", "disk": "hdd", CONTROL_PLANE: ""},
}
"""By the end of the node's name: its labels."""


def block(*, ecs: bool = False, scheduling: str = "replicated", **placement: Any) -> TasksBlock:
    """A placement, by Swarm's rules or by ECS's."""
    rules = {"deployment": {}} if ecs else {}
    return TasksBlock.model_validate({"placement": placement, "scheduling": scheduling, **rules})


@dataclass(frozen=True)
class Pool:
    """Nodes of the test's own, in a cluster that has others."""

    world: World

    def name(self, short: str) -> str:
        """The whole name of one of `NODES`."""
        return f"{short}-{self.world.namespace}"

    def node(self, short: str) -> Object:
        """One of `NODES`, which takes no pods but ours."""
        made = simulated.node(self.name(short))
        made["metadata"]["labels"] |= NODES[short] | {POOL: self.world.namespace}
        taints = [{"key": POOL, "value": self.world.namespace, "effect": "NoSchedule"}]
        if CONTROL_PLANE in NODES[short]:
            taints.append({"key": CONTROL_PLANE, "effect": "NoSchedule"})
        if short == "a2":
            room = made["status"]["allocatable"] | {GPU: "1"}
            made["status"] |= {"allocatable": room, "capacity": room}
        return made | {"spec": {"taints": taints}}

    async def known(self) -> list[Node]:
        """All nodes of the cluster, as the operator's store keeps them."""
        return [read_node(trim_node(each)) for each in await self.world.client.list(NODE)]

    async def start(
        self, made: TasksBlock, *, name: str = "web", slots: Iterable[int] = (), nodes: Iterable[str] = ()
    ) -> None:
        """A pod for each slot or node, placed."""
        selector = {"app.kubernetes.io/instance": name}
        running = loads(await self.world.list(POD))
        placement = pod_placement(made, selector=selector, nodes=await self.known(), load=running)
        assert [each for each in (*check(made), *placement.findings) if each.severity != "info"] == []
        for at in (*({"slot": slot} for slot in slots), *({"node": self.name(node)} for node in nodes)):
            here = placement.at(**at)  # type: ignore[arg-type]
            body = self._pod(f"{name}-{'-'.join(map(str, at.values()))}", selector | dict(here.labels))
            await self.world.client.create(POD, body | {"spec": placed(body["spec"], here, "main")})

    async def comes_to(self, *, bound: int, waiting: int = 0, name: str = "web") -> Counter[str]:
        """How many pods each node has, by the beginning of its name, once so many are bound and wait."""
        found: Counter[str] = Counter()

        async def settled() -> bool:
            pods = await self.world.list(POD, f"app.kubernetes.io/instance={name}")
            hosts = [pod["spec"]["nodeName"] for pod in pods if pod["spec"].get("nodeName")]
            stuck = [pod for pod in pods if condition(pod, "PodScheduled").get("reason") == "Unschedulable"]
            found.clear()
            found.update(host.removesuffix(f"-{self.world.namespace}") for host in hosts)
            return (len(hosts), len(stuck)) == (bound, waiting)

        await eventually(settled, timeout=DEADLINE, what=f"{bound} pods of {name} on nodes, {waiting} without; {found}")
        return found

    def _pod(self, name: str, labels: dict[str, str]) -> Object:
        spec = {
            "containers": [{"name": "main", "image": "any"}],
            "nodeSelector": {POOL: self.world.namespace},
            "tolerations": [{"key": POOL, "operator": "Exists"}],
            "terminationGracePeriodSeconds": 0,
        }
        meta = {
            "name": name,
            "namespace": self.world.namespace,
            "labels": labels | {"app.kubernetes.io/managed-by": "wharfinger"},
        }
        return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


@pytest.fixture
async def pool(world: World) -> AsyncIterator[Pool]:
    made = Pool(world)
    names = [made.name(short) for short in NODES]
    for short in NODES:
        await world.client.create(NODE, made.node(short))

    async def schedulable() -> bool:
        mine = [each for each in await made.known() if each.name in names]
        return all(
            each.takes_new and not any("node.kubernetes.io" in taint.key for taint in each.taints) for each in mine
        )

    await eventually(schedulable, timeout=DEADLINE, what="nodes that take pods")
    yield made
    await world.kubectl("delete", "pods", "--all", "--force", "--grace-period=0")
    for name in names:
        with suppress(NotFound):
            await world.client.delete(NODE, ("", name))


async def test_a_constraint_holds_whatever_the_case_of_its_value(pool: Pool) -> None:
    await pool.start(block(constraints=["node.labels.disk == Ssd"]), slots=range(1, 5))
    assert await pool.comes_to(bound=4) == {"a1": 2, "a2": 2}


async def test_ordinary_tasks_stay_off_the_control_plane_and_spread_over_the_other_nodes(pool: Pool) -> None:
    await pool.start(block(), slots=range(1, 7))
    assert await pool.comes_to(bound=6) == {"a1": 2, "a2": 2, "b1": 2}


async def test_the_control_plane_takes_tasks_that_ask_for_it(pool: Pool) -> None:
    await pool.start(block(constraints=["node.role == manager"]), slots=[1])
    assert await pool.comes_to(bound=1) == {"m1": 1}


async def test_more_than_one_task_a_node_is_kept_by_lanes(pool: Pool) -> None:
    await pool.start(block(maxReplicasPerNode=2), slots=range(1, 9))
    assert await pool.comes_to(bound=6, waiting=2) == {"a1": 2, "a2": 2, "b1": 2}


async def test_distinct_instances_hold_one_task_each(pool: Pool) -> None:
    await pool.start(block(ecs=True, distinctInstance=True), slots=range(1, 5))
    assert await pool.comes_to(bound=3, waiting=1) == {"a1": 1, "a2": 1, "b1": 1}


async def test_a_preference_spreads_over_its_values_first(pool: Pool) -> None:
    await pool.start(block(preferences=[{"spread": f"node.labels.{ZONE}"}]), slots=range(1, 5))
    found = await pool.comes_to(bound=4)
    assert found["b1"] >= 1
    assert found["a1"] + found["a2"] >= 1
    assert found["m1"] == 0


async def test_an_expression_holds(pool: Pool) -> None:
    asked = "attribute:ecs.availability-zone in [a, c] and not(attribute:disk =~ [a-z]+)"
    await pool.start(block(ecs=True, memberOf=[asked]), slots=[1, 2])
    assert await pool.comes_to(bound=2) == {"a1": 2}


async def test_task_groups_keep_together_and_apart(pool: Pool) -> None:
    await pool.start(block(constraints=[f"node.hostname == {pool.name('a1')}"]), name="db", slots=[1])
    await pool.comes_to(bound=1, name="db")
    await pool.start(block(ecs=True, memberOf=["task:group == service:db"]), name="near", slots=[1, 2])
    assert await pool.comes_to(bound=2, name="near") == {"a1": 2}
    away = "not(task:group == service:db) and (runningTasksCount < 1 or attribute:never exists)"
    await pool.start(block(ecs=True, memberOf=[away]), name="away", slots=[1, 2])
    assert set(await pool.comes_to(bound=2, name="away")) <= {"a2", "b1"}


async def test_a_task_by_node_goes_to_its_node(pool: Pool) -> None:
    await pool.start(block(scheduling="global"), nodes=["b1", "a2"])
    assert await pool.comes_to(bound=2) == {"a2": 1, "b1": 1}


async def test_a_generic_resource_is_claimed_once(pool: Pool) -> None:
    await pool.start(block(genericResources=[{"kind": "gpu", "value": 1}]), slots=[1, 2])
    assert await pool.comes_to(bound=1, waiting=1) == {"a2": 1}


EVERYTHING = [
    block(
        constraints=[
            "node.labels.zone == A", "node.labels.other != b c", "node.role != manager", "node.ip != fd00::/8",
            "node.id != x", "engine.labels.storage == ssd", "node.platform.arch == x86_64", "node.colour == red",
        ],
        preferences=[{"spread": "node.labels.rack"}, {"spread": "node.labels.kubernetes.io/hostname"}, {"spread": "x"}],
        maxReplicasPerNode=3,
        genericResources=[{"kind": "GPU", "value": 2}, {"kind": "example.com/fpga", "value": 1}],
    ),
    block(
        ecs=True,
        controlPlane=True,
        memberOf=[
            "attribute:a == 1 or attribute:b =~ x.* or not(attribute:c in [1, 2])",
            "task:group in [service:a, service:b]",
        ],
        distinctInstance=True,
        strategies=[{"type": "spread", "field": "instanceId"}, {"type": "binpack", "field": "memory"}],
    ),
    block(scheduling="global", constraints=["node.labels.zone == a"]),
]  # fmt: skip


@pytest.mark.parametrize("made", EVERYTHING, ids=["swarm", "ecs", "global"])
async def test_the_api_server_stores_a_placed_pod_as_it_was_sent(world: World, made: TasksBlock) -> None:
    mine = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "x", "operator": "Gt", "values": ["4"]}]},
                    {"matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["n"]}]},
                ]
            }
        }
    }
    nodes = [read_node(each) for each in await world.client.list(NODE)]
    placement = pod_placement(made, selector={"app": "web"}, nodes=nodes, load={})
    here = placement.at(node="n1") if made.per_node else placement.at(slot=7)
    variable = {"name": "A", "value": "{{.Task.Name}} {{.Node.Hostname}}"}
    mount = {"name": "data", "mountPath": "/data/{{.Task.Slot}}", "subPath": "{{.Node.ID}}"}
    spec = {
        "containers": [{"name": "main", "image": "any", "env": [variable], "volumeMounts": [mount]}],
        "volumes": [{"name": "data", "emptyDir": {}}],
        "hostname": "{{.Task.Name}}",
        "affinity": mine,
    }
    workload = Workload(
        name="web",
        namespace=world.namespace,
        spec=ContainerWorkloadSpec.model_validate({"image": "any"}),
        labels={},
        annotations={},
    )
    known = values(workload, made, task="x3k", slot=7, node="n1" if made.per_node else None, nodes=nodes)
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": world.namespace, "labels": {"app": "web", **here.labels}},
        "spec": expanded(placed(spec, here, "main"), known),
    }
    stored = await world.client.create(POD, body, dry_run=True)
    # The API server adds tolerations of its own, by which a pod outlives a short silence of its node.
    ours = body["spec"].pop("tolerations", [])
    assert [each for each in stored["spec"].pop("tolerations") if each in ours] == ours
    assert covers(stored, body)
