"""``wharfinger tasks``: the tasks of a workload, alive and remembered, as ``docker service ps`` shows them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wharfinger.cli.console import Format
from wharfinger.cli.errors import CommandError
from wharfinger.cli.options import Name
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rich.table import Table
    from rich.text import Text

    from wharfinger.engine.client import KubeClient
    from wharfinger.rollout.tasks.task import Task

Object = dict[str, Any]

All = Annotated[bool, typer.Option("--all", "-a", help="Ended tasks too, as far as they are remembered.")]

COLUMNS = ("id", "name", "image", "node", "desired state", "current state", "error", "ports")
_HISTORY = "\\_ "
"""Before the name of a task that another one followed in its place, as docker has it."""


@verb()
async def tasks(
    call: Call,
    *,
    name: Name,
    all_: All = False,
    ecs: Annotated[bool, typer.Option("--ecs", help="In ECS's words: lastStatus, stopCode, stoppedReason.")] = False,
) -> None:
    """Show the tasks of a workload of mode tasks: where each runs, how it is, why it ended."""
    from wharfinger.cli.names import plain

    async with call.connected() as kube:
        found = await read(kube.client, kube.namespace, plain(name))
    _show(found if all_ else found.current(), call.output, ecs=ecs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A workload's tasks, and what is said of them besides."""

    workload: str
    """What its tasks are named by."""
    namespace: str
    tasks: "tuple[Task, ...]"
    """By place, the newest of each first."""
    images: dict[str, str]
    """By hash of a revision."""
    ports: str
    """Ports that every task has on its node."""
    job: bool
    deployments: dict[int, str]
    """ECS's ids of deployments, by revision."""
    numbers: dict[str, int]
    """Numbers of the revisions, by hash."""
    now: "datetime"

    def current(self) -> "Listing":
        """Without tasks that others followed: what is alive, and the newest of each place."""
        from dataclasses import replace

        shown = [task for task in self.tasks if task.alive or not self.followed(task)]
        return replace(self, tasks=tuple(shown))

    def followed(self, task: "Task") -> bool:
        """Whether there is a newer one in its place."""
        first = next(each for each in self.tasks if each.place == task.place)
        return first.id != task.id

    def name(self, task: "Task") -> str:
        """``web.1``, or ``web.NODE``."""
        return f"{self.workload}.{task.place.label}"

    def deployment(self, task: "Task") -> str:
        """ECS's id of the deployment that it is of."""
        return self.deployments.get(self.numbers.get(task.revision, 0), "")


