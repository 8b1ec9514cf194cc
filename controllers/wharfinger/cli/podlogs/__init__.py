"""``wharfinger logs``: what the containers of a workload write, all pods side by side.

- `sources`: which containers have a log that can be read now. Pure.
- `lines`: from chunks of bytes to lines with a prefix. Pure.
- `printing`: what is written of them: lines with a prefix, or data.
- `reading`: one log, read to its end, and begun again where the connection breaks.
- `follow`: new pods are picked up, those that ended are told.
"""

from typing import Annotated

import typer

from wharfinger.cli.console import Format
from wharfinger.cli.errors import NOT_WELL, BadInputError
from wharfinger.cli.options import Names, duration
from wharfinger.cli.verbs import Call, verb


@verb()
async def logs(
    call: Call,
    *,
    names: Names,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on, with new pods too, until Ctrl-C.")] = False,
    since: Annotated[
        float | None, typer.Option("--since", metavar="DURATION", parser=duration, help="No older lines, such as 10m.")
    ] = None,
    tail: Annotated[int | None, typer.Option("--tail", min=0, help="So many lines of each container at first.")] = None,
    container: Annotated[
        str | None, typer.Option("--container", "-c", help="Which; the workload's main one if absent.")
    ] = None,
    previous: Annotated[bool, typer.Option("--previous", "-p", help="Of the container before its restart.")] = False,
    all_containers: Annotated[bool, typer.Option("--all-containers", help="Init containers and sidecars too.")] = False,
    prefix: Annotated[bool, typer.Option("--prefix/--no-prefix", help="Begin each line with its pod.")] = True,
    timestamps: Annotated[bool, typer.Option("--timestamps", help="And with its time.")] = False,
) -> None:
    """Print the logs of all pods of workloads. With -f, a job's end at its end.

    With -o json each line is an object with pod, container, timestamp and message; -o name prints the pods.

    Exit code 1 where a log could not be read.
    """
    from wharfinger.cli.names import plain
    from wharfinger.cli.podlogs.follow import followed
    from wharfinger.cli.podlogs.printing import Style
    from wharfinger.cli.podlogs.reading import Options
    from wharfinger.cli.podlogs.snapshot import printed
    from wharfinger.cli.podlogs.sources import Choice

    if follow and previous:
        raise BadInputError("--previous has ended, so there is nothing to --follow")
    if container and all_containers:
        raise BadInputError("--container and --all-containers do not go together")
    if follow and call.output is Format.name:
        raise BadInputError("--follow and -o name do not go together")
    choice = Choice(container=container, every=all_containers, previous=previous)
    style = Style(prefix=prefix, timestamps=timestamps, output=call.output)
    options = Options(since=since, tail=tail, previous=previous, style=style)
    async with call.connected() as kube:
        run = followed if follow else printed
        well = await run(kube, kube.namespace, [plain(name) for name in names], choice, options)
    if not well:
        raise typer.Exit(NOT_WELL)
