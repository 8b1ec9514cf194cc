"""Secrets and ConfigMaps that earlier deploys of a Stack brought go when nothing refers to them any more.

They are named by their content, so that a name stands for one thing for ever: it is enough to look whether it stands
anywhere in what could use it. What can be rolled back to counts, and what ran before this deploy.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping

from wharfinger.api.builtin import CONFIG_MAP, CONTROLLER_REVISION, POD, SECRET
from wharfinger.api.labels import INSTANCE_LABEL, STACK_BROUGHT_LABEL, STACK_LABEL
from wharfinger.api.resource import Object, Resource, key_of
from wharfinger.cli import console
from wharfinger.cli.kube import WORKLOAD, Kube
from wharfinger.cli.stack.bundle import Bundle
from wharfinger.engine.errors import Forbidden

Brought = Mapping[Resource, list[Object]]
"""What deploys have brought."""


async def sweep(kube: Kube, bundle: Bundle, before: Object) -> None:
    """Remove what neither the Stack that was just written uses, nor the one ``before`` it, nor a pod or revision.

    Where that cannot be known, with the rights that there are, all stays.
    """
    namespace, name = key_of(bundle.stack)
    try:
        brought = await _brought(kube, namespace, name)
        used = [before["spec"], bundle.stack["spec"], list(bundle.brought), *await _users(kube, namespace, name)]
        for resource, obj in unused(brought, used):
            await kube.client.delete(resource, key_of(obj), uid=obj["metadata"]["uid"])
            console.remark(f"{resource.kind} {obj['metadata']['name']} removed: nothing refers to it any more")
    except Forbidden:
        return


async def _brought(kube: Kube, namespace: str, name: str) -> Brought:
    selector = f"{STACK_BROUGHT_LABEL}={name}"
    kinds = (SECRET, CONFIG_MAP)
    found = await asyncio.gather(*(kube.client.list(kind, namespace, label_selector=selector) for kind in kinds))
    return dict(zip(kinds, found, strict=True))


async def _users(kube: Kube, namespace: str, name: str) -> list[Object]:
    """The Stack's workloads, with their revisions and pods."""
    workloads = await kube.client.list(WORKLOAD, namespace, label_selector=f"{STACK_LABEL}={name}")
    if not workloads:
        return []
    selector = f"{INSTANCE_LABEL} in ({','.join(each['metadata']['name'] for each in workloads)})"
    kinds = (CONTROLLER_REVISION, POD)
    found = await asyncio.gather(*(kube.client.list(kind, namespace, label_selector=selector) for kind in kinds))
    return [*workloads, *(obj for objects in found for obj in objects)]


def unused(brought: Brought, used: Iterable[object]) -> list[tuple[Resource, Object]]:
    """Those whose names stand nowhere in ``used``, nor in a ConfigMap whose name does: it may hold the documents."""
    texts = [json.dumps(each) for each in used]
    texts += [json.dumps(obj.get("data")) for obj in brought.get(CONFIG_MAP, ()) if _named(obj, texts)]
    return [(resource, obj) for resource, objects in brought.items() for obj in objects if not _named(obj, texts)]


def _named(obj: Object, texts: Iterable[str]) -> bool:
    name = obj["metadata"]["name"]
    return any(name in text for text in texts)
