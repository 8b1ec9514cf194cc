"""What an operator has brought about in a namespace, in a form in which two runs can be compared."""

from __future__ import annotations

import asyncio

import orjson

from tests.support.world import World
from wharfinger.api import builtin
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object, Resource, controller_of

OWNED: tuple[Resource, ...] = (
    builtin.DEPLOYMENT,
    builtin.STATEFUL_SET,
    builtin.DAEMON_SET,
    builtin.JOB,
    builtin.CRON_JOB,
    builtin.CONTROLLER_REVISION,
    builtin.SERVICE,
    builtin.CONFIG_MAP,
    builtin.SERVICE_ACCOUNT,
    builtin.PERSISTENT_VOLUME_CLAIM,
    builtin.INGRESS,
    builtin.NETWORK_POLICY,
    builtin.POD_DISRUPTION_BUDGET,
    builtin.HORIZONTAL_POD_AUTOSCALER,
    builtin.POD,
)
"""Whatever a workload may control."""

_ASSIGNED = {"clusterIP", "clusterIPs", "nodePort", "healthCheckNodePort", "volumeName", "nodeName", "uid"}
"""Fields that a server chooses, another value each time."""
_COUNTED = {"deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation"}
"""Annotations that count how a state was reached."""
_DEPENDENT = {"wharfinger.dev/applied"}
"""A hash over the namespace's name as well."""

State = dict[str, Object]


async def owned(world: World, name: str) -> list[Object]:
    """The objects that a workload controls, and those that it leaves behind on purpose; none that are being deleted."""
    lists = await asyncio.gather(*(world.list(resource) for resource in OWNED))
    found = [{**obj, "kind": resource.kind} for resource, objects in zip(OWNED, lists, strict=True) for obj in objects]
    return [obj for obj in found if _is_of(obj, name) and _stays(obj)]


async def state(world: World, name: str) -> State:
    """Those objects by kind and name, without what differs from run to run."""
    return {f"{obj['kind']} {obj['metadata']['name']}": _plain(world, obj) for obj in await owned(world, name)}


def _is_of(obj: Object, name: str) -> bool:
    owner = controller_of(obj)
    if owner is not None:
        return bool(owner["kind"] == CONTAINER_WORKLOAD.kind and owner["name"] == name)
    return (obj["metadata"].get("labels") or {}).get("app.kubernetes.io/instance") == name


def _stays(obj: Object) -> bool:
    return "deletionTimestamp" not in obj["metadata"]


def _plain(world: World, obj: Object) -> Object:
    metadata = obj["metadata"]
    annotations = metadata.get("annotations") or {}
    kept: Object = {
        "labels": metadata.get("labels") or {},
        "annotations": {key: annotations[key] for key in annotations.keys() - _COUNTED - _DEPENDENT},
        "content": {key: obj[key] for key in ("spec", "data", "binaryData", "revision") if key in obj},
    }
    text = orjson.dumps(_without(kept, _ASSIGNED), option=orjson.OPT_SORT_KEYS).decode()
    text = text.replace(metadata["uid"], "UID")  # a Job selects its pods by its own uid
    plain: Object = orjson.loads(text.replace(world.namespace, "NAMESPACE"))
    return plain


def _without(value: object, names: set[str]) -> object:
    if isinstance(value, dict):
        return {key: _without(each, names) for key, each in value.items() if key not in names}
    return [_without(each, names) for each in value] if isinstance(value, list) else value
