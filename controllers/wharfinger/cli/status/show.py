"""Workloads for people: a list as ``kubectl get`` prints one, and one workload as a tree. Or as data, or as names."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from wharfinger.cli import console
from wharfinger.cli.console import Format
from wharfinger.cli.names import full as full_name
from wharfinger.cli.status.detail import Detail, EventLine, PodLine
from wharfinger.cli.status.summary import State, Summary, short_duration

STYLES = {
    State.ready: "green",
    State.progressing: "yellow",
    State.not_ready: "red",
    State.stalled: "bold red",
    State.unseen: "magenta",
    State.terminating: "dim",
}
SEVERITIES = {"error": "red", "warning": "yellow", "info": "dim"}


def show(found: Sequence[Detail], *, output: Format, full: bool, all_namespaces: bool) -> None:
    """Print workloads on standard output: a list, or in ``full``."""
    if output in (Format.json, Format.yaml):
        items = [item.to_json() if full else item.summary.to_json() for item in found]
        console.print_data({"workloads": items}, as_json=output is Format.json)
    elif output is Format.name:
        for item in found:
            console.say(full_name(item.summary.name))
    elif full:
        _print_full(found, console.out())
    elif found:
        rows = [item.summary for item in found]
        console.out().print(listing(rows, wide=output is Format.wide, namespaces=all_namespaces))
    else:
        console.err().print("No ContainerWorkloads found.")


def listing(rows: Sequence[Summary], *, wide: bool, namespaces: bool) -> Table:
    """A line a workload."""
    columns = ["name", "mode", "ready", "revision", "state", "age", "why"]
    made = console.table(*(["namespace"] if namespaces else []), *columns, *(["image"] if wide else []))
    for row in rows:
        made.add_row(*([row.namespace] if namespaces else []), *_cells(row), *([row.image] if wide else []))
    return made


def _cells(row: Summary) -> Iterator[RenderableType]:
    yield Text(row.name)
    yield row.mode
    yield pods_ready(row)
    yield "" if row.revision is None else str(row.revision)
    yield state_text(row.state)
    yield short_duration(row.age)
    yield Text(row.why)


def pods_ready(row: Summary) -> str:
    """``2/3``; empty where nobody counts."""
    return "" if row.desired is None else f"{row.ready or 0}/{row.desired}"


def state_text(state: State) -> Text:
    """The state in its colour."""
    return Text(str(state), style=STYLES[state])


def _print_full(found: Sequence[Detail], to: Console) -> None:
    for number, item in enumerate(found):
        if number:
            to.print()
        to.print(tree(item))


def tree(item: Detail) -> RenderableType:
    """The workload, what it says about itself, what it made, and what happened last."""
    root = Tree(_heading(item.summary))
    for label, lines in (
        ("conditions", condition_lines(item.status)),
        ("rollout", _rollout(item.status)),
        ("problems", _problems(item.status)),
        ("findings", finding_lines(item.status)),
        ("objects", _objects(item)),
        ("pods", [_pod(pod) for pod in item.pods]),
        ("events", [event_line(event) for event in item.events]),
        ("not read", [Text(kind, style="yellow") for kind in item.unread]),
    ):
        if lines:
            root.add(Text(label, style="bold")).children.extend(Tree(line) for line in lines)
    return Group(root)


def _heading(row: Summary) -> Text:
    heading = Text.assemble((f"{row.namespace}/{row.name}", "bold"), f"  {row.mode}  {row.image}  ")
    return heading.append_text(state_text(row.state)).append(f"  {pods_ready(row)}")


def condition_lines(status: dict[str, Any]) -> list[Text]:
    """What a status says in conditions, a line each."""
    return [
        Text.assemble((f"{each['type']}={each['status']}", "bold"), f"  {each['reason']}: {each.get('message', '')}")
        for each in status.get("conditions", [])
    ]


def _rollout(status: dict[str, Any]) -> list[Text]:
    """The state and, where they differ, which revision is wished for, runs, was good, failed."""
    rollout = status.get("rollout")
    if not rollout:
        return []
    words = {"revision": "wanted", "waitingRevision": "waiting", "runningRevision": "running"}
    words |= {"lastGoodRevision": "last good", "failedRevision": "failed"}
    numbers = ", ".join(f"{word} {rollout[key]}" for key, word in words.items() if key in rollout)
    lines = [Text(f"{rollout.get('state', '')}: revision {numbers}")]
    return [*lines, Text(rollout["message"])] if rollout.get("message") else lines


def _problems(status: dict[str, Any]) -> list[Text]:
    return [
        Text.assemble(
            f"{each['pod']}{'/' + each['container'] if each.get('container') else ''}  ",
            (each["reason"], "red"),
            f"  {each.get('message', '')}",
        )
        for each in status.get("problems", [])
    ]


def finding_lines(status: dict[str, Any]) -> list[Text]:
    """What is not honoured as written, a line each."""
    return [
        Text.assemble((each["severity"], SEVERITIES.get(each["severity"], "")), f"  {each['path']}: {each['message']}")
        for each in status.get("findings", [])
    ]


def _objects(item: Detail) -> list[Text]:
    return [
        Text.assemble(
            (f"{child.kind}/{child.name}", ""),
            f"  {child.fact}",
            (f"  {short_duration(child.age)}{', kept when the workload goes' if child.retained else ''}", "dim"),
        )
        for child in item.children
    ]


def _pod(pod: PodLine) -> Text:
    restarts = f", {pod.restarts} restarts" if pod.restarts else ""
    return Text.assemble(
        f"{pod.name}  ",
        (pod.state, "green" if pod.well else "red"),
        f" {pod.ready}/{pod.containers}{restarts}  ",
        (f"{pod.node} {short_duration(pod.age)}", "dim"),
        f"  {pod.message}" if pod.message else "",
    )


def event_line(event: EventLine) -> Text:
    """When it happened, and what."""
    return Text.assemble(
        (f"{short_duration(event.age)} ago  ", "dim"),
        (event.reason, "yellow" if event.type == "Warning" else ""),
        f"{f' x{event.count}' if event.count > 1 else ''}  {event.about}: {event.message}",
    )
