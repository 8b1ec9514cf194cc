"""Ask the API server for the facts. What may not be read is noted, and never ends the examination."""

from __future__ import annotations

import asyncio
import ssl as tls
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

import aiohttp
import orjson

from wharfinger.api import builtin
from wharfinger.api.kinds import KINDS, NODE_POLICY, NODE_POLICY_KIND
from wharfinger.api.labels import ELECTION_LABEL
from wharfinger.api.resource import Object, Resource
from wharfinger.cli.doctor.facts import Facts, Objects, Operator
from wharfinger.cli.doctor.rights import CLUSTER_WIDE, OPERATOR, USER, Access
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection
from wharfinger.engine.errors import ApiError, NotFound, Unavailable


def _review(kind: str, plural: str) -> Resource:
    return Resource(group="authorization.k8s.io", version="v1", kind=kind, plural=plural, namespaced=False)


_SELF_REVIEW = _review("SelfSubjectAccessReview", "selfsubjectaccessreviews")
_REVIEW = _review("SubjectAccessReview", "subjectaccessreviews")
_STORAGE_CLASS = Resource(
    group="storage.k8s.io", version="v1", kind="StorageClass", plural="storageclasses", namespaced=False
)
_INGRESS_CLASS = Resource(
    group="networking.k8s.io", version="v1", kind="IngressClass", plural="ingressclasses", namespaced=False
)
_QUOTA = Resource(group="", version="v1", kind="ResourceQuota", plural="resourcequotas")
_LIMIT_RANGE = Resource(group="", version="v1", kind="LimitRange", plural="limitranges")

OPERATOR_PODS: Final = "app.kubernetes.io/name=wharfinger,app.kubernetes.io/component=operator"

T = TypeVar("T")


class Notes(dict[str, str]):
    """What could not be read, and why."""

    async def or_none(self, what: str, question: Awaitable[T]) -> T | None:
        """The answer; None, and a note, where there is none."""
        try:
            return await question
        except Unavailable:
            raise
        except ApiError as error:
            self[what] = f"could not be read: {error.message}"
            return None


async def gather(connection: Connection, client: KubeClient, namespace: str, operator_namespace: str) -> Facts:
    """All facts. Never raises for the cluster's sake."""
    facts = Facts(server=connection.server, namespace=namespace, now=datetime.now(UTC))
    notes = Notes()
    try:
        version = orjson.loads(await client.raw("/version"))["gitVersion"]
        told = await server_time(connection)
        facts = replace(facts, version=version, now=told or facts.now, skew=_skew(told))
        return await _answered(client, facts, operator_namespace, notes)
    except ApiError as error:
        return replace(facts, unreachable=error.message)


async def _answered(client: KubeClient, facts: Facts, operator_namespace: str, notes: Notes) -> Facts:
    where = facts.namespace
    definitions = {kind.name: await _definition(client, kind.name, notes) for kind in KINDS}
    operator = await _operator(client, operator_namespace, where, notes)
    known = definitions[NODE_POLICY_KIND.name] is not None
    policies = await notes.or_none("NodePolicies", _all(client, NODE_POLICY, None)) if known else None
    user = await notes.or_none("user rights", _refused(client, USER, where))
    storage, ingress, quotas, limits = [
        await notes.or_none(what, _all(client, resource, scope))
        for what, resource, scope in (
            ("storage classes", _STORAGE_CLASS, None),
            ("ingress classes", _INGRESS_CLASS, None),
            ("quotas", _QUOTA, where),
            ("limits", _LIMIT_RANGE, where),
        )
    ]
    return replace(
        facts,
        definitions=definitions,
        operator=operator,
        node_policies=policies,
        user_refused=user,
        metrics="pods" in await _served(client, "metrics.k8s.io", "v1beta1"),
        gateway="httproutes" in await _served(client, "gateway.networking.k8s.io", "v1"),
        storage_classes=storage,
        ingress_classes=ingress,
        quotas=quotas,
        limits=limits,
        namespace_object=await notes.or_none(f"namespace {where}", _maybe(client, builtin.NAMESPACE, "", where)),
        unread=notes,
    )


