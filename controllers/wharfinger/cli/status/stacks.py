"""``wharfinger status stack/NAME``: a Stack, its services, what is not honoured, and what happened."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from wharfinger.api.builtin import EVENT_V1
from wharfinger.api.kinds import STACK
from wharfinger.api.resource import key_of
from wharfinger.cli import console
from wharfinger.cli.console import Format
from wharfinger.cli.kube import Kube
from wharfinger.cli.names import STACK_FULL
from wharfinger.cli.stack.standing import services
from wharfinger.cli.status.detail import EventLine, last_events, regarding
from wharfinger.cli.status.show import condition_lines, event_line, finding_lines, state_text
from wharfinger.cli.status.summary import State, verdict
from wharfinger.engine.errors import Forbidden

Object = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackDetail:
    """A Stack with its Events."""

    stack: Object
    events: tuple[EventLine, ...]
    """Those about the Stack itself, the last at the end."""

    @property
    def state(self) -> State:
        """By kstatus' rules."""
        return verdict(self.stack)[0]

    @property
    def well(self) -> bool:
        """Ready: every service is what the documents say."""
        return self.state is State.ready

    def to_json(self) -> Object:
        """As data for scripts: the status as it is, and the state that follows of it."""
        namespace, name = key_of(self.stack)
        told = {"namespace": namespace, "name": name, "state": str(self.state)}
        return told | {"status": self.stack.get("status", {}), "events": [asdict(each) for each in self.events]}


async def details(kube: Kube, names: Sequence[str]) -> list[StackDetail]:
    """The Stacks named."""
    return list(await asyncio.gather(*(_one(kube, name) for name in names)))


async def _one(kube: Kube, name: str) -> StackDetail:
    stack = await kube.client.get(STACK, kube.namespace, name)
    try:
        events = await kube.client.list(EVENT_V1, kube.namespace)
    except Forbidden:
        events = []
    uid = stack["metadata"]["uid"]
    mine = [event for event in events if regarding(event).get("uid") == uid]
    return StackDetail(stack=stack, events=last_events(mine, datetime.now(UTC)))


def show(found: Sequence[StackDetail], *, output: Format) -> None:
    """Print them on standard output."""
    if output in (Format.json, Format.yaml):
        console.print_data({"stacks": [each.to_json() for each in found]}, as_json=output is Format.json)
        return
    for number, each in enumerate(found):
        if output is Format.name:
            console.say(f"{STACK_FULL}/{each.stack['metadata']['name']}")
        else:
            console.out().print(*([""] if number else []), tree(each), sep="\n")


def tree(item: StackDetail) -> RenderableType:
    """The Stack and what it says about itself."""
    status = item.stack.get("status", {})
    root = Tree(_heading(item, status))
    for label, lines in (
        ("conditions", condition_lines(status)),
        ("services", [_service(each) for each in services(item.stack)]),
        ("findings", finding_lines(status)),
        ("events", [event_line(event) for event in item.events]),
    ):
        if lines:
            root.add(Text(label, style="bold")).children.extend(Tree(line) for line in lines)
    return Group(root)


def _heading(item: StackDetail, status: Object) -> Text:
    heading = Text.assemble(("/".join(key_of(item.stack)), "bold"), f"  {status.get('dialect') or 'stack'}  ")
    count = status.get("serviceCount")
    counted = "" if count is None else f"  {status.get('readyServices') or 0}/{count}"
    return heading.append_text(state_text(item.state)).append(counted)


def _service(told: Object) -> Text:
    running, wanted = told.get("running", 0), told.get("wanted", 0)
    line = Text.assemble(f"{told['name']}  ", (f"{running}/{wanted}", "green" if running >= wanted else "yellow"))
    more = (told.get("mode"), told.get("image"), *(told.get("ports") or ()), told.get("message"))
    return line.append("".join(f"  {each}" for each in more if each))
