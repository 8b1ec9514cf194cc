"""``wharfinger stack ps``: the tasks of a stack, as ``docker stack ps`` shows them.

A service whose workload has no tasks of ours is shown by its pods, in the same columns.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from wharfinger.cli.stack import options
from wharfinger.cli.stack.filtering import wanted
from wharfinger.cli.stack.printing import Column, Listing, show
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from wharfinger.cli import tasks
    from wharfinger.cli.kube import Kube

Object = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the list."""

    id: str
    """The task's id, or the pod's name."""
    name: str
    """``shop_web.1``; of a pod, the end of its name in place of a slot."""
    image: str
    node: str
    desired_state: str
    current_state: str
    error: str
    ports: str
    well: bool
    followed: bool = False
    """Whether another one took its place."""


@verb()
async def ps(
    call: Call,
    *,
    name: options.Name,
    filters: options.Filters = None,
    quiet: options.Quiet = False,
    no_trunc: options.NoTrunc = False,
) -> None:
    """List the tasks of a stack, as `docker stack ps` does, ended ones too. Filters: id, name, node, desired-state."""
    from wharfinger.api.kinds import STACK
    from wharfinger.cli.console import Format
    from wharfinger.cli.names import plain_stack

    chosen = wanted(filters or (), _FILTERS)
    async with call.connected() as kube:
        stack = await kube.client.get(STACK, kube.namespace, plain_stack(name))
        rows = [row for row in await read(kube, stack) if chosen(row)]
    show(rows, _LISTING, Format.name if quiet else call.output)


async def read(kube: "Kube", stack: Object) -> list[Row]:
    """The rows of all workloads that a Stack has made, service by service; those too that its documents dropped."""
    from wharfinger.api.labels import STACK_LABEL
    from wharfinger.cli.kube import WORKLOAD

    selector = f"{STACK_LABEL}={stack['metadata']['name']}"
    found = [
        (name_of(stack, workload), workload)
        for workload in await kube.client.list(WORKLOAD, kube.namespace, label_selector=selector)
    ]
    found.sort(key=lambda each: each[0])
    rows = await asyncio.gather(*(_of_workload(kube, name, workload) for name, workload in found))
    return [row for each in rows for row in each]


def name_of(stack: Object, workload: Object) -> str:
    """What docker calls the service: ``shop_web``."""
    from wharfinger.cli.stack.standing import services

    made = workload["metadata"]["name"]
    service = next((each["name"] for each in services(stack) if each.get("workload") == made), made)
    return f"{stack['metadata']['name']}_{service}"


async def _of_workload(kube: "Kube", service: str, workload: Object) -> list[Row]:
    from wharfinger.api.builtin import POD
    from wharfinger.api.labels import INSTANCE_LABEL
    from wharfinger.cli import tasks

    name = workload["metadata"]["name"]
    if workload["spec"].get("mode") == "tasks":
        return task_rows(await tasks.read(kube.client, kube.namespace, name), service)
    pods = await kube.client.list(POD, kube.namespace, label_selector=f"{INSTANCE_LABEL}={name}")
    return pod_rows(workload, pods, service, now=datetime.now(UTC))


def task_rows(found: "tasks.Listing", service: str) -> list[Row]:
    """A row for each task, the newest of each place first."""
    from wharfinger.rollout.tasks import words

    return [
        Row(
            id=task.id,
            name=f"{service}.{task.place.label}",
            image=found.images.get(task.revision, ""),
            node=task.node or "",
            desired_state=words.swarm_desired(task, job=found.job),
            current_state=words.swarm_state(task, found.now),
            error=words.swarm_error(task),
            ports=found.ports if task.alive else "",
            well=task.runs or task.state == "complete",
            followed=found.followed(task),
        )
        for task in found.tasks
    ]


def pod_rows(workload: Object, pods: Iterable[Object], service: str, *, now: datetime) -> list[Row]:
    """A row for each pod, by its name."""
    ordered = sorted(pods, key=lambda pod: str(pod["metadata"]["name"]))
    return [_pod_row(workload, pod, service, now=now) for pod in ordered]


def _pod_row(workload: Object, pod: Object, service: str, *, now: datetime) -> Row:
    from wharfinger.cli.status.detail import pod_state
    from wharfinger.cli.status.summary import parse_time
    from wharfinger.rollout.tasks.words import ago

    name, main = pod["metadata"]["name"], workload["spec"].get("containerName") or workload["metadata"]["name"]
    state, message = pod_state(pod)
    containers = pod["spec"]["containers"]
    since = pod.get("status", {}).get("startTime") or pod["metadata"]["creationTimestamp"]
    ending = bool(pod["metadata"].get("deletionTimestamp"))
    bounded = workload["spec"].get("mode") in ("job", "cron")
    return Row(
        id=name,
        name=f"{service}.{name.removeprefix(workload['metadata']['name'] + '-')}",
        image=next((each["image"] for each in containers if each["name"] == main), containers[0]["image"]),
        node=pod["spec"].get("nodeName", ""),
        desired_state="Shutdown" if ending else "Complete" if bounded else "Running",
        current_state=f"{state} {ago(parse_time(since), now)}",
        error=message,
        ports=_ports(containers),
        well=state in ("Running", "Completed"),
    )


def _ports(containers: Iterable[Object]) -> str:
    """Those of the node, as docker writes them."""
    return ", ".join(
        f"*:{port['hostPort']}->{port['containerPort']}/{port.get('protocol', 'TCP').lower()}"
        for container in containers
        for port in container.get("ports") or ()
        if port.get("hostPort")
    )


_FILTERS: Final[dict[str, Callable[[Row, str], bool]]] = {
    "id": lambda row, text: row.id.startswith(text),
    "name": lambda row, text: row.name.startswith(text),
    "node": lambda row, text: row.node == text,
    "desired-state": lambda row, text: row.desired_state.lower() == text.lower(),
}
"""docker's."""

_LISTING: Final[Listing[Row]] = Listing(
    called="tasks",
    name=lambda row: row.id,
    columns=(
        Column(name="id", text=lambda row: row.id),
        Column(name="name", text=lambda row: ("\\_ " if row.followed else "") + row.name),
        Column(name="image", text=lambda row: row.image),
        Column(name="node", text=lambda row: row.node),
        Column(name="desired state", text=lambda row: row.desired_state),
        Column(
            name="current state",
            text=lambda row: row.current_state,
            style=lambda row: "green" if row.well else "" if row.desired_state == "Shutdown" else "yellow",
        ),
        Column(name="error", text=lambda row: row.error),
        Column(name="ports", text=lambda row: row.ports),
    ),
    nothing="No tasks found.",
)
