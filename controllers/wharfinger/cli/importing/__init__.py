"""``wharfinger import``: a Deployment, StatefulSet or CronJob becomes a ContainerWorkload, and no pod is replaced.

In the order in which it happens: `gather` reads what is there (`source`), `document` says it in a workload's words
(`podspec`, `blocks`, `around`) and what stands against it (`checks`), `preflight` asks the API server what would come
of it, and `handover` does it. docs/designs/0012-import.md says why it is so.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from wharfinger.cli.console import Format
from wharfinger.cli.errors import NOT_WELL, BadInputError
from wharfinger.cli.options import Context, Kubeconfig, Namespace, Output

if TYPE_CHECKING:
    from wharfinger.api.resource import Resource


def import_(
    *,
    what: Annotated[
        str, typer.Argument(metavar="KIND/NAME", help="deployment/NAME, statefulset/NAME or cronjob/NAME.")
    ],
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Output = Format.yaml,
    apply: Annotated[
        bool, typer.Option("--apply", help="Create the workload and hand the objects over to it.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --apply: all but the writing.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Take over what Helm, Argo CD or Flux looks after, too.")
    ] = False,
    allow_restart: Annotated[
        bool, typer.Option("--allow-restart", help="Take over what cannot be said without new pods, too.")
    ] = False,
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds to wait for the operator.", min=1)] = 60,
) -> None:
    """Turn what runs already into a ContainerWorkload, with its Service, autoscaler and disruption budget.

    Prints the document; with --apply it takes over, without replacing a pod. Exit code 1 where it could not.
    """
    import asyncio

    from wharfinger.cli.importing.steps import Wish, run

    resource, name = parse(what)
    wish = Wish(
        resource=resource,
        name=name,
        output=output,
        apply=apply,
        dry_run=dry_run,
        force=force,
        allow_restart=allow_restart,
        timeout=timeout,
    )
    if not asyncio.run(run(wish, namespace=namespace, context=context, kubeconfig=kubeconfig)):
        raise typer.Exit(NOT_WELL)


def parse(what: str) -> "tuple[Resource, str]":
    """Resource and name of ``KIND/NAME``. Raises BadInputError for what cannot be imported."""
    from wharfinger.cli.importing.source import resource_of

    kind, _, name = what.partition("/")
    resource = resource_of(kind)
    if not name or "/" in name:
        raise BadInputError(f"{what}: write KIND/NAME, such as deployment/web")
    if resource is None:
        raise BadInputError(f"{what}: only a deployment, statefulset or cronjob can be imported")
    return resource, name
