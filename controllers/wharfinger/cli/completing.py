"""Completion of workloads' names from the cluster: quickly or not at all, and never with an error."""

import asyncio
import contextlib
import os
from typing import Any

from typer import Context

TIME_OUT = 2.0
"""Seconds; whoever presses TAB does not want to wait."""


def workload_names(ctx: Context, incomplete: str) -> list[str]:
    """The names that begin so, in the namespace that the line names or the context has, but those already there."""
    options: dict[str, Any] = ctx.params
    given = options.get("names") or ()
    with contextlib.suppress(Exception), open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):  # noqa: PTH123
        found = asyncio.run(_names(options))
        return sorted(name for name in found if name.startswith(incomplete) and name not in given)
    return []


async def _names(options: dict[str, Any]) -> list[str]:
    from wharfinger.cli.kube import WORKLOAD, connect

    async with (
        asyncio.timeout(TIME_OUT),
        connect(kubeconfig=options.get("kubeconfig"), context=options.get("context")) as kube,
    ):
        workloads = await kube.client.list(WORKLOAD, options.get("namespace") or kube.namespace)
        return [workload["metadata"]["name"] for workload in workloads]
