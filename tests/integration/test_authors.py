"""The component ``authors``: who writes a workload must have the right to make what it makes, by their own RBAC."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml
from tests.support.refusals import document
from tests.support.waiting import eventually
from tests.support.world import World

from wharfinger import render
from wharfinger.api.builtin import (
    BY_KIND,
    CONFIG_MAP,
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    NETWORK_POLICY,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    SECRET,
    SERVICE,
    SERVICE_ACCOUNT,
)
from wharfinger.api.kinds import CONTAINER_WORKLOAD, STACK
from wharfinger.api.parse import parse
from wharfinger.api.resource import Object, Resource
from wharfinger.cluster import Cluster
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection
from wharfinger.engine.errors import Forbidden

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
POLICY = ROOT / "manifests" / "authors" / "policy.yaml"
DOCUMENTS = sorted((ROOT / "tests" / "unit" / "render" / "golden" / "input").glob("*.yaml"))
ROLE, ROLE_BINDING = (
    Resource(group="rbac.authorization.k8s.io", version="v1", kind=kind, plural=f"{kind.lower()}s")
    for kind in ("Role", "RoleBinding")
)
WEB: Object = {"image": "registry.example.com/shop/web:1"}
OF_STACKS = (
    DEPLOYMENT,
    DAEMON_SET,
    JOB,
    POD,
    SERVICE,
    CONFIG_MAP,
    SECRET,
    PERSISTENT_VOLUME_CLAIM,
    NETWORK_POLICY,
)
"""What the author of a Stack must have the right to make, beside its workloads."""


@pytest.fixture
async def policy(world: World) -> AsyncIterator[World]:
    """The shipped policies, bound to the namespace of `world` only."""
    made = [obj | {"metadata": {"name": _here(obj, world)}} for obj in yaml.safe_load_all(POLICY.read_text())]
    where = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": world.namespace}}}
    for obj in made:
        if obj["kind"].endswith("Binding"):
            obj["spec"] |= {"policyName": obj["metadata"]["name"], "matchResources": where}
        await world.client.create(_admission(obj["kind"]), obj)
    yield world
    for obj in made:
        await world.client.delete(_admission(obj["kind"]), ("", obj["metadata"]["name"]))


def _here(obj: Object, world: World) -> str:
    """The name of a policy of the component, for this namespace."""
    return f"{obj['metadata']['name']}-{world.namespace}"


def _admission(kind: str) -> Resource:
    plural = "validatingadmissionpolicies" if kind.endswith("Policy") else "validatingadmissionpolicybindings"
    return Resource(group="admissionregistration.k8s.io", version="v1", kind=kind, plural=plural, namespaced=False)


@asynccontextmanager
async def author(
    world: World, cluster: Cluster, scratch: Path, name: str = "nobody", *makes: Resource, role: str | None = None
) -> AsyncIterator[KubeClient]:
    """Somebody who may write workloads and Stacks, make what is given, and do what the built-in `role` allows."""
    await world.create(SERVICE_ACCOUNT, name)
    written = {each: ["create", "update", "patch"] for each in (CONTAINER_WORKLOAD, STACK)}
    verbs = written | {each: ["create"] for each in makes}
    rules = [{"apiGroups": [of.group], "resources": [of.plural], "verbs": may} for of, may in verbs.items()]
    await world.create(ROLE, name, rules=rules)
    for kind, bound in (("Role", name), ("ClusterRole", role)):
        if bound is not None:
            reference = {"apiGroup": ROLE.group, "kind": kind, "name": bound}
            subjects = [{"kind": "ServiceAccount", "name": name, "namespace": world.namespace}]
            await world.create(ROLE_BINDING, f"{name}-{kind.lower()}", roleRef=reference, subjects=subjects)
    async with KubeClient(Connection.from_kubeconfig(_kubeconfig(world, cluster, scratch, name))) as client:
        yield client


def _kubeconfig(world: World, cluster: Cluster, scratch: Path, account: str) -> Path:
    """The administrator's, with a token of the account in place of the certificate."""
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    made = cluster.client().create(SERVICE_ACCOUNT.path(world.namespace, account, "token"), request)
    kubeconfig = yaml.safe_load(world.kubeconfig.read_text())
    kubeconfig["users"][0]["user"] = {"token": made["status"]["token"]}
    path = scratch / account
    path.write_text(yaml.safe_dump(kubeconfig))
    return path


