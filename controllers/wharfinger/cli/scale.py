"""``wharfinger scale``: another number of pods, by the scale subresource, as ``kubectl scale`` and autoscalers do."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from wharfinger.cli.errors import CommandError
from wharfinger.cli.options import Names
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from wharfinger.cli.kube import Kube

Object = dict[str, Any]

SCALED = ("service", "stateful", "tasks")
"""Modes in which replicas count; with tasks not where there is one for each node."""


@verb(waits=True)
async def scale(
    call: Call, *, names: Names, replicas: Annotated[int, typer.Option("--replicas", min=0, help="Pods wanted.")]
) -> None:
    """Set the number of pods. What applies the document next sets it again, if the document has replicas."""
    from wharfinger.api.resource import key_of
    from wharfinger.cli import goals
    from wharfinger.cli.kube import WORKLOAD
    from wharfinger.cli.names import plain

    async with call.connected() as kube:
        found = [await kube.client.get(WORKLOAD, kube.namespace, plain(name)) for name in names]
        for workload in found:
            if reason := obstacle(workload):
                raise CommandError(reason)
        for workload in found:
            call.report(*await _scaled(kube, workload, replicas))
        await call.follow(kube, {key_of(workload): goals.ready for workload in found})


def obstacle(workload: Object) -> str:
    """Why setting replicas would do nothing; empty where it would do something."""
    name, spec = workload["metadata"]["name"], workload["spec"]
    mode, autoscale = spec.get("mode", "service"), spec.get("autoscale")
    if mode not in SCALED:
        return f"{name} is of mode {mode}, which has no replicas; the modes {', '.join(SCALED)} have"
    if (spec.get("tasks") or {}).get("scheduling", "").startswith("global"):
        return f"{name} has a task on each node: it has no replicas"
    if autoscale and autoscale.get("enabled", True):
        return f"{name} is scaled by its autoscaler: change spec.autoscale (minReplicas, maxReplicas), or disable it"
    for finding in workload.get("status", {}).get("findings", ()):
        if finding["reason"] == "ScaledElsewhere":
            return f"{name}: {finding['path']} is {finding['message']}"
    return ""


async def _scaled(kube: "Kube", workload: Object, replicas: int) -> tuple[Object, str]:
    from wharfinger.api.resource import key_of
    from wharfinger.cli.kube import MANAGER, WORKLOAD

    before = workload["spec"].get("replicas", 1)
    if before == replicas:
        return workload, f"has {replicas} replicas already: nothing to do"
    patch = {"spec": {"replicas": replicas}}
    await kube.client.patch(WORKLOAD, key_of(workload), patch, subresource="scale", manager=MANAGER)
    after = await kube.client.get(WORKLOAD, *key_of(workload))
    return after, f"scaled from {before} to {replicas}"
