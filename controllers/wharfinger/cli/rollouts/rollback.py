"""``wharfinger rollback``: pin a revision, or let the spec's own run again."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from wharfinger.cli.errors import BadInputError, CommandError
from wharfinger.cli.options import Name
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from wharfinger.cli.kube import Kube
    from wharfinger.cli.rollouts.kept import Revision
    from wharfinger.cli.rollouts.steering import Subject


@verb(waits=True)
async def rollback(
    call: Call,
    *,
    name: Name,
    to_revision: Annotated[
        int | None,
        typer.Option("--to-revision", min=1, help="Which; the one before the spec's if absent.", show_default=False),
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", "--undo", help="Let the spec's revision run again.")] = False,
) -> None:
    """Run an earlier revision until --clear. The spec keeps the wish, so that no GitOps tool fights it.

    `wharfinger history` lists the revisions that are kept.
    """
    from wharfinger.cli.rollouts.steering import subjects

    if clear and to_revision is not None:
        raise BadInputError("--clear and --to-revision do not go together")

    async with call.connected() as kube:
        [subject] = await subjects(kube, [name])
        subject.must_roll_out()
        await (_clear(call, kube, subject) if clear else _pin(call, kube, subject, to_revision))


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


async def _pin(call: Call, kube: "Kube", subject: "Subject", number: int | None) -> None:
    from wharfinger.api.labels import ROLLBACK_TO_ANNOTATION
    from wharfinger.cli import console, goals
    from wharfinger.cli.rollouts.steering import annotate

    target = chosen(subject.kept, subject.rollout.get("revision"), number, subject.key[1])
    workload, done = subject.workload, f"is pinned to revision {target.number} already: nothing to do"
    if subject.pin != str(target.number):
        workload = await annotate(kube, subject.key, ROLLBACK_TO_ANNOTATION, str(target.number))
        done = f"pinned to revision {target.number} ({', '.join(target.images)})"
    if subject.paused:
        console.remark(f"{subject.key[1]}: it is paused, so nothing moves until `wharfinger resume`")
    await call.follow(kube, {subject.key: goals.runs(target.number)})
    call.report(workload, done)


async def _clear(call: Call, kube: "Kube", subject: "Subject") -> None:
    from wharfinger.api.labels import ROLLBACK_TO_ANNOTATION
    from wharfinger.cli import goals
    from wharfinger.cli.rollouts.steering import annotate

    workload, done = subject.workload, "is not pinned to a revision: nothing to do"
    if subject.pin is not None:
        workload = await annotate(kube, subject.key, ROLLBACK_TO_ANNOTATION, None)
        done = f"not pinned any more: revision {subject.rollout.get('revision', 'of the spec')} runs again"
    await call.follow(kube, {subject.key: goals.moved_on(subject.workload, goals.ready)})
    call.report(workload, done)
