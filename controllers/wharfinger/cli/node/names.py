"""Nodes on the command line."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wharfinger.cli.completing import node_names
from wharfinger.cli.errors import CommandError

if TYPE_CHECKING:
    from wharfinger.engine.client import KubeClient

Object = dict[str, Any]

Node = Annotated[str, typer.Argument(metavar="NODE", help="The node.", autocompletion=node_names)]
OptionalNodes = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NODE...]", help="Nodes; all if absent.", autocompletion=node_names),
]


async def found(client: "KubeClient", names: list[str]) -> list[Object]:
    """The nodes of these names, which may be written ``node/NAME``. Raises CommandError for one that is not there."""
    return list(await asyncio.gather(*(_found(client, name.removeprefix("node/")) for name in names)))


async def _found(client: "KubeClient", name: str) -> Object:
    from wharfinger.api.builtin import NODE
    from wharfinger.engine.errors import NotFound

    try:
        return await client.get(NODE, "", name)
    except NotFound as error:
        raise CommandError(f"there is no node {name}; `wharfinger node ls` lists them") from error
