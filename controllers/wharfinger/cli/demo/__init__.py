"""``wharfinger demo``: the whole job shown on a real cluster, in a few minutes.

- `stage`: the cluster and the operator, set up and taken down.
- `workloads`: the workloads that the demo plays with; `setup` applies them, the CRDs and the samples.
- `steps`: what is shown, as data, and `tasking`: what of it is about tasks; `scene` is what a step has to hand.
- `play`: set up, one step after another, the summary.
- `waiting`: waits for the cluster to be as expected, by watching it; `view` is the narrator.
"""

from typing import Annotated

import typer

from wharfinger.cli.errors import NOT_WELL
from wharfinger.cli.options import Context, Kubeconfig
from wharfinger.cluster.nodekind import NodeKind


def demo(
    *,
    node: Annotated[NodeKind, typer.Option("--node", help="What runs the containers of the embedded cluster.")] = (
        NodeKind.AUTO
    ),
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the embedded cluster.")] = "demo",
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    image: Annotated[
        str | None,
        typer.Option(
            "--image",
            metavar="IMAGE",
            help="With --context: a server on port 8080 with /healthz and /exit; Kubernetes' agnhost if absent.",
        ),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave cluster and operator up.")] = False,
) -> None:
    """Show the whole job: resources become Ready, are broken by hand, and are put right; a bad image rolls back.

    Tasks by Swarm's rules are updated and rolled back, too.

    Uses an embedded cluster of its own, or the one that --context names. Exit code 1 if a step fails.
    """
    from wharfinger.cli.console import out
    from wharfinger.cli.demo.play import show
    from wharfinger.cli.demo.stage import embedded, foreign
    from wharfinger.cli.demo.view import View

    view = View(out())
    place = (
        foreign(kubeconfig=kubeconfig, context=context, image=image, keep=keep)
        if context
        else embedded(name, node, keep=keep)
    )
    if not show(view, place, keep=keep):
        raise typer.Exit(NOT_WELL)
