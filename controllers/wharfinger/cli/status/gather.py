"""Read workloads, and what they made, from the API server: once, or as a mirror that follows them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wharfinger.api import builtin
from wharfinger.api.labels import INSTANCE_LABEL
from wharfinger.api.resource import Resource
from wharfinger.cli.kube import WORKLOAD, Kube
from wharfinger.cli.status.detail import Detail, detail
from wharfinger.cli.status.summary import summarise
from wharfinger.cli.watching import Mirror, Scope
from wharfinger.engine.errors import Forbidden, NotFound

Object = dict[str, Any]

MADE: tuple[Resource, ...] = (
    builtin.DEPLOYMENT,
    builtin.STATEFUL_SET,
    builtin.DAEMON_SET,
    builtin.JOB,
    builtin.CRON_JOB,
    builtin.SERVICE,
    builtin.INGRESS,
    builtin.HTTP_ROUTE,
    builtin.HORIZONTAL_POD_AUTOSCALER,
    builtin.POD_DISRUPTION_BUDGET,
    builtin.NETWORK_POLICY,
    builtin.SERVICE_ACCOUNT,
    builtin.CONFIG_MAP,
    builtin.PERSISTENT_VOLUME_CLAIM,
    builtin.CONTROLLER_REVISION,
)
"""The kinds a workload can make, pods aside, in the order in which they are shown."""


async def listing(kube: Kube, namespace: str | None) -> list[Detail]:
    """Every workload of a namespace, or of all (None), without what they made."""
    workloads = await kube.client.list(WORKLOAD, namespace)
    now = datetime.now(UTC)
    return [Detail(summary=summarise(workload, now=now), status=workload.get("status", {})) for workload in workloads]


async def details(kube: Kube, namespace: str, names: Sequence[str]) -> list[Detail]:
    """The workloads named, each with everything that it made."""
    return list(await asyncio.gather(*(_one(kube, namespace, name) for name in names)))


async def _one(kube: Kube, namespace: str, name: str) -> Detail:
    return (await family(kube, namespace, name)).detail(now=datetime.now(UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A workload and what may belong to it, as read."""

    workload: Object
    objects: list[Object]
    pods: list[Object]
    events: list[Object]
    unread: list[str]

    def detail(self, *, now: datetime) -> Detail:
        """The workload with what does belong to it."""
        return detail(
            self.workload, objects=self.objects, pods=self.pods, events=self.events, unread=self.unread, now=now
        )


async def family(kube: Kube, namespace: str, name: str, *, more: Sequence[Resource] = ()) -> Family:
    """Everything about one workload; ``more`` are kinds to read besides those that are shown."""
    workload = await kube.client.get(WORKLOAD, namespace, name)
    its = f"{INSTANCE_LABEL}={name}"
    read = await asyncio.gather(*(_read(kube, resource, namespace, its) for resource in (*MADE, *more)))
    pods, no_pods = await _read(kube, builtin.POD, namespace, workload.get("status", {}).get("selector") or its)
    events, no_events = await _read(kube, builtin.EVENT_V1, namespace, "")
    return Family(
        workload=workload,
        objects=[obj for objects, _ in read for obj in objects],
        pods=pods,
        events=events,
        unread=[note for note in (*(note for _, note in read), no_pods, no_events) if note],
    )


async def _read(kube: Kube, resource: Resource, namespace: str, selector: str) -> tuple[list[Object], str]:
    """The objects, or why they could not be read. A kind that the cluster does not have has no objects.

    The items of a list carry no kind; it is put back.
    """
    try:
        items = await kube.client.list(resource, namespace, label_selector=selector)
    except NotFound:
        return [], ""
    except Forbidden as error:
        return [], f"{resource}: {error.message}"
    return [{**item, "kind": resource.kind} for item in items], ""


# Live


def scopes(namespace: str, names: Sequence[str], *, more: Sequence[Resource] = ()) -> tuple[Scope, list[Scope]]:
    """What to mirror of the workloads named: they themselves, and whatever may belong to them."""
    its = f"{INSTANCE_LABEL} in ({','.join(names)})"
    only = f"metadata.name={names[0]}" if len(names) == 1 else ""
    workloads = Scope(resource=WORKLOAD, namespace=namespace, field_selector=only)
    made = [Scope(resource=each, namespace=namespace, label_selector=its) for each in (*MADE, builtin.POD, *more)]
    return workloads, [*made, Scope(resource=builtin.EVENT_V1, namespace=namespace)]


def mirrored_family(mirror: Mirror, namespace: str, name: str) -> Family | None:
    """One of them as it is in the mirror now; None where it does not exist."""
    workload = mirror.found[WORKLOAD].get((namespace, name))
    if workload is None:
        return None
    apart = (WORKLOAD, builtin.POD, builtin.EVENT_V1)
    pods = mirror.found[builtin.POD].values()
    return Family(
        workload=workload,
        objects=[obj for each, objects in mirror.found.items() if each not in apart for obj in objects.values()],
        pods=[pod for pod in pods if pod["metadata"]["labels"][INSTANCE_LABEL] == name],
        events=list(mirror.found[builtin.EVENT_V1].values()),
        unread=list(mirror.unread.values()),
    )
