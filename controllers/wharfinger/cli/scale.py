"""``wharfinger scale``: another number of pods, by the scale subresource, as ``kubectl scale`` and autoscalers do."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from wharfinger.cli.console import Format
from wharfinger.cli.errors import CommandError
from wharfinger.cli.options import FIVE_MINUTES, Context, Kubeconfig, Names, Namespace, Output, Timeout, Wait

if TYPE_CHECKING:
    from wharfinger.cli.kube import Kube

Object = dict[str, Any]

SCALED = ("service", "stateful", "tasks")
"""Modes in which replicas count; with tasks not where there is one for each node."""


def scale(
    *,
    names: Names,
    replicas: Annotated[int, typer.Option("--replicas", min=0, help="Pods wanted.")],
    wait: Wait = False,
    timeout: Timeout = FIVE_MINUTES,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Output = Format.table,
) -> None:
    """Set the number of pods. What applies the document next sets it again, if the document has replicas."""
    import asyncio

    from wharfinger.cli import goals
    from wharfinger.cli.kube import WORKLOAD, connect
    from wharfinger.cli.names import plain, report
    from wharfinger.cli.waiting import wait_for

    async def act() -> None:
        async with connect(kubeconfig=kubeconfig, context=context) as kube:
            where = namespace or kube.namespace
            found = [await kube.client.get(WORKLOAD, where, plain(name)) for name in names]
            for workload in found:
                if reason := obstacle(workload):
                    raise CommandError(reason)
            for workload in found:
                report(*await _scaled(kube, workload, replicas), output=output)
            if wait:
                await wait_for(kube, {(where, plain(name)): goals.ready for name in names}, timeout=timeout)

    asyncio.run(act())


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
