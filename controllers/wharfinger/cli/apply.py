"""``wharfinger apply``: server-side apply of ContainerWorkloads and Stacks, all of them or none."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wharfinger.cli.options import Files, Force
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from wharfinger.cli.kube import Kube
    from wharfinger.cli.proposals import Proposal

Object = dict[str, Any]


class DryRun(StrEnum):
    """Whether anything is kept."""

    none = "none"
    server = "server"


@verb(waits=True)
async def apply(
    call: Call,
    *,
    files: Files,
    dry_run: Annotated[DryRun, typer.Option("--dry-run", help="server: try it, and keep nothing.")] = DryRun.none,
    force_conflicts: Force = False,
) -> None:
    """Apply ContainerWorkloads and Stacks by server-side apply. Findings go to standard error.

    The API server tries all of them first: if one is wrong (exit code 2) or in conflict (1), nothing is applied.
    """
    from wharfinger.cli import goals
    from wharfinger.cli.documents import read_documents
    from wharfinger.cli.kube import WRITTEN
    from wharfinger.cli.proposals import proposed

    read = read_documents(files)
    async with call.connected() as kube:
        proposals = await proposed(kube, read, namespace=call.namespace, force=force_conflicts)
        for proposal in proposals:
            if dry_run is DryRun.server:
                call.report(proposal.result, f"{outcome(proposal)} (server dry run)")
            else:
                call.report(await applied(kube, proposal, force=force_conflicts), outcome(proposal))
        if dry_run is DryRun.none:
            for resource in WRITTEN:
                of_kind = [each.key for each in proposals if resource.describes(each.body)]
                if of_kind:
                    await call.follow(kube, dict.fromkeys(of_kind, goals.ready), resource=resource)


def outcome(proposal: "Proposal") -> str:
    """What an apply does, in kubectl's words."""
    if proposal.live is None:
        return "created"
    return "configured" if proposal.changes else "unchanged"


async def applied(kube: "Kube", proposal: "Proposal", *, force: bool) -> Object:
    """Apply for good what was tried. Raises CommandError for a conflict."""
    from wharfinger.cli.errors import CommandError
    from wharfinger.cli.kube import MANAGER, resource_of
    from wharfinger.cli.proposals import conflicts
    from wharfinger.engine.errors import Conflict

    try:
        return await kube.client.apply(resource_of(proposal.body), proposal.body, manager=MANAGER, force=force)
    except Conflict as error:  # somebody was quicker since the dry run
        raise CommandError(f"{proposal.source}: {conflicts(error)}") from error
