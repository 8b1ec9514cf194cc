"""``wharfinger rollback``: pin a revision, or let the spec's own run again."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from wharfinger.cli.console import Format
from wharfinger.cli.errors import BadInputError, CommandError
from wharfinger.cli.options import FIVE_MINUTES, Context, Kubeconfig, Name, Namespace, Output, Timeout, Wait

if TYPE_CHECKING:
    from wharfinger.cli.kube import Kube
    from wharfinger.cli.rollouts.kept import Revision
    from wharfinger.cli.rollouts.steering import Subject


def rollback(
    *,
    name: Name,
    to_revision: Annotated[
        int | None,
        typer.Option("--to-revision", min=1, help="Which; the one before the spec's if absent.", show_default=False),
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", "--undo", help="Let the spec's revision run again.")] = False,
    wait: Wait = False,
    timeout: Timeout = FIVE_MINUTES,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Output = Format.table,
) -> None:
    """Run an earlier revision until --clear. The spec keeps the wish, so that no GitOps tool fights it.

    `wharfinger history` lists the revisions that are kept.
    """
    import asyncio

    from wharfinger.cli.kube import connect
    from wharfinger.cli.names import plain
    from wharfinger.cli.rollouts.steering import read

    if clear and to_revision is not None:
        raise BadInputError("--clear and --to-revision do not go together")

    async def act() -> None:
        async with connect(kubeconfig=kubeconfig, context=context) as kube:
            subject = await read(kube, namespace or kube.namespace, plain(name))
            subject.must_roll_out()
            if clear:
                await _clear(kube, subject, wait=wait, timeout=timeout, output=output)
            else:
                await _pin(kube, subject, to_revision, wait=wait, timeout=timeout, output=output)

    asyncio.run(act())


def chosen(kept: "Sequence[Revision]", wanted: int | None, number: int | None, name: str) -> "Revision":
    """The revision to run: that of ``number``, or the newest but the one that the spec asks for (``wanted``).

    Raises CommandError, with those that are kept, where there is none.
    """
    from wharfinger.cli.rollouts.history import one
    from wharfinger.cli.rollouts.kept import listed

    if number is not None:
        return one(kept, number, name)
    for each in reversed(kept):
        if wanted is not None and each.number != wanted:
            return each
    raise CommandError(f"{name} has no earlier revision; kept are {listed(kept)}")


async def _pin(
    kube: "Kube",
    subject: "Subject",
    number: int | None,
    *,
    wait: bool,
    timeout: float,  # noqa: ASYNC109
    output: Format,
) -> None:
    from wharfinger.api.labels import ROLLBACK_TO_ANNOTATION
    from wharfinger.cli import console, goals
    from wharfinger.cli.names import report
    from wharfinger.cli.rollouts.steering import annotate, follow

    target = chosen(subject.kept, subject.rollout.get("revision"), number, subject.key[1])
    workload, done = subject.workload, f"is pinned to revision {target.number} already: nothing to do"
    if subject.pin != str(target.number):
        workload = await annotate(kube, subject.key, ROLLBACK_TO_ANNOTATION, str(target.number))
        done = f"pinned to revision {target.number} ({', '.join(target.images)})"
    if subject.paused:
        console.remark(f"{subject.key[1]}: it is paused, so nothing moves until `wharfinger resume`")
    await follow(kube, workload, goals.runs(target.number), wait=wait, timeout=timeout)
    report(workload, done, output=output)


async def _clear(
    kube: "Kube",
    subject: "Subject",
    *,
    wait: bool,
    timeout: float,  # noqa: ASYNC109
    output: Format,
) -> None:
    from wharfinger.api.labels import ROLLBACK_TO_ANNOTATION
    from wharfinger.cli import goals
    from wharfinger.cli.names import report
    from wharfinger.cli.rollouts.steering import annotate, follow

    workload, done = subject.workload, "is not pinned to a revision: nothing to do"
    if subject.pin is not None:
        workload = await annotate(kube, subject.key, ROLLBACK_TO_ANNOTATION, None)
        done = f"not pinned any more: revision {subject.rollout.get('revision', 'of the spec')} runs again"
    await follow(kube, workload, goals.moved_on(subject.workload, goals.ready), wait=wait, timeout=timeout)
    report(workload, done, output=output)
