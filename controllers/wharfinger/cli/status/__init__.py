"""``wharfinger status``: how the workloads of a cluster are, and why.

- `summary`: one workload in one line: is it well, and if not, why.
- `detail`: one workload with everything that it made: its objects, pods and events.
- `gather`: reads all that from the API server.
- `show`: prints both, for people.
- `live`: shows both again with each change.

The judgement follows kstatus, as `kubectl wait`, Helm and Flux do; docs/status.md explains it.
"""

from typing import Annotated

import typer

from wharfinger.cli.completing import workload_names
from wharfinger.cli.console import Format
from wharfinger.cli.errors import NOT_WELL, BadInputError
from wharfinger.cli.options import AllNamespaces, Context, Kubeconfig, Namespace, Output, duration


def status(
    *,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME...]",
            help="Workloads to show in full; a list of all if absent.",
            autocompletion=workload_names,
        ),
    ] = None,
    namespace: Namespace = None,
    all_namespaces: AllNamespaces = False,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Output = Format.table,
    watch: Annotated[
        bool,
        typer.Option("--watch", "-w", help="Go on showing until Ctrl-C; a line a change where that is no terminal."),
    ] = False,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", metavar="DURATION", parser=duration, help="With --watch: end it after so long."),
    ] = None,
) -> None:
    """Show how workloads are, and why. With a name: its objects, pods, rollout and events.

    Exit code 1 unless every one of them is Ready.
    """
    import asyncio

    from wharfinger.cli.kube import connect
    from wharfinger.cli.names import plain
    from wharfinger.cli.status import gather, show
    from wharfinger.cli.status.detail import Detail

    if names and all_namespaces:
        raise BadInputError("a name and --all-namespaces do not go together")

    if watch and output not in (Format.table, Format.wide):
        raise BadInputError(f"--watch and -o {output} do not go together")
    wanted = [plain(name) for name in names or ()]

    async def read() -> list[Detail]:
        async with connect(kubeconfig=kubeconfig, context=context) as kube:
            where = None if all_namespaces else namespace or kube.namespace
            if watch:
                from wharfinger.cli.status import live

                return await live.follow(kube, where, wanted, wide=output is Format.wide, timeout=timeout)
            if wanted:
                return await gather.details(kube, where or "default", wanted)
            return await gather.listing(kube, where)

    found = asyncio.run(read())
    if not watch:
        show.show(found, output=output, full=bool(names), all_namespaces=all_namespaces)
    if not all(detail.summary.well for detail in found):
        raise typer.Exit(NOT_WELL)
