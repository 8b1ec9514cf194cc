"""``wharfinger stack ls`` and ``services``: what docker's show, from the status of Stacks."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from wharfinger.cli.names import STACK_FULL
from wharfinger.cli.options import AllNamespaces
from wharfinger.cli.stack import options
from wharfinger.cli.stack.filtering import wanted
from wharfinger.cli.stack.printing import Column, Listing, show
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from collections.abc import Callable

Object = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRow:
    """A line of ``stack ls``."""

    namespace: str
    name: str
    services: int | None
    """None until the operator has read the documents."""
    running: int | None
    """Services that are well."""
    state: str
    """By kstatus' rules, as in `status`."""
    message: str
    dialect: str
    age: float
    """Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """A line of ``stack services``."""

    id: str
    """Name of the ContainerWorkload: what the other verbs know it by. Empty while there is none."""
    name: str
    """``shop_web``, as docker calls it."""
    mode: str
    running: int
    wanted: int
    image: str
    ports: tuple[str, ...]
    state: str
    update: str
    message: str

    @property
    def replicas(self) -> str:
        """``2/3``."""
        return f"{self.running}/{self.wanted}"


@verb()
async def ls(call: Call, *, all_namespaces: AllNamespaces = False) -> None:
    """List the stacks, as `docker stack ls` does: their services, and how many of them run."""
    from wharfinger.api.kinds import STACK

    async with call.connected() as kube:
        found = await kube.client.list(STACK, None if all_namespaces else kube.namespace)
    now = datetime.now(UTC)
    rows = sorted((stack_row(each, now=now) for each in found), key=lambda row: (row.namespace, row.name))
    show(rows, _stacks(everywhere=all_namespaces), call.output)


@verb()
async def services(
    call: Call, *, name: options.Name, filters: options.Filters = None, quiet: options.Quiet = False
) -> None:
    """List the services of a stack, as `docker stack services` does. Its filters: id, name, mode."""
    from wharfinger.api.kinds import STACK
    from wharfinger.cli.console import Format
    from wharfinger.cli.names import plain_stack

    chosen = wanted(filters or (), _FILTERS)
    async with call.connected() as kube:
        stack = await kube.client.get(STACK, kube.namespace, plain_stack(name))
    rows = [row for row in service_rows(stack) if chosen(row)]
    show(rows, _SERVICES, Format.name if quiet else call.output)


def stack_row(stack: Object, *, now: datetime) -> StackRow:
    """What the list says of a Stack."""
    from wharfinger.cli.status.summary import seconds_since, verdict

    metadata, status = stack["metadata"], stack.get("status", {})
    state, found = verdict(stack)
    reason, message = found.get("reason", ""), found.get("message", "")
    return StackRow(
        namespace=metadata["namespace"],
        name=metadata["name"],
        services=status.get("serviceCount"),
        running=status.get("readyServices"),
        state=str(state),
        message=": ".join(part for part in (reason, message) if part),
        dialect=status.get("dialect") or "",
        age=seconds_since(metadata.get("creationTimestamp"), now=now),
    )


def service_rows(stack: Object) -> list[ServiceRow]:
    """A row for each service that the status tells of, by name."""
    from wharfinger.cli.stack.standing import services as told

    called = stack["metadata"]["name"]
    return sorted((_service_row(called, each) for each in told(stack)), key=lambda row: row.name)


def _service_row(stack: str, told: Object) -> ServiceRow:
    return ServiceRow(
        id=told.get("workload", ""),
        name=f"{stack}_{told['name']}",
        mode=told.get("mode", ""),
        running=told.get("running", 0),
        wanted=told.get("wanted", 0),
        image=told.get("image", ""),
        ports=tuple(told.get("ports") or ()),
        state=told.get("state", ""),
        update=told.get("update") or "",
        message=told.get("message") or "",
    )


_FILTERS: "Final[dict[str, Callable[[ServiceRow, str], bool]]]" = {
    "id": lambda row, text: row.id.startswith(text),
    "name": lambda row, text: row.name.startswith(text),
    "mode": lambda row, text: row.mode == text,
}
"""docker's, but for labels."""


# Printing


def _counted(number: int | None) -> str:
    return "-" if number is None else str(number)


def _age(row: StackRow) -> str:
    from wharfinger.cli.status.summary import short_duration

    return short_duration(row.age)


def _stacks(*, everywhere: bool) -> Listing[StackRow]:
    where: list[Column[StackRow]] = [Column(name="namespace", text=lambda row: row.namespace)] if everywhere else []
    return Listing(
        called="stacks",
        name=lambda row: f"{STACK_FULL}/{row.name}",
        columns=(
            *where,
            Column(name="name", text=lambda row: row.name),
            Column(name="services", text=lambda row: _counted(row.services)),
            Column(name="running", text=lambda row: _counted(row.running)),
            Column(
                name="state",
                text=lambda row: row.state,
                style=lambda row: {"Ready": "green", "Stalled": "bold red"}.get(row.state, "yellow"),
            ),
            Column(name="age", text=_age),
            Column(name="dialect", text=lambda row: row.dialect, wide=True),
            Column(name="message", text=lambda row: row.message, wide=True),
        ),
        nothing="No stacks found.",
    )


_SERVICES: Final[Listing[ServiceRow]] = Listing(
    called="services",
    name=lambda row: row.id,
    columns=(
        Column(name="id", text=lambda row: row.id),
        Column(name="name", text=lambda row: row.name),
        Column(name="mode", text=lambda row: row.mode),
        Column(
            name="replicas",
            text=lambda row: row.replicas,
            style=lambda row: "green" if row.running >= row.wanted else "yellow",
        ),
        Column(name="image", text=lambda row: row.image),
        Column(name="ports", text=lambda row: ", ".join(row.ports)),
        Column(name="state", text=lambda row: row.state, wide=True),
        Column(name="update", text=lambda row: row.update, wide=True),
        Column(name="message", text=lambda row: row.message, wide=True),
    ),
    nothing="No services found.",
)
