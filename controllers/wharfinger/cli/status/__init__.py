"""``wharfinger status``: how the workloads of a cluster are, and why.

- `summary`: one workload in one line: is it well, and if not, why.
- `detail`: one workload with everything that it made: its objects, pods and events.
- `gather`: reads all that from the API server.
- `show`: prints both, for people.
- `stacks`: one Stack with its services and events.
- `live`: shows both again with each change.

The judgement follows kstatus, as `kubectl wait`, Helm and Flux do; docs/status.md explains it.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from wharfinger.cli.completing import workload_names
from wharfinger.cli.console import Format
from wharfinger.cli.errors import NOT_WELL, BadInputError
from wharfinger.cli.options import AllNamespaces, duration
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from wharfinger.cli.status.detail import Detail


@verb()
async def status(
    call: Call,
    *,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME...]",
            help="Workloads to show in full, stacks as stack/NAME; a list of all workloads if absent.",
            autocompletion=workload_names,
        ),
    ] = None,
    all_namespaces: AllNamespaces = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", "-w", help="Go on showing until Ctrl-C; a line a change where that is no terminal."),
    ] = False,
    timeout: Annotated[  # noqa: ASYNC109
        float | None,
        typer.Option("--timeout", metavar="DURATION", parser=duration, help="With --watch: end it after so long."),
    ] = None,
) -> None:
    """Show how workloads are, and why. With a name: its objects, pods, rollout and events; of stack/NAME its services.

    Exit code 1 unless every one of them is Ready.
    """
    from wharfinger.cli.names import is_stack, plain
    from wharfinger.cli.status import show

    if names and all_namespaces:
        raise BadInputError("a name and --all-namespaces do not go together")
    if watch and call.output not in (Format.table, Format.wide):
        raise BadInputError(f"--watch and -o {call.output} do not go together")
    if any(is_stack(name) for name in names or ()):
        await _stacks(call, names or [], watch=watch)
        return
    wanted = [plain(name) for name in names or ()]
    if watch:
        found = await _followed(call, wanted, everywhere=all_namespaces, timeout=timeout)
    else:
        found = await _read(call, wanted, everywhere=all_namespaces)
        show.show(found, output=call.output, full=bool(names), all_namespaces=all_namespaces)
    if not all(detail.summary.well for detail in found):
        raise typer.Exit(NOT_WELL)


async def _stacks(call: Call, names: list[str], *, watch: bool) -> None:
    """Show Stacks; what they are made of has a name of its own."""
    from wharfinger.cli.names import is_stack, plain_stack
    from wharfinger.cli.status import stacks

    if watch:
        raise BadInputError("stack/NAME and --watch do not go together; watch its workloads")
    if not all(is_stack(name) for name in names):
        raise BadInputError("name workloads or stacks, not both")
    async with call.connected() as kube:
        found = await stacks.details(kube, [plain_stack(name) for name in names])
    stacks.show(found, output=call.output)
    if not all(detail.well for detail in found):
        raise typer.Exit(NOT_WELL)


async def _read(call: Call, names: list[str], *, everywhere: bool) -> "list[Detail]":
    from wharfinger.cli.status import gather

    async with call.connected() as kube:
        if names:
            return await gather.details(kube, kube.namespace, names)
        return await gather.listing(kube, None if everywhere else kube.namespace)


async def _followed(call: Call, names: list[str], *, everywhere: bool, timeout: float | None) -> "list[Detail]":  # noqa: ASYNC109
    """Show them until the end; the answer is how they were last."""
    from wharfinger.cli.status import live

    async with call.connected() as kube:
        where = None if everywhere else kube.namespace
        return await live.follow(kube, where, names, wide=call.output is Format.wide, timeout=timeout)
