"""The manifests grant what the operator does, verb by verb, and nothing that it never does, unless they say why.

An operator works through a proxy that writes down every request, over the life of workloads that have everything a
workload can have: made, drifted, answered with conflicts, changed, taken apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import product
from pathlib import Path

import pytest
import yaml
from tests.faults.call import Call, Matches
from tests.faults.faults import Refuse
from tests.faults.proxy import FaultProxy
from tests.integration.nodepolicy.scene import Scene, reasons, scene_of
from tests.integration.stack.scene import Stacks
from tests.integration.workload.test_workload_routes import install_gateway_api, remove_gateway_api
from tests.support import composing
from tests.support.state import owned
from tests.support.waiting import eventually
from tests.support.workloads import HTTP, MODES, V1, V2, runner
from tests.support.world import World

from wharfinger.api.builtin import (
    BY_KIND,
    CONTROLLER_REVISION,
    CUSTOM_RESOURCE_DEFINITION,
    HTTP_ROUTE,
    JOB,
    POD_DISRUPTION_BUDGET,
    SECRET,
)
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.labels import STACK_LABEL
from wharfinger.api.resource import Object
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection
from wharfinger.engine.runtime import Operator
from wharfinger.engine.settings import Settings
from wharfinger.reconcilers.operator import Features, controllers

pytestmark = pytest.mark.integration

Right = tuple[str, str, str]
"""Group, resource (with its subresource), verb."""

MANIFESTS = Path(__file__).parents[2] / "manifests" / "base"
NODE_POLICY = MANIFESTS.parent / "node-policy" / "clusterrole.yaml"
STACK_SECRETS = MANIFESTS.parent / "stack-secrets" / "clusterrole.yaml"

_BLOCKS = "no request: who makes an object that blocks its owner's deletion needs it, where the cluster checks that"
UNSEEN: dict[Right, str] = {
    ("wharfinger.dev", "containerworkloads/finalizers", "update"): _BLOCKS,
    ("wharfinger.dev", "stacks/finalizers", "update"): _BLOCKS,
    ("events.k8s.io", "events", "patch"): "counts an Event that repeats, a minute after it was made",
}
"""What is granted although no request of this scenario needs it, and why."""

KINDS_THAT_APPEAR: Right = ("apiextensions.k8s.io", "customresourcedefinitions", "watch")
"""By name, so that who needs one more kind grants it once more."""

EVERYTHING: Object = {
    **MODES["service"],
    "ports": [HTTP],
    "files": [{"path": "/etc/web", "content": "one"}],
    "storage": [{"name": "data", "path": "/data", "size": "1Gi", "accessModes": ["ReadWriteMany"], "retain": False}],
    "serviceAccount": {"create": True},
    "network": {"ingress": [{}]},
    "disruption": {"maxUnavailable": 1},
    "rollout": {"historyLimit": 1},
}
ROUTED: Object = {"image": V1, "ports": [HTTP], "route": {"hosts": ["shop.example.com"]}}
SCALED: Object = {"image": V1, "autoscale": {"maxReplicas": 2}}
BEFORE: dict[str, Object] = {
    **MODES,
    "service": EVERYTHING,
    "ingress": ROUTED,
    "gateway": {**ROUTED, "route": {"gateways": [{"name": "public"}]}},
    "scaled": SCALED,
    "wrong": {"image": V1, "pod": {"containerz": []}},
}
"""Workloads by their names."""
AFTER: dict[str, Object] = {
    **{name: {**spec, "image": V2} for name, spec in MODES.items()},
    "service": {"image": V2, "replicas": 1, "rollout": {"historyLimit": 1}},
    "ingress": {"image": V1, "ports": [HTTP], "service": {"enabled": False}},
    "gateway": {"image": V1, "ports": [HTTP], "service": {"enabled": False}},
    "scaled": {"image": V1},
}
"""The same with other pods, and without what may be there or not."""
COMPOSE = f"services: {{web: {{image: '{V1}', restart: always}}}}"
WITH_SECRET = f"""
    services:
      web: {{image: '{V1}', restart: always, secrets: [word]}}
    secrets:
      word: {{file: ./word}}
    """
RUNNERS = ("service", "stateful", "daemon", "cron")
"""Names, and modes, of workloads whose pods an object of that mode keeps for ever."""


@pytest.fixture
async def without_gateway_api(world: World) -> AsyncIterator[None]:
    """A cluster that has no HTTPRoute, before the test and after it."""
    await remove_gateway_api(world)
    yield
    await remove_gateway_api(world)


async def test_rights_are_those_that_are_used(world: World, without_gateway_api: None) -> None:
    chosen = Settings(namespaces=(world.namespace,), lease_namespace=world.namespace, shards=2, metrics_port=None)
    everywhere = controllers(
        Settings(), Features(compose=composing.program)
    )  # an operator of all namespaces watches nodes as well
    async with FaultProxy(Connection.from_kubeconfig(world.kubeconfig)) as proxy:
        async with KubeClient(proxy.connection) as client, Operator(client, everywhere, chosen) as operator:
            await _live(world, proxy, operator)
        used = {right for exchange in proxy.exchanges for right in _needed(exchange.call)}
        definitions = {exchange.call.query["fieldSelector"] for exchange in proxy.answered(_of_definitions)}
    granted = set(_granted())
    assert used - granted == set(), "done without a right"
    assert granted - used == UNSEEN.keys(), "granted and not done, or explained and done"
    assert definitions <= {f"metadata.name={name}" for name in _definitions_by_name()}


async def test_rights_for_node_policies_are_those_that_are_used(world: World) -> None:
    """Over the life of one that drains a node with a budget in the way."""
    settings = Settings(leader_election=False, metrics_port=None)
    asked = controllers(settings, Features(node_policies=True))
    async with FaultProxy(Connection.from_kubeconfig(world.kubeconfig)) as proxy, scene_of(world) as scene:
        async with KubeClient(proxy.connection) as client, Operator(client, asked, settings) as operator:
            await _drain(scene)
            await operator.wait_idle(60)
        used = {right for exchange in proxy.exchanges for right in _needed(exchange.call)}
    granted, base = set(_granted(NODE_POLICY)), set(_granted())
    assert used - granted - base == set(), "done without a right"
    assert granted - used - {KINDS_THAT_APPEAR} == set(), "granted and not done"
    assert granted & base == {KINDS_THAT_APPEAR}, "granted twice"


async def test_rights_for_secrets_of_stacks_are_those_that_are_used(world: World) -> None:
    """Over the life of a Stack that names a Secret and makes one, which drifts, changes and goes."""
    settings = Settings(namespaces=(world.namespace,), leader_election=False, metrics_port=None)
    asked = controllers(settings, Features(compose=composing.program, stack_secrets=True))
    async with FaultProxy(Connection.from_kubeconfig(world.kubeconfig)) as proxy:
        async with KubeClient(proxy.connection) as client, Operator(client, asked, settings) as operator:
            await _with_secret(world, Stacks(world))
            await operator.wait_idle(60)
        used = {right for exchange in proxy.exchanges for right in _needed(exchange.call)}
    granted, base = set(_granted(STACK_SECRETS)), set(_granted())
    assert used - granted - base == set(), "done without a right"
    assert granted - used == set(), "granted and not done"
    assert granted & base == set(), "granted twice"


async def _with_secret(world: World, stacks: Stacks) -> None:
    await world.create(SECRET, "words", stringData={"word": "hunter2"})
    await stacks.apply("shop", WITH_SECRET, files=[{"secret": {"name": "words"}}])
    await stacks.ready("shop")
    (made,) = await world.list(SECRET, f"{STACK_LABEL}=shop")
    name, was = made["metadata"]["name"], made["metadata"]["labels"]
    await world.patch(SECRET, name, {"metadata": {"labels": {STACK_LABEL: "drifted"}}})
    await world.until(SECRET, name, lambda obj: obj["metadata"]["labels"] == was, timeout=60)
    await stacks.apply("shop", COMPOSE)
    await world.gone(SECRET, name, timeout=60)


async def _drain(scene: Scene) -> None:
    """A policy is made, waits for a budget, is done, and goes."""
    old = await scene.join()
    await scene.deployment("web", replicas=1, healthy=1)
    await scene.policy("drain", nodes=[old], availability="drain", labels={"rack": "r1"})
    await scene.told("drain", lambda obj: reasons(obj, old) == {"DisruptionBudget"})
    await scene.world.delete(POD_DISRUPTION_BUDGET, "web")
    await scene.ready("drain")
    await scene.delete("drain")


async def _live(world: World, proxy: FaultProxy, operator: Operator) -> None:
    """What can happen to workloads."""

    async def looks_out() -> bool:
        return bool(proxy.answered(_of_definitions))

    await eventually(looks_out, what="the operator waits for HTTPRoute")
    await install_gateway_api(world)
    stacks = Stacks(world)
    await asyncio.gather(*(world.workload(name, **spec) for name, spec in BEFORE.items()))
    await stacks.apply("stack", COMPOSE.replace("web", "stacked"))
    await stacks.ready("stack")
    await asyncio.gather(*(world.ready(name, timeout=60) for name in BEFORE if name not in ("wrong", "job")))
    await world.stalled("wrong")
    await operator.wait_idle(60)
    conflicts = proxy.inject(Refuse(409, "Conflict"), _first_patches(), times=None)
    await asyncio.gather(*(_drift(world, name) for name in BEFORE))
    await world.patch(CONTAINER_WORKLOAD, "stacked", {"metadata": {"labels": {STACK_LABEL: "drifted"}}})
    await asyncio.gather(*(_copy(world, name) for name in RUNNERS))
    await operator.wait_idle(60)
    assert conflicts.hits > 10, "each kind of child was written again, and looked at before that"
    proxy.heal()
    await stacks.apply("stack", COMPOSE.replace("web", "other"))
    await world.gone(CONTAINER_WORKLOAD, "stacked", timeout=60)
    await asyncio.gather(*(world.workload(name, **spec) for name, spec in AFTER.items()))
    await eventually(lambda: _taken_apart(world), timeout=90, what="what is no longer wanted is gone")
    await operator.wait_idle(60)


async def _drift(world: World, name: str) -> None:
    """Change a label of each object that the operator keeps for the workload."""
    routes = [obj for obj in await world.list(HTTP_ROUTE) if obj["metadata"]["name"] == name]
    for obj in [*await owned(world, name), *routes]:
        resource = BY_KIND[obj["apiVersion"], obj["kind"]]
        changed = {"metadata": {"labels": {"app.kubernetes.io/name": "drifted"}}}
        await world.patch(resource, obj["metadata"]["name"], changed)


async def _copy(world: World, name: str) -> None:
    """A second object that says it is the workload's, as comes of copying one with kubectl: it is removed."""
    live = await runner(world, name, name)
    metadata = {field: live["metadata"][field] for field in ("labels", "annotations", "ownerReferences")}
    copied = f"{name}-copy"
    resource = BY_KIND[live["apiVersion"], live["kind"]]
    await world.create(resource, copied, metadata={"name": copied, **metadata}, spec=live["spec"])
    await world.gone(resource, copied, timeout=60)