async def _needed(client: KubeClient, obj: Object) -> set[str]:
    """What the document makes, as told to an author who may not make all of it; empty if it is taken."""
    try:
        await client.create(CONTAINER_WORKLOAD, obj, dry_run=True)
    except Forbidden as error:
        named = re.search(r"you need the right to create \w+ in the namespace \S+: it makes (.*)", str(error))
        if named is None:
            raise
        return set(named[1].split(", "))
    return set()


def _makes(obj: Object) -> set[str]:
    """The resources that the operator makes of a document, less its own record of revisions."""
    workload = parse(obj)
    running = render.template(workload)
    options = render.Options(replicas=workload.spec.replicas, http_route=True)
    made = [*render.file_maps(workload, running), *render.objects(workload, running, options=options)]
    found = {BY_KIND[each["apiVersion"], each["kind"]].plural for each in made}
    return found | {"pods"} if workload.spec.mode == "tasks" else found  # tasks are started by and by


def _placed(path: Path, namespace: str) -> Object:
    obj: Object = next(iter(yaml.safe_load_all(path.read_text())))
    metadata = {**obj["metadata"], "namespace": namespace}
    return {"apiVersion": CONTAINER_WORKLOAD.api_version, "kind": CONTAINER_WORKLOAD.kind, **obj, "metadata": metadata}


async def _in_force(client: KubeClient, namespace: str) -> None:
    """Policies reach the API server's admission some time after they are stored; rights, its authorizer."""

    async def look() -> bool:
        try:
            return bool(await _needed(client, document(WEB, name="probe", namespace=namespace)))
        except Forbidden:  # no right to write workloads yet
            return False

    await eventually(look, timeout=60, what="the policy in force")


async def test_the_policy_knows_what_each_document_makes(
    policy: World, wharfinger_cluster: Cluster, tmp_path: Path
) -> None:
    """Exactly: all that the operator would render, and nothing else."""
    documents = {path.stem: _placed(path, policy.namespace) for path in DOCUMENTS}
    async with author(policy, wharfinger_cluster, tmp_path) as nobody:
        await _in_force(nobody, policy.namespace)
        told = {name: await _needed(nobody, obj) for name, obj in documents.items()}
    assert told == {name: _makes(obj) for name, obj in documents.items()}


async def test_who_may_edit_the_namespace_may_write_workloads(
    policy: World, wharfinger_cluster: Cluster, tmp_path: Path
) -> None:
    """But for HTTPRoutes: no built-in role knows the Gateway API."""
    async with (
        author(policy, wharfinger_cluster, tmp_path) as nobody,
        author(policy, wharfinger_cluster, tmp_path, "editor", role="edit") as editor,
    ):
        await _in_force(nobody, policy.namespace)
        for path in DOCUMENTS:
            obj = _placed(path, policy.namespace)
            assert (await _needed(editor, obj) != set()) is ("httproutes" in _makes(obj)), path.stem


@pytest.mark.parametrize("more", [(), (SERVICE,)], ids=["runners", "runners and services"])
async def test_each_kind_is_asked_for(
    policy: World, wharfinger_cluster: Cluster, tmp_path: Path, more: tuple[Resource, ...]
) -> None:
    """Documents that make one thing more than their author may are refused, whatever that is."""
    may = (*render.RESOURCES.values(), *more)
    known = {resource.plural for resource in may}
    documents = {path.stem: _placed(path, policy.namespace) for path in DOCUMENTS}
    async with (
        author(policy, wharfinger_cluster, tmp_path) as nobody,
        author(policy, wharfinger_cluster, tmp_path, "runner", *may) as runner,
    ):
        await _in_force(nobody, policy.namespace)
        refused = {name for name, obj in documents.items() if await _needed(runner, obj)}
    assert refused == {name for name, obj in documents.items() if _makes(obj) - known}


