"""``wharfinger stack logs``: what the services of a stack write, all side by side."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from wharfinger.cli.errors import NOT_WELL, CommandError
from wharfinger.cli.options import duration
from wharfinger.cli.stack import options
from wharfinger.cli.verbs import Call, verb

Object = dict[str, Any]


@verb()
async def logs(
    call: Call,
    *,
    name: options.Name,
    services: Annotated[
        list[str] | None, typer.Argument(metavar="[SERVICE...]", help="As the documents have them; all if absent.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on, with new pods too, until Ctrl-C.")] = False,
    since: Annotated[
        float | None, typer.Option("--since", metavar="DURATION", parser=duration, help="No older lines, such as 10m.")
    ] = None,
    tail: Annotated[int | None, typer.Option("--tail", min=0, help="So many lines of each container at first.")] = None,
    timestamps: Annotated[bool, typer.Option("--timestamps", "-t", help="Begin each line with its time, too.")] = False,
    prefix: options.Prefix = True,
) -> None:
    """Print the logs of a stack's services, or of some of them.

    Exit code 1 where a log could not be read.
    """
    from wharfinger.api.kinds import STACK
    from wharfinger.cli.names import plain_stack
    from wharfinger.cli.podlogs.follow import followed
    from wharfinger.cli.podlogs.printing import Style
    from wharfinger.cli.podlogs.reading import Options
    from wharfinger.cli.podlogs.snapshot import printed
    from wharfinger.cli.podlogs.sources import Choice

    style = Style(prefix=prefix, timestamps=timestamps, output=call.output)
    async with call.connected() as kube:
        stack = await kube.client.get(STACK, kube.namespace, plain_stack(name))
        run = followed if follow else printed
        chosen = workloads_of(stack, services or ())
        well = await run(kube, kube.namespace, chosen, Choice(), Options(since=since, tail=tail, style=style))
    if not well:
        raise typer.Exit(NOT_WELL)


def workloads_of(stack: Object, names: Sequence[str]) -> list[str]:
    """Workloads of the services that are named, all without any. Raises CommandError for one that has none."""
    from wharfinger.cli.stack.standing import selected, services

    called = stack["metadata"]["name"]
    try:
        chosen = selected(stack, names)
    except KeyError as error:
        known = ", ".join(each["name"] for each in services(stack)) or "none yet"
        raise CommandError(f"{called}: has no service {error.args[0]}; it has {known}") from None
    found = [each["workload"] for each in chosen if each.get("workload")]
    if not found:
        raise CommandError(f"{called}: none of its services has been made yet")
    return found