async def _taken_apart(world: World) -> bool:
    left = {obj["kind"] for name in ("service", "ingress", "scaled") for obj in await owned(world, name)}
    records = [obj for obj in await owned(world, "service") if obj["kind"] == CONTROLLER_REVISION.kind]
    jobs = [obj for obj in await owned(world, "job") if obj["kind"] == JOB.kind]
    return (
        left == {"Deployment", CONTROLLER_REVISION.kind}
        and len(records) == len(jobs) == 1
        and not await world.list(HTTP_ROUTE)
    )


def _first_patches() -> Matches:
    """The first change of a child of each resource."""
    met: set[str] = set()

    def matches(call: Call) -> bool:
        if call.method != "PATCH" or call.subresource or call.resource in met | {"events"}:
            return False
        met.add(call.resource)
        return True

    return matches


# Rights


def _needed(call: Call) -> Iterator[Right]:
    """What RBAC asks for a request: one right; none for discovery, which everybody has."""
    parts = call.path.strip("/").split("/")
    if call.resource:
        resource = f"{call.resource}/{call.subresource}" if call.subresource else call.resource
        yield parts[1] if parts[0] == "apis" else "", resource, "patch" if call.verb == "apply" else call.verb


def _rules(*paths: Path) -> Iterator[Object]:
    for path in paths or (MANIFESTS / "clusterrole.yaml", MANIFESTS / "role.yaml"):
        for obj in yaml.safe_load_all(path.read_text()):
            yield from obj.get("rules", ())


def _granted(*paths: Path) -> Iterator[Right]:
    for rule in _rules(*paths):
        yield from product(rule["apiGroups"], rule["resources"], rule["verbs"])


def _definitions_by_name() -> set[str]:
    """The CustomResourceDefinitions that may be watched."""
    return {name for rule in _rules() for name in rule.get("resourceNames", ())}


def _of_definitions(call: Call) -> bool:
    return call.resource == CUSTOM_RESOURCE_DEFINITION.plural
