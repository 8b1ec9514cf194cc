"""``wharfinger node ps``: the tasks on nodes, as ``docker node ps`` shows them."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from wharfinger.cli.console import Format
from wharfinger.cli.node.names import OptionalNodes, found
from wharfinger.cli.tasks import COLUMNS, All, Listing, Parts, cells, data, listing, parts
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from rich.table import Table

    from wharfinger.engine.client import KubeClient
    from wharfinger.rollout.tasks.task import Task

Object = dict[str, Any]
Shown = tuple[Listing, "Task"]
"""A task, and the workload's listing that it is of."""


@verb()
async def ps(call: Call, *, names: OptionalNodes = None, all_: All = False) -> None:
    """Show the tasks on nodes, as `docker node ps` does: of all namespaces, or of the one that is named."""
    async with call.connected() as kube:
        nodes = [str(each["metadata"]["name"]) for each in await found(kube.client, names or [])]
        listings = await _listings(kube.client, call.namespace)
    _show(list(on_nodes(listings, nodes, ended=all_)), call)


async def _listings(client: "KubeClient", namespace: str | None) -> list[Listing]:
    """Those of all workloads of mode tasks, by namespace and name."""
    from wharfinger.api.labels import INSTANCE_LABEL
    from wharfinger.cli.kube import WORKLOAD

    live, told = await asyncio.gather(client.list(WORKLOAD, namespace), parts(client, namespace, INSTANCE_LABEL))
    workloads = [each for each in live if each["spec"].get("mode") == "tasks"]
    pods, histories, revisions = (_by_workload(each) for each in (told.pods, told.histories, told.revisions))
    return [
        listing(each, Parts(pods=pods[key], histories=histories[key], revisions=revisions[key]))
        for key, each in sorted((_key(each["metadata"], each["metadata"]["name"]), each) for each in workloads)
    ]


def _by_workload(objects: Sequence[Object]) -> dict[tuple[str, str], list[Object]]:
    from wharfinger.api.labels import INSTANCE_LABEL

    made = defaultdict[tuple[str, str], list[Object]](list)
    for each in objects:
        made[_key(each["metadata"], each["metadata"]["labels"][INSTANCE_LABEL])].append(each)
    return made


def _key(metadata: Object, name: str) -> tuple[str, str]:
    return metadata["namespace"], name


def on_nodes(listings: Sequence[Listing], nodes: Collection[str], *, ended: bool) -> "Iterator[Shown]":
    """The tasks on those nodes, on any where none is named; of tasks that others followed only if ``ended``."""
    for each in listings:
        shown = each.tasks if ended else each.current().tasks
        yield from ((each, task) for task in shown if task.node and (not nodes or task.node in nodes))


def _show(shown: "Sequence[Shown]", call: Call) -> None:
    from wharfinger.cli import console

    if call.output in (Format.json, Format.yaml):
        told = [{"namespace": each.namespace} | data(each, task) for each, task in shown]
        console.print_data({"tasks": told}, as_json=call.output is Format.json)
    elif call.output is Format.name:
        for _, task in shown:
            console.say(task.id)
    elif shown:
        console.out().print(rows(shown, namespaced=call.namespace is None))
    else:
        console.remark("No tasks.")


def rows(shown: "Sequence[Shown]", *, namespaced: bool) -> "Table":
    """The columns of ``docker node ps``; before them the namespace, where there may be several."""
    from wharfinger.cli import console

    made = console.table(*(["namespace"] if namespaced else []), *COLUMNS)
    for each, task in shown:
        made.add_row(*([each.namespace] if namespaced else []), *cells(each, task))
    return made
