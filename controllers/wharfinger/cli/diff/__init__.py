"""``wharfinger diff``: what an apply would change, in the workload and in what Wharfinger makes of it.

- `meaning`: the objects that a workload stands for on this cluster, now and after the apply. Pure.
- `reading`: what `meaning` needs to know, from the API server.
- `stacks`: the same of a Stack, and `secrecy` what of that is not to be seen.
- `text`: what is different about one object, as a unified diff and field by field. Pure.
"""

from typing import TYPE_CHECKING

import typer

from wharfinger.cli.options import Files, Force
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from wharfinger.cli.diff.text import Difference

DIFFERENT = 1
FAILED = 2


@verb()
async def diff(call: Call, *, files: Files, force_conflicts: Force = False) -> None:
    """Show what `apply` would change: in workloads and stacks, and in the objects that Wharfinger makes of them.

    Exit codes are kubectl diff's: 0 no differences, 1 differences, 2 it failed, or a document is wrong.
    """
    from wharfinger.cli.diff.text import show
    from wharfinger.cli.errors import CommandError

    try:
        found = await _differences(call, files, force=force_conflicts)
    except CommandError as error:
        error.exit_code = FAILED
        raise
    show(found, call.output)
    if found:
        raise typer.Exit(DIFFERENT)


async def _differences(call: Call, files: list[str], *, force: bool) -> "list[Difference]":
    from wharfinger.api.kinds import STACK
    from wharfinger.cli.diff import reading, stacks
    from wharfinger.cli.documents import read_documents
    from wharfinger.cli.proposals import proposed

    read = read_documents(files)
    async with call.connected() as kube:
        proposals = await proposed(kube, read, namespace=call.namespace, force=force)
        return [
            each
            for proposal in proposals
            for each in await (stacks if STACK.describes(proposal.body) else reading).differences(kube, proposal)
        ]
