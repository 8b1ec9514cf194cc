"""Options that several commands share, so that they are spelt and explained alike. Names are kubectl's."""

from pathlib import Path
from typing import Annotated

import typer

from wharfinger.cli.console import Format

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
Output = Annotated[Format, typer.Option("--output", "-o", help="How to print it.")]
