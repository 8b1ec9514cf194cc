"""``wharfinger diff``: what an apply would change, in the workload and in what Wharfinger makes of it.

- `meaning`: the objects that a workload stands for on this cluster, now and after the apply. Pure.
- `reading`: what `meaning` needs to know, from the API server.
- `text`: unified diffs. Pure.
"""

from typing import TYPE_CHECKING

import typer

from wharfinger.cli.options import Context, Files, Force, Kubeconfig, Namespace

if TYPE_CHECKING:
    from wharfinger.cli.diff.text import Difference

DIFFERENT = 1
FAILED = 2


def diff(
    *,
    files: Files,
    force_conflicts: Force = False,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Show what `apply` would change: in the workloads, and in the objects that Wharfinger makes of them.

    Exit codes are kubectl diff's: 0 no differences, 1 differences, 2 it failed, or a document is wrong.
    """
    import asyncio

    from wharfinger.cli.diff.text import show
    from wharfinger.cli.documents import read_documents
    from wharfinger.cli.errors import CommandError

    async def compare() -> "list[Difference]":
        from wharfinger.cli.diff.reading import differences
        from wharfinger.cli.kube import connect
        from wharfinger.cli.proposals import check, placed, propose

        async with connect(kubeconfig=kubeconfig, context=context) as kube:
            documents = [placed(document, given=namespace, default=kube.namespace) for document in read]
            await check(kube, documents)
            proposals = await propose(kube, documents, force=force_conflicts)
            return [each for proposal in proposals for each in await differences(kube, proposal)]

    try:
        read = read_documents(files)
        found = asyncio.run(compare())
    except CommandError as error:
        error.exit_code = FAILED
        raise
    show(found)
    if found:
        raise typer.Exit(DIFFERENT)
