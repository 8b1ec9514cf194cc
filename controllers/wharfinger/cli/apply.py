"""``wharfinger apply``: server-side apply of ContainerWorkloads, all of them or none."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from wharfinger.cli.console import Format
from wharfinger.cli.options import (
    FIVE_MINUTES,
    Context,
    Files,
    Force,
    Kubeconfig,
    Namespace,
    Output,
    Timeout,
    Wait,
)

if TYPE_CHECKING:
    from wharfinger.cli.kube import Kube
    from wharfinger.cli.proposals import Proposal


class DryRun(StrEnum):
    """Whether anything is kept."""

    none = "none"
    server = "server"


def apply(
    *,
    files: Files,
    dry_run: Annotated[DryRun, typer.Option("--dry-run", help="server: try it, and keep nothing.")] = DryRun.none,
    force_conflicts: Force = False,
    wait: Wait = False,
    timeout: Timeout = FIVE_MINUTES,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Output = Format.table,
) -> None:
    """Apply ContainerWorkloads by server-side apply. Findings go to standard error.

    The API server tries all of them first: if one is wrong (exit code 2) or in conflict (1), nothing is applied.
    """
    import asyncio

    from wharfinger.cli.documents import read_documents
    from wharfinger.cli.kube import connect
    from wharfinger.cli.proposals import check, placed, propose

    read = read_documents(files)

    async def act() -> None:
        async with connect(kubeconfig=kubeconfig, context=context) as kube:
            documents = [placed(document, given=namespace, default=kube.namespace) for document in read]
            await check(kube, documents)
            proposals = await propose(kube, documents, force=force_conflicts)
            if dry_run is DryRun.server:
                _tell(proposals, output)
                return
            for proposal in proposals:
                await _apply(kube, proposal, force=force_conflicts, output=output)
            if wait:
                await _wait(kube, proposals, timeout)

    asyncio.run(act())


def _tell(proposals: "list[Proposal]", output: Format) -> None:
    from wharfinger.cli.names import report

    for proposal in proposals:
        report(proposal.result, f"{outcome(proposal)} (server dry run)", output=output)


def outcome(proposal: "Proposal") -> str:
    """What an apply does, in kubectl's words."""
    if proposal.live is None:
        return "created"
    return "configured" if proposal.changes else "unchanged"


async def _apply(kube: "Kube", proposal: "Proposal", *, force: bool, output: Format) -> None:
    from wharfinger.cli.errors import CommandError
    from wharfinger.cli.kube import MANAGER, WORKLOAD
    from wharfinger.cli.names import report
    from wharfinger.cli.proposals import conflicts
    from wharfinger.engine.errors import Conflict

    try:
        applied = await kube.client.apply(WORKLOAD, proposal.body, manager=MANAGER, force=force)
    except Conflict as error:  # somebody was quicker since the dry run
        raise CommandError(f"{proposal.source}: {conflicts(error)}") from error
    report(applied, outcome(proposal), output=output)


async def _wait(kube: "Kube", proposals: "list[Proposal]", timeout: float) -> None:  # noqa: ASYNC109
    from wharfinger.cli import goals
    from wharfinger.cli.waiting import wait_for

    await wait_for(kube, {proposal.key: goals.ready for proposal in proposals}, timeout=timeout)
