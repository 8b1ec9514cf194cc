"""``wharfinger wait``: until workloads are as wanted; at once to an end where they never will be."""

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wharfinger.cli.errors import BadInputError, CommandError
from wharfinger.cli.options import FIVE_MINUTES, OptionalNames, Timeout
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from wharfinger.api.resource import Key
    from wharfinger.cli.goals import Goal
    from wharfinger.cli.kube import Kube

Object = dict[str, Any]

KIND = "ContainerWorkload"

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
    """Wait for workloads. While waiting for ready, one that is Stalled ends it at once, with the reason.

    Exit code 1 after the timeout, for one that does not exist, and for one that cannot get there.
    """
    from wharfinger.cli.waiting import wait_for

    goal = goal_named(for_)
    if bool(names) == every:
        raise BadInputError("name the workloads to wait for, or say --all")
    async with call.connected() as kube:
        keys = await _keys(kube, kube.namespace, names)
        found = await wait_for(kube, dict.fromkeys(keys, goal), timeout=timeout)
    for key in keys:
        call.report(found.get(key) or identity(*key), for_)


def identity(namespace: str, name: str) -> Object:
    """All that is known of a workload that nobody has seen: it was deleted before."""
    from wharfinger.api import API_VERSION

    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"namespace": namespace, "name": name}}


def goal_named(text: str) -> "Goal":
    """The goal that ``--for`` names, in kubectl's words or ours. Raises BadInputError."""
    from wharfinger.cli import goals

    plain = {"ready": goals.ready, "stalled": goals.stalled, "deleted": goals.deleted, "delete": goals.deleted}
    if found := plain.get(text.lower()):
        return found
    if matched := _CONDITION.fullmatch(text):
        return goals.condition(matched[1], matched[2] or "True")
    raise BadInputError(f"--for {text}: must be ready, stalled, deleted, or condition=TYPE[=STATUS]")


async def _keys(kube: "Kube", namespace: str, names: list[str] | None) -> "list[Key]":
    from wharfinger.api.resource import key_of
    from wharfinger.cli.kube import WORKLOAD
    from wharfinger.cli.names import plain

    if names:
        return [(namespace, plain(name)) for name in names]
    found = [key_of(workload) for workload in await kube.client.list(WORKLOAD, namespace)]
    if not found:
        raise CommandError(f"namespace {namespace} has no ContainerWorkloads")
    return found
