"""``wharfinger events``: what happened to a workload and to everything under it, in the order in which it did."""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wharfinger.cli.console import Format
from wharfinger.cli.errors import BadInputError, CommandError
from wharfinger.cli.options import Name
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from wharfinger.cli.kube import Kube
    from wharfinger.cli.status.gather import Family

Object = dict[str, Any]

_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]"
"""The letters of generated names (apimachinery's util/rand): no vowels, and nothing that is easily mistaken."""
_MADE = {
    "ReplicaSet": rf"-{_RANDOM}{{1,10}}",
    "Pod": rf"-(?:\d+|{_RANDOM}{{5}}|(?:{_RANDOM}{{1,10}}|[0-9a-f]{{10}}|\d{{8,10}})-{_RANDOM}{{5}})",
    "Job": r"-\d{8,10}",
}
"""What Kubernetes' controllers append to the name of a Deployment, StatefulSet, DaemonSet, Job or CronJob."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One Event."""

    time: str
    type: str
    reason: str
    about: str
    """``Pod/web-7d9f-x2x4k``."""
    message: str
    count: int
    name: str
    """Of the Event object."""


@verb()
async def events(
    call: Call,
    *,
    name: Name,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on with those to come, until Ctrl-C.")] = False,
) -> None:
    """Show the Events of a workload, of its objects and of its pods, those that are gone too; the last at the end.

    With stack/NAME those of the stack, and of its workloads.
    """
    from wharfinger.cli.names import is_stack, plain, plain_stack

    if watch and call.output in (Format.json, Format.yaml):
        raise BadInputError(f"--watch and -o {call.output} do not go together")
    if watch and is_stack(name):
        raise BadInputError("stack/NAME and --watch do not go together; follow its workloads")
    async with call.connected() as kube:
        if is_stack(name):
            _show(await _read_stack(kube, kube.namespace, plain_stack(name)), call.output)
        elif watch:
            await _follow(kube, kube.namespace, plain(name), call.output)
        else:
            _show(await _read(kube, kube.namespace, plain(name)), call.output)


def happenings(family: "Family") -> list[Happening]:
    """The Events about a workload and everything under it, oldest first."""
    from wharfinger.cli.status.detail import event_time, regarding
    from wharfinger.cli.status.summary import parse_time

    about = _Subjects.of(family)
    mine = [event for event in family.events if about.include(regarding(event))]
    return [_happening(event) for event in sorted(mine, key=lambda event: parse_time(event_time(event)))]


@dataclass(frozen=True, slots=True)
class _Subjects:
    """What an Event may be about. What is gone is known by its name: of an object that is back, or as it was given."""

    workload: str
    """Its uid: another one of that name had nothing to do with it."""
    members: frozenset[tuple[str, str]]
    """Kinds and names of all that is under it."""
    parents: tuple[str, ...]
    """Names of those whose controllers make ReplicaSets, Jobs and pods."""

    @classmethod
    def of(cls, family: "Family") -> "_Subjects":
        from wharfinger.cli.status.detail import kin

        mine = kin(family.objects, family.workload)
        members = frozenset((obj["kind"], obj["metadata"]["name"]) for obj in (*mine, *family.pods))
        parents = tuple(obj["metadata"]["name"] for obj in mine if obj["kind"] in _PARENTS)
        return cls(family.workload["metadata"]["uid"], members, parents)

    def include(self, subject: Mapping[str, Any]) -> bool:
        kind, name = subject.get("kind", ""), subject.get("name", "")
        if subject.get("uid") == self.workload or (kind, name) in self.members:
            return True
        given = _MADE.get(kind)
        return given is not None and any(re.fullmatch(re.escape(parent) + given, name) for parent in self.parents)


_PARENTS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")


async def _read(kube: "Kube", namespace: str, name: str) -> list[Happening]:
    from wharfinger.api.builtin import REPLICA_SET
    from wharfinger.cli.status.gather import family

    return happenings(await family(kube, namespace, name, more=(REPLICA_SET,)))