async def read(client: "KubeClient", namespace: str, name: str) -> Listing:
    """The tasks of a workload as the API server has them. Raises CommandError where it is of another mode."""
    from wharfinger.api.labels import INSTANCE_LABEL
    from wharfinger.cli.kube import WORKLOAD

    workload = await client.get(WORKLOAD, namespace, name)
    if workload["spec"].get("mode") != "tasks":
        raise CommandError(f"{name} is of mode {workload['spec'].get('mode', 'service')}: only mode tasks has tasks")
    return listing(workload, await parts(client, namespace, f"{INSTANCE_LABEL}={name}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Objects that tell of tasks."""

    pods: list[Object]
    histories: list[Object]
    """ConfigMaps with the tasks whose pods are gone."""
    revisions: list[Object]


async def parts(client: "KubeClient", namespace: str | None, selector: str) -> Parts:
    """Those of a namespace (of all if None) that the selector finds, by labels that each of them has."""
    import asyncio

    from wharfinger.api.builtin import CONFIG_MAP, CONTROLLER_REVISION, POD
    from wharfinger.api.labels import HISTORY_LABEL, TASK_LABEL

    pods, histories, revisions = await asyncio.gather(
        client.list(POD, namespace, label_selector=f"{selector},{TASK_LABEL}"),
        client.list(CONFIG_MAP, namespace, label_selector=f"{selector},{HISTORY_LABEL}"),
        client.list(CONTROLLER_REVISION, namespace, label_selector=selector),
    )
    return Parts(pods=pods, histories=histories, revisions=revisions)


def listing(workload: Object, found: Parts) -> Listing:
    """The tasks of a workload of mode tasks, from its own objects."""
    from datetime import UTC, datetime

    from wharfinger.rollout.tasks.observe import listed

    now, block = datetime.now(UTC), workload["spec"].get("tasks") or {}
    deployments = workload.get("status", {}).get("tasks", {}).get("deployments", ())
    return Listing(
        workload=block.get("serviceName") or workload["metadata"]["name"],
        namespace=workload["metadata"]["namespace"],
        tasks=listed(found.pods, found.histories, now=now),
        images={each["data"]["hash"]: _image(each, workload) for each in found.revisions},
        ports=_ports(workload),
        job=block.get("scheduling", "").endswith("-job"),
        deployments={each["revision"]: each["id"] for each in reversed(deployments)},
        numbers={each["data"]["hash"]: each["revision"] for each in found.revisions},
        now=now,
    )


def _image(revision: Object, workload: Object) -> str:
    """The image of a revision's main container."""
    main = workload["spec"].get("containerName") or workload["metadata"]["name"]
    containers = revision["data"]["pod"]["spec"]["containers"]
    found: str = next((each["image"] for each in containers if each["name"] == main), containers[0]["image"])
    return found


def _ports(workload: Object) -> str:
    """As docker writes them: ``*:8080->80/tcp``."""
    return ", ".join(
        f"*:{port['hostPort']}->{port['containerPort']}/{port.get('protocol', 'TCP').lower()}"
        for port in workload["spec"].get("ports", ())
        if port.get("hostPort")
    )


def _show(found: Listing, output: Format, *, ecs: bool) -> None:
    from wharfinger.cli import console

    if output in (Format.json, Format.yaml):
        told = {"tasks": [data(found, task) for task in found.tasks]}
        console.print_data(told, as_json=output is Format.json)
    elif output is Format.name:
        for task in found.tasks:
            console.say(task.id)
    elif not found.tasks:
        console.remark("No tasks.")
    else:
        console.out().print(ecs_rows(found) if ecs else rows(found))


def rows(found: Listing) -> "Table":
    """The columns of ``docker service ps``."""
    from wharfinger.cli import console

    made = console.table(*COLUMNS)
    for task in found.tasks:
        made.add_row(*cells(found, task))
    return made


def cells(found: Listing, task: "Task") -> "tuple[str | Text, ...]":
    """What COLUMNS say of a task."""
    from rich.text import Text

    from wharfinger.rollout.tasks import words

    return (
        task.id,
        Text((_HISTORY if found.followed(task) else "") + found.name(task)),
        Text(found.images.get(task.revision, "")),
        task.node or "",
        words.swarm_desired(task, job=found.job),
        Text(words.swarm_state(task, found.now), style=_style(task)),
        Text(words.swarm_error(task)),
        found.ports if task.alive else "",
    )


def ecs_rows(found: Listing) -> "Table":
    """What ``aws ecs describe-tasks`` says, as a table."""
    from rich.text import Text

    from wharfinger.cli import console
    from wharfinger.rollout.tasks import words

    made = console.table(
        "task", "deployment", "node", "last status", "desired status", "health", "stop code", "stopped reason"
    )
    for task in found.tasks:
        made.add_row(
            task.id,
            found.deployment(task),
            task.node or "",
            Text(words.last_status(task), style=_style(task)),
            words.desired_status(task),
            words.health_status(task),
            words.stop_code(task) or "",
            Text(words.stopped_reason(task, deployment=found.deployment(task))),
        )
    return made


def data(found: Listing, task: "Task") -> Object:
    """All of a task, in both vocabularies, for machines."""
    from wharfinger.rollout.tasks import words

    told: Object = {
        "id": task.id,
        "name": found.name(task),
        "image": found.images.get(task.revision),
        "node": task.node,
        "revision": found.numbers.get(task.revision),
        "cause": task.cause,
        "desiredState": words.swarm_desired(task, job=found.job).lower(),
        "state": task.state,
        "error": words.swarm_error(task),
        "exitCode": task.exit_code,
        "pod": task.pod.name if task.pod else None,
        "ecs": dict(_ecs_data(found, task)),
        **dict(_times(task)),
    }
    return {key: value for key, value in told.items() if value not in (None, "")}


def _ecs_data(found: Listing, task: "Task") -> "Iterator[tuple[str, Any]]":
    from wharfinger.rollout.tasks import words

    yield "lastStatus", words.last_status(task)
    yield "desiredStatus", words.desired_status(task)
    yield "healthStatus", words.health_status(task)
    if code := words.stop_code(task):
        yield "stopCode", code
    if reason := words.stopped_reason(task, deployment=found.deployment(task)):
        yield "stoppedReason", reason


def _times(task: "Task") -> "Iterator[tuple[str, str]]":
    from wharfinger.rollout.times import text

    for key, moment in (
        ("createdAt", task.created_at),
        ("startedAt", task.started_at),
        ("stoppingAt", task.stopping_at),
        ("stoppedAt", task.finished_at),
    ):
        if moment is not None:
            yield key, text(moment)


def _style(task: "Task") -> str:
    if task.state in ("failed", "rejected", "orphaned"):
        return "red"
    return "green" if task.runs or task.state == "complete" else ""
