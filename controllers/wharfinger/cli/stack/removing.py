"""``wharfinger stack rm`` and ``down``: a Stack goes, and all that it made; volumes stay unless asked otherwise."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wharfinger.cli.options import FIVE_MINUTES, Timeout
from wharfinger.cli.stack import options
from wharfinger.cli.stack.up import Files, Project, found_files
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from wharfinger.cli.kube import Kube

Object = dict[str, Any]

Volumes = Annotated[bool, typer.Option("--volumes", "-v", help="Remove the stack's volumes too, with what is in them.")]


@verb()
async def rm(
    call: Call,
    *,
    names: options.Names,
    volumes: Volumes = False,
    detach: Annotated[
        bool, typer.Option("--detach/--no-detach", "-d", help="Do not wait until everything is gone.")
    ] = False,
    timeout: Timeout = FIVE_MINUTES,  # noqa: ASYNC109
) -> None:
    """Remove stacks, with all that they made but volumes, and wait until it is gone."""
    from wharfinger.cli.names import plain_stack

    async with call.connected() as kube:
        for name in names:
            await _removed(call, kube, plain_stack(name), volumes=volumes, timeout=None if detach else timeout)


@verb()
async def down(
    call: Call,
    *,
    file: Files = None,
    project_name: Project = None,
    volumes: Volumes = False,
    remove_orphans: Annotated[
        bool, typer.Option("--remove-orphans", help="As docker's: what a stack has made goes with it in any case.")
    ] = False,
    timeout: Timeout = FIVE_MINUTES,  # noqa: ASYNC109
) -> None:
    """Remove the stack of a project, as `up` calls it, and wait until it is gone. Its volumes stay without -v."""
    from wharfinger.cli.converting import reading
    from wharfinger.cli.stack import preparing
    from wharfinger.compose import names

    if project_name:
        stack = names.legal(reading.project_name(project_name))
    else:
        stack = preparing.project_stack(reading.gathered(reading.Asked(files=file or found_files(Path.cwd()))))
    async with call.connected() as kube:
        await _removed(call, kube, stack, volumes=volumes, timeout=timeout)


async def _removed(call: Call, kube: "Kube", name: str, *, volumes: bool, timeout: float | None) -> None:  # noqa: ASYNC109
    """Remove one. Without a timeout, in seconds, it does not wait. One that is not there is no error, as for docker."""
    from wharfinger.api.kinds import STACK
    from wharfinger.cli import console, goals
    from wharfinger.cli.waiting import wait_for
    from wharfinger.engine.errors import NotFound

    key = (kube.namespace, name)
    try:
        stack = await kube.client.get(STACK, *key)
    except NotFound as error:
        if not error.reason:
            raise
        console.remark(f"Nothing found in stack: {name}")
    else:
        # In the foreground, the Stack itself goes last: its end is that of all that it made.
        how = "Background" if timeout is None else "Foreground"
        await kube.client.delete(STACK, key, uid=stack["metadata"]["uid"], propagation=how)
        if timeout is not None:
            await wait_for(kube, {key: goals.deleted}, timeout=timeout, resource=STACK)
        call.report(stack, "removed")
    if volumes:
        await _remove_volumes(call, kube, name)


async def _remove_volumes(call: Call, kube: "Kube", name: str) -> None:
    """The claims that the Stack made; Kubernetes keeps one for as long as a pod uses it."""
    from wharfinger.api.builtin import PERSISTENT_VOLUME_CLAIM
    from wharfinger.api.labels import STACK_LABEL
    from wharfinger.api.resource import key_of

    kind = PERSISTENT_VOLUME_CLAIM
    for claim in await kube.client.list(kind, kube.namespace, label_selector=f"{STACK_LABEL}={name}"):
        await kube.client.delete(kind, key_of(claim), uid=claim["metadata"]["uid"])
        call.report({"apiVersion": kind.api_version, "kind": kind.kind, **claim}, "removed")
