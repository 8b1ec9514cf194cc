"""``wharfinger wait``: until workloads or stacks are as wanted; at once to an end where they never will be."""

import asyncio
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wharfinger.cli.errors import BadInputError, CommandError
from wharfinger.cli.options import FIVE_MINUTES, OptionalNames, Timeout
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from wharfinger.api.resource import Key, Resource
    from wharfinger.cli.goals import Goal
    from wharfinger.cli.kube import Kube

Object = dict[str, Any]

_CONDITION = re.compile(r"condition=([A-Za-z]\w*)(?:=(\w+))?")


@verb()
async def wait(
    call: Call,
    *,
    names: OptionalNames = None,
    for_: Annotated[
        str, typer.Option("--for", metavar="WHAT", help="ready, stalled, deleted, or condition=TYPE[=STATUS].")
    ] = "ready",
    every: Annotated[bool, typer.Option("--all", help="Every workload that the namespace has now.")] = False,
    timeout: Timeout = FIVE_MINUTES,  # noqa: ASYNC109
) -> None:
    """Wait for workloads, and for stacks as stack/NAME.

    While waiting for ready, one that is Stalled ends it at once, with the reason.

    Exit code 1 after the timeout, for one that does not exist, and for one that cannot get there.
    """
    from wharfinger.cli.waiting import wait_for

    goal = goal_named(for_)
    if bool(names) == every:
        raise BadInputError("name the workloads to wait for, or say --all")
    async with call.connected() as kube:
        subjects = await _subjects(kube, kube.namespace, names)
        waits = [
            wait_for(kube, dict.fromkeys(keys, goal), timeout=timeout, resource=resource)
            for resource, keys in subjects.items()
        ]
        found = await asyncio.gather(*waits)
    for (resource, keys), seen in zip(subjects.items(), found, strict=True):
        for key in keys:
            call.report(seen.get(key) or identity(resource, *key), for_)


def identity(resource: "Resource", namespace: str, name: str) -> Object:
    """All that is known of an object that nobody has seen: it was deleted before."""
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"namespace": namespace, "name": name},
    }


def goal_named(text: str) -> "Goal":
    """The goal that ``--for`` names, in kubectl's words or ours. Raises BadInputError."""
    from wharfinger.cli import goals

    plain = {"ready": goals.ready, "stalled": goals.stalled, "deleted": goals.deleted, "delete": goals.deleted}
    if found := plain.get(text.lower()):
        return found
    if matched := _CONDITION.fullmatch(text):
        return goals.condition(matched[1], matched[2] or "True")
    raise BadInputError(f"--for {text}: must be ready, stalled, deleted, or condition=TYPE[=STATUS]")


async def _subjects(kube: "Kube", namespace: str, names: list[str] | None) -> "dict[Resource, list[Key]]":
    """By resource, those that are named; without any, every workload of the namespace."""
    from wharfinger.api.kinds import STACK
    from wharfinger.api.resource import key_of
    from wharfinger.cli.kube import WORKLOAD
    from wharfinger.cli.names import is_stack, plain, plain_stack

    if names:
        stacks = [(namespace, plain_stack(name)) for name in names if is_stack(name)]
        workloads = [(namespace, plain(name)) for name in names if not is_stack(name)]
        return {resource: keys for resource, keys in ((WORKLOAD, workloads), (STACK, stacks)) if keys}
    found = [key_of(workload) for workload in await kube.client.list(WORKLOAD, namespace)]
    if not found:
        raise CommandError(f"namespace {namespace} has no ContainerWorkloads")
    return {WORKLOAD: found}
