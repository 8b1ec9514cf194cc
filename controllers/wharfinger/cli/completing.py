"""Completion of the names of workloads and stacks from the cluster: quickly or not at all, and never with an error."""

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING, Any

from typer import Context

if TYPE_CHECKING:
    from wharfinger.api.resource import Resource

TIME_OUT = 2.0
"""Seconds; whoever presses TAB does not want to wait."""


def workload_names(ctx: Context, incomplete: str) -> list[str]:
    """The names that begin so, in the namespace that the line names or the context has, but those already there."""
    from wharfinger.api.kinds import CONTAINER_WORKLOAD

    return _names(ctx.params, incomplete, CONTAINER_WORKLOAD)


def stack_names(ctx: Context, incomplete: str) -> list[str]:
    """The same of Stacks."""
    from wharfinger.api.kinds import STACK

    return _names(ctx.params, incomplete, STACK)


def _names(options: dict[str, Any], incomplete: str, resource: "Resource") -> list[str]:
    given = options.get("names") or ()
    with contextlib.suppress(Exception), open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):  # noqa: PTH123
        found = asyncio.run(_read(options, resource))
        return sorted(name for name in found if name.startswith(incomplete) and name not in given)
    return []


async def _read(options: dict[str, Any], resource: "Resource") -> list[str]:
    from wharfinger.cli.kube import connect

    async with (
        asyncio.timeout(TIME_OUT),
        connect(kubeconfig=options.get("kubeconfig"), context=options.get("context")) as kube,
    ):
        found = await kube.client.list(resource, options.get("namespace") or kube.namespace)
        return [each["metadata"]["name"] for each in found]
