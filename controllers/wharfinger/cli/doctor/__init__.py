"""``wharfinger doctor``: what stands in the way of workloads on a cluster, and what to do about it.

`gather` reads `facts`, `checks` judge them (pure functions), and each answer is a line with a remedy.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from wharfinger.cli.console import Format
from wharfinger.cli.errors import NOT_WELL
from wharfinger.cli.options import Context, Kubeconfig, Namespace, Output

if TYPE_CHECKING:
    from wharfinger.cli.doctor.verdict import Check


def doctor(
    *,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    operator_namespace: Annotated[
        str, typer.Option("--operator-namespace", help="Where to look for the operator first.")
    ] = "wharfinger-system",
    output: Output = Format.table,
) -> None:
    """Examine a cluster and a namespace of it: does all work that workloads need? Changes nothing.

    Exit code 1 if a check fails; warnings are about what some workloads need.
    """
    import asyncio

    from wharfinger.cli.doctor.checks import examined
    from wharfinger.cli.doctor.gather import gather
    from wharfinger.cli.doctor.verdict import Verdict
    from wharfinger.cli.kube import told
    from wharfinger.engine.client import KubeClient
    from wharfinger.engine.connection import Connection

    async def look() -> "list[Check]":
        with told():
            connection = Connection.default(kubeconfig=kubeconfig, context=context)
            async with KubeClient(connection, timeout=15) as client:
                where = namespace or connection.namespace or "default"
                return examined(await gather(connection, client, where, operator_namespace))

    found = asyncio.run(look())
    _show(found, output)
    if any(check.verdict is Verdict.fail for check in found):
        raise typer.Exit(NOT_WELL)


def _show(found: "list[Check]", output: Format) -> None:
    from rich.text import Text

    from wharfinger.cli import console

    if output in (Format.json, Format.yaml):
        console.print_data({"checks": [check.to_json() for check in found]}, as_json=output is Format.json)
        return
    if output is Format.name:
        for check in found:
            console.say(check.check)
        return
    styles = {"ok": "green", "unknown": "dim", "warning": "yellow", "fail": "bold red"}
    table = console.table("check", "verdict", "message", "remedy")
    for check in found:
        verdict = Text(str(check.verdict), style=styles[check.verdict])
        table.add_row(Text(check.check), verdict, Text(check.message), Text(check.remedy))
    console.out().print(table)