async def _read_stack(kube: "Kube", namespace: str, name: str) -> list[Happening]:
    """Those about the Stack, and those of each of its workloads, in one order."""
    from wharfinger.api.builtin import EVENT_V1
    from wharfinger.api.kinds import STACK
    from wharfinger.api.labels import STACK_LABEL
    from wharfinger.cli.kube import WORKLOAD
    from wharfinger.cli.status.detail import regarding
    from wharfinger.cli.status.summary import parse_time

    stack = await kube.client.get(STACK, namespace, name)
    events = await kube.client.list(EVENT_V1, namespace)
    workloads = await kube.client.list(WORKLOAD, namespace, label_selector=f"{STACK_LABEL}={name}")
    below = await asyncio.gather(*(_read(kube, namespace, each["metadata"]["name"]) for each in workloads))
    uid = stack["metadata"]["uid"]
    own = [_happening(event) for event in events if regarding(event).get("uid") == uid]
    every = {each.name: each for each in (*own, *(each for one in below for each in one))}
    return sorted(every.values(), key=lambda each: parse_time(each.time))


async def _follow(kube: "Kube", namespace: str, name: str, output: Format) -> None:
    """A line for each Event, and again for one that happened once more."""
    from wharfinger.api.builtin import REPLICA_SET
    from wharfinger.cli.status.gather import mirrored_family, scopes
    from wharfinger.cli.watching import mirrored

    told: dict[str, Happening] = {}
    workload, more = scopes(namespace, [name], more=(REPLICA_SET,))
    async with mirrored(kube.client, workload, *more) as mirror:
        async for _ in mirror.changes(pause=0.1):
            family = mirrored_family(mirror, namespace, name)
            if family is None:
                raise CommandError(f"{name} does not exist" if not told else f"{name} is gone")
            for each in news(happenings(family), told):
                _line(each, output)


def news(found: Iterable[Happening], told: dict[str, Happening]) -> Iterator[Happening]:
    """Those that were not told yet, or happened again since; ``told`` learns of them."""
    for each in found:
        if told.get(each.name) != each:
            told[each.name] = each
            yield each


def _happening(event: Object) -> Happening:
    from wharfinger.cli.status.detail import event_count, event_time, regarding

    about = regarding(event)
    return Happening(
        time=event_time(event),
        type=event.get("type") or "Normal",
        reason=event.get("reason") or "",
        about=f"{about.get('kind', '')}/{about.get('name', '')}",
        message=" ".join((event.get("note") or event.get("message") or "").split()),
        count=event_count(event),
        name=event["metadata"]["name"],
    )


def _show(found: Sequence[Happening], output: Format) -> None:
    from rich.text import Text

    from wharfinger.cli import console
    from wharfinger.cli.status.summary import seconds_since, short_duration

    if output in (Format.json, Format.yaml):
        console.print_data({"events": [asdict(each) for each in found]}, as_json=output is Format.json)
    elif output is Format.name:
        for each in found:
            console.say(f"event/{each.name}")
    elif not found:
        console.remark("No Events are kept any more: Kubernetes forgets them after an hour.")
    else:
        now = datetime.now(UTC)
        made = console.table("last seen", "type", "reason", "object", "message")
        for each in found:
            age = short_duration(seconds_since(each.time, now=now))
            made.add_row(
                f"{age}{_times(each)}", Text(each.type, style=_style(each)), each.reason, each.about, Text(each.message)
            )
        console.out().print(made)


def _line(each: Happening, output: Format) -> None:
    from rich.text import Text

    from wharfinger.cli import console
    from wharfinger.cli.status.summary import parse_time

    if output is Format.name:
        console.say(f"event/{each.name}")
        return
    time, what = f"{parse_time(each.time):%H:%M:%S}", f"{each.reason}{_times(each)}  {each.about}  {each.message}"
    console.out().print(Text.assemble(f"{time}  ", (f"{each.type:7}", _style(each)), f"  {what}"), soft_wrap=True)


def _times(each: Happening) -> str:
    return f" x{each.count}" if each.count > 1 else ""


def _style(each: Happening) -> str:
    return "yellow" if each.type == "Warning" else ""
