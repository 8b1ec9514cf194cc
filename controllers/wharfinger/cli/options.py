"""Options that several commands share, so that they are spelt and explained alike. Names are kubectl's."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer import BadParameter

from wharfinger.cli.completing import workload_names
from wharfinger.cli.console import Format


def duration(text: str) -> float:
    """Seconds of ``90s``, ``5m``, ``1h30m``; a plain number counts as seconds."""
    from wharfinger.api.duration import seconds

    try:
        found = float(text) if text.replace(".", "", 1).isdigit() else seconds(text)
    except ValueError as error:
        raise BadParameter(f"{text!r} is no duration; write 30s, 5m or 1h30m") from error
    if found < 0:
        raise BadParameter(f"{text!r} is negative")
    return found


Kubeconfig = Annotated[
    Path | None,
    typer.Option("--kubeconfig", help="Kubeconfig file; $KUBECONFIG or ~/.kube/config if absent.", show_default=False),
]
Context = Annotated[
    str | None,
    typer.Option("--context", help="Kubeconfig context; the current one if absent.", show_default=False),
]
Namespace = Annotated[
    str | None,
    typer.Option("--namespace", "-n", help="Namespace; the context's own if absent.", show_default=False),
]
AllNamespaces = Annotated[bool, typer.Option("--all-namespaces", "-A", help="Every namespace.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The workload.", autocompletion=workload_names)]
Names = Annotated[list[str], typer.Argument(metavar="NAME...", help="Workloads.", autocompletion=workload_names)]
OptionalNames = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME...]", help="Workloads; all if absent.", autocompletion=workload_names),
]
Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Files, directories, or - for standard input.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until it is so; fail at once where it cannot be.")]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="DURATION", parser=duration, help="How long to wait, such as 90s or 5m.")
]
FIVE_MINUTES: Any = "5m"
"""A default is read as if it had been typed."""
Force = Annotated[bool, typer.Option("--force-conflicts", help="Take fields over from other field managers.")]
Output = Annotated[Format, typer.Option("--output", "-o", help="How to print it.")]