async def test_a_change_needs_the_rights_and_a_label_does_not(
    policy: World, wharfinger_cluster: Cluster, tmp_path: Path
) -> None:
    await policy.workload("web", **WEB)
    key = (policy.namespace, "web")
    async with author(policy, wharfinger_cluster, tmp_path) as nobody:
        await _in_force(nobody, policy.namespace)
        await nobody.patch(CONTAINER_WORKLOAD, key, {"metadata": {"labels": {"team": "shop"}}})
        with pytest.raises(
            Forbidden, match=r"the right to create deployments .*: it makes deployments, networkpolicies"
        ):
            await nobody.patch(CONTAINER_WORKLOAD, key, {"spec": {"network": {"egress": [{}]}}})


# Stacks


def _stack(namespace: str, name: str = "probe") -> Object:
    metadata = {"name": name, "namespace": namespace}
    spec = {"compose": {"services": {"web": WEB}}}
    return {"apiVersion": STACK.api_version, "kind": STACK.kind, "metadata": metadata, "spec": spec}


async def _lacking(client: KubeClient, namespace: str) -> str | None:
    """The right that the author of a Stack is told to lack; None where it is taken."""
    try:
        await client.create(STACK, _stack(namespace), dry_run=True)
    except Forbidden as error:
        named = re.search(r"you need the right to create (\w+) in the namespace \S+: a Stack may make them", str(error))
        return named[1] if named else str(error)
    return None


async def _told(client: KubeClient, namespace: str, lacks: str | None) -> None:
    """Wait until the author of a Stack is told that: policies and rights are in force some time after they are made."""

    async def look() -> bool:
        return await _lacking(client, namespace) == lacks

    await eventually(look, timeout=60, what=f"an author of Stacks who lacks {lacks}")


@pytest.mark.parametrize("lacks", OF_STACKS, ids=[each.plural for each in OF_STACKS])
async def test_the_author_of_a_stack_needs_each_right(
    policy: World, wharfinger_cluster: Cluster, tmp_path: Path, lacks: Resource
) -> None:
    """All but one are not enough."""
    others = [each for each in OF_STACKS if each != lacks]
    async with author(policy, wharfinger_cluster, tmp_path, "nobody", *others) as nobody:
        await _told(nobody, policy.namespace, lacks.plural)


async def test_who_may_make_what_a_stack_makes_may_write_it(
    policy: World, wharfinger_cluster: Cluster, tmp_path: Path
) -> None:
    """By rights of one's own, or as one who may edit the namespace."""
    async with (
        author(policy, wharfinger_cluster, tmp_path) as nobody,
        author(policy, wharfinger_cluster, tmp_path, "maker", *OF_STACKS) as maker,
        author(policy, wharfinger_cluster, tmp_path, "editor", role="edit") as editor,
    ):
        await _told(nobody, policy.namespace, DEPLOYMENT.plural)
        await _told(maker, policy.namespace, None)
        await _told(editor, policy.namespace, None)


async def test_a_changed_stack_needs_the_rights_and_a_label_does_not(
    policy: World, wharfinger_cluster: Cluster, tmp_path: Path
) -> None:
    await policy.client.create(STACK, _stack(policy.namespace, "shop"))
    key = (policy.namespace, "shop")
    async with author(policy, wharfinger_cluster, tmp_path) as nobody:
        await _told(nobody, policy.namespace, DEPLOYMENT.plural)
        await nobody.patch(STACK, key, {"metadata": {"labels": {"team": "shop"}}})
        with pytest.raises(Forbidden, match="you need the right to create deployments"):
            await nobody.patch(STACK, key, {"spec": {"suspend": True}})
