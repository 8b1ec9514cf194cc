"""Completion of names from the cluster: quickly or not at all, and never with an error."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from typer import Context

if TYPE_CHECKING:
    from wharfinger.cli.kube import Kube

Object = dict[str, Any]
Options = dict[str, Any]
"""What the line says so far."""

Asked = Callable[["Kube", Options], Awaitable[list[Object]]]
"""What lists the objects whose names may be meant."""

TIME_OUT = 2.0
"""Seconds; whoever presses TAB does not want to wait."""


def workload_names(ctx: Context, incomplete: str) -> list[str]:
    """The names that begin so, in the namespace that the line names or the context has, but those already there."""
    return _completed(_workloads, ctx.params, incomplete, given=ctx.params.get("names") or ())


def stack_names(ctx: Context, incomplete: str) -> list[str]:
    """The same of Stacks."""
    return _completed(_stacks, ctx.params, incomplete, given=ctx.params.get("names") or ())


def node_names(ctx: Context, incomplete: str) -> list[str]:
    """The nodes' names that begin so, but those already there."""
    return _completed(_nodes, ctx.params, incomplete, given=ctx.params.get("names") or ())


def _completed(asked: Asked, options: Options, incomplete: str, *, given: Sequence[str]) -> list[str]:
    with contextlib.suppress(Exception), open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):  # noqa: PTH123
        found = asyncio.run(_names(asked, options))
        return sorted(name for name in found if name.startswith(incomplete) and name not in given)
    return []


async def _names(asked: Asked, options: Options) -> list[str]:
    from wharfinger.cli.kube import connect

    async with (
        asyncio.timeout(TIME_OUT),
        connect(kubeconfig=options.get("kubeconfig"), context=options.get("context")) as kube,
    ):
        return [each["metadata"]["name"] for each in await asked(kube, options)]


async def _workloads(kube: "Kube", options: Options) -> list[Object]:
    from wharfinger.cli.kube import WORKLOAD

    return await kube.client.list(WORKLOAD, options.get("namespace") or kube.namespace)


async def _stacks(kube: "Kube", options: Options) -> list[Object]:
    from wharfinger.api.kinds import STACK

    return await kube.client.list(STACK, options.get("namespace") or kube.namespace)


async def _nodes(kube: "Kube", _options: Options) -> list[Object]:
    from wharfinger.api.builtin import NODE

    return await kube.client.list(NODE)