async def server_time(connection: Connection) -> datetime | None:
    """The Date of an answer: the server's clock, to the second."""
    headers = {"Authorization": token} if (token := await connection.authorization()) else {}
    secure = connection.ssl if isinstance(connection.ssl, tls.SSLContext) else False
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
            session.get(
                f"{connection.server}/version",
                headers=headers,
                ssl=secure,
                server_hostname=connection.server_name,
                proxy=connection.proxy,
            ) as answer,
        ):
            return parsedate_to_datetime(answer.headers["Date"])
    except (aiohttp.ClientError, OSError, TimeoutError, KeyError, ValueError):
        return None


def _skew(told: datetime | None) -> float | None:
    return (told - datetime.now(UTC)).total_seconds() if told else None


async def _definition(client: KubeClient, name: str, notes: Notes) -> Object | None:
    return await notes.or_none(name, _maybe(client, builtin.CUSTOM_RESOURCE_DEFINITION, "", name))


async def _maybe(client: KubeClient, resource: Resource, namespace: str, name: str) -> Object | None:
    try:
        return await client.get(resource, namespace, name)
    except NotFound:
        return None


async def _all(client: KubeClient, resource: Resource, namespace: str | None) -> Objects:
    return tuple(await client.list(resource, namespace))


async def _served(client: KubeClient, group: str, version: str) -> frozenset[str]:
    """What a group serves; nothing, where whoever serves it does not answer."""
    try:
        return await client.discover(group, version)
    except ApiError:
        return frozenset()


async def _operator(client: KubeClient, operator_namespace: str, namespace: str, notes: Notes) -> Operator:
    leases = await _leases(client, operator_namespace, notes)
    where = leases[0]["metadata"]["namespace"] if leases else operator_namespace
    pods = await notes.or_none("operator's pods", client.list(builtin.POD, where, label_selector=OPERATOR_PODS)) or []
    if not pods:
        return Operator(leases=leases)
    account = f"{where}/{pods[0]['spec'].get('serviceAccountName', 'default')}"
    user = f"system:serviceaccount:{account.replace('/', ':')}"
    return Operator(
        leases=leases,
        pods=tuple(pods),
        account=account,
        refused=await notes.or_none("rights", _refused(client, OPERATOR, namespace, user=user)),
        refused_cluster_wide=await notes.or_none("rights", _refused(client, CLUSTER_WIDE, "", user=user)) or (),
    )


async def _leases(client: KubeClient, operator_namespace: str, notes: Notes) -> Objects:
    """The operator's Leases: where it is said to be, else wherever it is."""
    for scope in (operator_namespace, None):
        found = await notes.or_none("leases", client.list(builtin.LEASE, scope, label_selector=ELECTION_LABEL))
        if leases := [lease for lease in found or () if "-member-" not in lease["metadata"]["name"]]:
            notes.pop("leases", None)
            return tuple(leases)
    return ()


async def _refused(
    client: KubeClient, accesses: Sequence[Access], namespace: str, *, user: str = ""
) -> tuple[Access, ...]:
    """Which of these the user (ourselves, if none is named) may not do, asked all at once."""
    answers = await asyncio.gather(*(_allowed(client, access, namespace, user) for access in accesses))
    return tuple(_those(accesses, answers))


def _those(accesses: Iterable[Access], allowed: Iterable[bool]) -> Iterable[Access]:
    return (access for access, yes in zip(accesses, allowed, strict=True) if not yes)


async def _allowed(client: KubeClient, access: Access, namespace: str, user: str) -> bool:
    attributes = {
        "group": access.group,
        "resource": access.resource,
        "subresource": access.subresource,
        "verb": access.verb,
        "name": access.name,
        "namespace": namespace,
    }
    resource = _REVIEW if user else _SELF_REVIEW
    spec: Object = {"resourceAttributes": attributes} | ({"user": user} if user else {})
    body = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {}, "spec": spec}
    answer = await client.create(resource, body)
    return bool(answer["status"]["allowed"])
