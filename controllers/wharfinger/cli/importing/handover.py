"""Hand objects over to the operator, step by step, so that each step can fail and be done again.

1. Mark the objects as the workload's, with the user's own rights: the operator takes over what bears its marks and has
   no controller. Without a workload of that name nothing happens yet.
2. Create the workload, paused: a paused rollout replaces no pod, whatever is rendered.
3. When the operator has taken the objects, look whether their pod template is the one that was there. It is not if the
   operator is of another version, which renders otherwise. Only if it is, the pause ends.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from wharfinger.api.builtin import BY_KIND, POD
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.labels import (
    APPLIED_ANNOTATION,
    IMPORTED_ANNOTATION,
    INSTANCE_LABEL,
    MANAGED_BY,
    MANAGED_BY_LABEL,
    PAUSED_ANNOTATION,
    REVISION_LABEL,
)
from wharfinger.api.resource import Key, Object, Resource, controller_of, key_of
from wharfinger.cli.errors import CommandError
from wharfinger.cli.importing.checks import place
from wharfinger.cli.importing.source import Source, template_of
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import Conflict
from wharfinger.render.rolling import FROZEN

MANAGER = "wharfinger-import"
"""Field manager of what the command line writes."""

_POLL = 0.3
_ATTEMPTS = 5
"""How often an object is marked that others write to at the same time."""


async def mark(client: KubeClient, taken: Sequence[Object], workload: str) -> None:
    """Step 1. Raises CommandError where an object is not what was looked at any more: then look again."""
    for obj in taken:
        for _ in range(_ATTEMPTS):
            if await _mark(client, obj, workload):
                break
        else:
            raise CommandError(f"{place(obj)} keeps changing; run the command again")


async def _mark(client: KubeClient, obj: Object, workload: str) -> bool:
    """Once; False where somebody else wrote at the same moment, as controllers do to the status."""
    live = await client.get(resource_of(obj), *key_of(obj))
    if live["metadata"]["uid"] != obj["metadata"]["uid"] or live["spec"] != obj["spec"]:
        raise CommandError(f"{place(obj)} was changed meanwhile; run the command again")
    labels = {INSTANCE_LABEL: workload, MANAGED_BY_LABEL: MANAGED_BY}
    annotations = {APPLIED_ANNOTATION: "-"}
    meta = {"resourceVersion": live["metadata"]["resourceVersion"], "labels": labels, "annotations": annotations}
    try:
        await client.patch(resource_of(obj), key_of(obj), {"metadata": meta}, manager=MANAGER)
    except Conflict:
        return False
    return True


async def create(client: KubeClient, document: Object, *, dry_run: bool = False) -> Object:
    """Step 2."""
    meta = document["metadata"]
    annotations = {**meta.get("annotations", {}), PAUSED_ANNOTATION: "true"}
    body = document | {"metadata": meta | {"annotations": annotations}}
    return await client.create(CONTAINER_WORKLOAD, body, manager=MANAGER, dry_run=dry_run)


async def release(client: KubeClient, source: Source, taken: Sequence[Object], *, timeout: float) -> None:  # noqa: ASYNC109
    """Step 3. `timeout` in seconds, for each of its two halves.

    Raises CommandError where no operator takes the objects, or takes them otherwise than as they were.
    """
    key = key_of(source.runner)
    missing = f"no operator took the objects within {timeout:g} s: does it run (`wharfinger doctor`)? Run this again"
    workload = await client.get(CONTAINER_WORKLOAD, *key)
    for obj in taken:
        await _until(partial(_owned, client, obj, workload), timeout, missing)
    live = await client.get(resource_of(source.runner), *key)
    if not _as_it_was(workload, source, live):
        raise CommandError(
            f"the operator renders {place(source.runner)} otherwise than this command (another version?); no pod is "
            f"replaced while cw/{source.name} is paused: `kubectl delete cw/{source.name} --cascade=orphan` undoes it"
        )
    patch = {"metadata": {"annotations": {PAUSED_ANNOTATION: None}}}
    await client.patch(CONTAINER_WORKLOAD, key, patch, manager=MANAGER)
    message = f"the objects are handed over, but not Ready within {timeout:g} s: `wharfinger status {source.name}`"
    await _until(partial(_ready, client, source, key), timeout, message)


def _as_it_was(workload: Object, source: Source, live: Object) -> bool:
    """Whether the operator left the pod template alone, where the workload says so."""
    if IMPORTED_ANNOTATION not in workload["metadata"].get("annotations", {}):
        return True
    template = template_of(live)
    return template == source.template and REVISION_LABEL not in template["metadata"].get("labels", {})


async def kept(client: KubeClient, source: Source) -> tuple[int, int]:
    """Of the pods that were there before, how many are there still; and how many there were."""
    before = {pod["metadata"]["uid"] for pod in source.own_pods}
    now = {pod["metadata"]["uid"] for pod in await client.list(POD, key_of(source.runner)[0])}
    return len(before & now), len(before)


def resource_of(obj: Object) -> Resource:
    """The resource of an object."""
    return BY_KIND[obj["apiVersion"], obj["kind"]]


async def _owned(client: KubeClient, obj: Object, workload: Object) -> bool:
    owner = controller_of(await client.get(resource_of(obj), *key_of(obj)))
    return owner is not None and owner["uid"] == workload["metadata"]["uid"]


async def _ready(client: KubeClient, source: Source, key: Key) -> bool:
    """Ready, by an operator that has seen the end of the pause."""
    workload = await client.get(CONTAINER_WORKLOAD, *key)
    live = (await client.get(resource_of(source.runner), *key))["spec"]
    limits = (live.get("updateStrategy") or {}).get("rollingUpdate") or {}
    if live.get("paused") or limits.get("partition") == FROZEN:
        return False
    status: dict[str, Any] = workload.get("status", {})
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in status.get("conditions", ()))
    return ready and status.get("observedGeneration") == workload["metadata"]["generation"]


async def _until(look: Callable[[], Awaitable[bool]], timeout: float, otherwise: str) -> None:  # noqa: ASYNC109
    until = time.monotonic() + timeout
    while not await look():
        if time.monotonic() > until:
            raise CommandError(otherwise)
        await asyncio.sleep(_POLL)
