"""``wharfinger history``: the revisions of a workload, or all that one of them runs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from wharfinger.cli.console import Format
from wharfinger.cli.errors import CommandError
from wharfinger.cli.options import Name
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from wharfinger.cli.rollouts.kept import Revision


@verb()
async def history(
    call: Call,
    *,
    name: Name,
    revision: Annotated[
        int | None, typer.Option("--revision", min=1, help="Show all that this one runs.", show_default=False)
    ] = None,
) -> None:
    """Show the revisions of a workload that are kept, and which of them runs."""
    from wharfinger.cli.rollouts.steering import subjects

    async with call.connected() as kube:
        [subject] = await subjects(kube, [name])
    if revision is None:
        _list(subject.kept, call.output)
    else:
        _show(one(subject.kept, revision, subject.key[1]), call.output)


def one(kept: "Sequence[Revision]", number: int, name: str) -> "Revision":
    """The revision of that number. Raises CommandError with those that there are."""
    from wharfinger.cli.rollouts.kept import listed

    for each in kept:
        if each.number == number:
            return each
    raise CommandError(f"{name} has no revision {number}; kept are {listed(kept)}")


def _list(kept: "Sequence[Revision]", output: Format) -> None:
    from wharfinger.cli import console

    if output in (Format.json, Format.yaml):
        console.print_data({"revisions": [each.to_json(whole=False) for each in kept]}, as_json=output is Format.json)
    elif output is Format.name:
        for each in kept:
            console.say(str(each.number))
    elif kept:
        console.out().print(rows(kept, wide=output is Format.wide))
    else:
        console.remark("No revisions are kept yet.")


def rows(kept: "Sequence[Revision]", *, wide: bool) -> "Table":
    """A line a revision; the cause only where there is one."""
    from rich.text import Text

    from wharfinger.cli import console
    from wharfinger.cli.status.summary import short_duration

    caused = any(each.cause for each in kept)
    made = console.table("revision", "age", "hash", "image", "state", *(["change-cause"] if caused else []))
    for each in kept:
        images = each.images if wide else each.images[:1]
        more = f" +{len(each.images) - len(images)}" if len(each.images) > len(images) else ""
        state = Text(", ".join(each.states), style=_style(each.states))
        cells: list[RenderableType] = [
            str(each.number),
            short_duration(each.age),
            each.hash,
            Text(", ".join(images) + more),
            state,
        ]
        made.add_row(*cells, *([Text(each.cause)] if caused else []))
    return made


def _style(states: Sequence[str]) -> str:
    if "failed" in states:
        return "red"
    return "green" if "running" in states else ""


def _show(found: "Revision", output: Format) -> None:
    from wharfinger.cli import console

    if output is Format.name:
        console.say(str(found.number))
    else:
        console.print_data(found.to_json(whole=True), as_json=output is Format.json)
