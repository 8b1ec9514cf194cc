"""``wharfinger nodes``: the nodes, as ``docker node ls`` shows them, and which NodePolicy made them so."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from wharfinger.cli.console import Format
from wharfinger.cli.errors import BadInputError
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from rich.table import Table

    from wharfinger.placement import Node

Object = dict[str, Any]

STATUS: Final = {"True": "Ready", "False": "NotReady", "Unknown": "Down"}
"""By the node's Ready condition. A node whose kubelet is silent is what Docker calls down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the list."""

    id: str
    """The node's name: what ``node.id`` is in a constraint, and what pods are told."""
    hostname: str
    status: str
    availability: str
    manager_status: str
    """Reachable or Unreachable; empty of a worker. Kubernetes' control plane has no one leader to name."""
    engine_version: str
    """The kubelet's."""
    policy: str
    """The NodePolicy that holds the node, if any."""
    role: str
    runtime: str
    """The container runtime and its version."""


@verb()
async def nodes(
    call: Call,
    *,
    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter", "-f", metavar="KEY=VALUE", help="As Docker's: id, name, role, label (of engines), node.label."
        ),
    ] = None,
) -> None:
    """List the nodes, as `docker node ls` does: whether they are there, and whether they take pods."""
    from wharfinger.api.builtin import NODE
    from wharfinger.placement import read_node

    chosen = wanted(filters or [])
    async with call.connected() as kube:
        live = await kube.client.list(NODE)
    found = [node for node in sorted(live, key=lambda node: str(node["metadata"]["name"])) if chosen(read_node(node))]
    _show([row(node) for node in found], call.output)


def row(node: Object) -> Row:
    """What the list says of a core/v1 Node."""
    from wharfinger.placement import read_node
    from wharfinger.reconcilers.nodepolicy.marks import record_of

    read, told = read_node(node), node.get("status", {}).get("nodeInfo", {})
    manager = ("Reachable" if read.ready == "True" else "Unreachable") if read.role == "manager" else ""
    return Row(
        id=read.name,
        hostname=read.hostname,
        status=STATUS[read.ready],
        availability=read.availability.capitalize(),
        manager_status=manager,
        engine_version=told.get("kubeletVersion", ""),
        policy=record_of(node).policy,
        role=read.role,
        runtime=told.get("containerRuntimeVersion", ""),
    )


# Filters


def wanted(filters: Sequence[str]) -> "Callable[[Node], bool]":
    """Whether a node is to be shown: for each key, one of the values given for it. BadInputError for what is none."""
    by_key: dict[str, list[str]] = {}
    for text in filters:
        key, equals, value = text.partition("=")
        if not equals or key not in _FILTERS:
            known = ", ".join(sorted(_FILTERS))
            raise BadInputError(f"--filter {text}: write KEY=VALUE; the keys are {known}")
        if key == "role" and value not in ("manager", "worker"):
            raise BadInputError(f"--filter {text}: a role is manager or worker")
        by_key.setdefault(key, []).append(value)
    return lambda node: all(any(_FILTERS[key](node, each) for each in values) for key, values in by_key.items())


def _labelled(labels: Mapping[str, str], text: str) -> bool:
    """``key``, or ``key=value``."""
    key, equals, value = text.partition("=")
    return labels.get(key) == value if equals else key in labels


_FILTERS: "Final[Mapping[str, Callable[[Node, str], bool]]]" = {
    "id": lambda node, text: node.name.startswith(text),
    "name": lambda node, text: node.hostname.startswith(text),
    "role": lambda node, text: node.role == text,
    "label": lambda node, text: _labelled(node.engine_labels, text),
    "node.label": lambda node, text: _labelled(node.labels, text),
}
"""Docker's (docker node ls --filter): ids and names by how they begin."""


# Printing


def _show(rows: Sequence[Row], output: Format) -> None:
    from wharfinger.cli import console

    if output in (Format.json, Format.yaml):
        console.print_data({"nodes": [_data(each) for each in rows]}, as_json=output is Format.json)
    elif output is Format.name:
        for each in rows:
            console.say(f"node/{each.id}")
    elif rows:
        console.out().print(listing(rows, wide=output is Format.wide))
    else:
        console.remark("No nodes found.")


def _data(each: Row) -> Object:
    from pydantic.alias_generators import to_camel

    return {to_camel(name): value for name, value in asdict(each).items()}


def listing(rows: Iterable[Row], *, wide: bool) -> "Table":
    """A line a node, with Docker's columns; wide has Kubernetes' own beside them."""
    from rich.text import Text

    from wharfinger.cli import console

    columns = ["id", "hostname", "status", "availability", "manager status", "engine version", "policy"]
    made = console.table(*columns, *(["role", "runtime"] if wide else []))
    for each in rows:
        state = Text(each.status, style="green" if each.status == "Ready" else "bold red")
        told = (each.availability, each.manager_status, each.engine_version, each.policy)
        made.add_row(each.id, each.hostname, state, *told, *((each.role, each.runtime) if wide else ()))
    return made
