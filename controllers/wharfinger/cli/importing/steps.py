"""The steps of an import, and what is said about each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.labels import IMPORTED_ANNOTATION
from wharfinger.api.resource import Object, Resource, controller_of
from wharfinger.cli import console
from wharfinger.cli.console import Format
from wharfinger.cli.errors import CommandError
from wharfinger.cli.importing import handover, show
from wharfinger.cli.importing.checks import place
from wharfinger.cli.importing.document import Imported, imported
from wharfinger.cli.importing.gather import gather
from wharfinger.cli.importing.preflight import REPLACES_PODS, Preflight, preflight
from wharfinger.cli.importing.source import Source
from wharfinger.cli.kube import connect
from wharfinger.cli.objects import print_objects
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for."""

    resource: Resource
    name: str
    output: Format
    apply: bool
    dry_run: bool
    force: bool
    allow_restart: bool
    timeout: float


async def run(wish: Wish, *, namespace: str | None, context: str | None, kubeconfig: Path | None) -> bool:
    """All of it; whether it went well. Raises CommandError."""
    async with connect(kubeconfig=kubeconfig, context=context) as kube:
        client = kube.client
        source = await gather(client, wish.resource, namespace or kube.namespace, wish.name)
        existing = await _existing(client, source)
        if existing is not None:
            return await _go_on(client, wish, source, existing)
        found = imported(source, force=wish.force, allow_restart=wish.allow_restart)
        asked = await _asked(client, wish, source, found)
        if wish.allow_restart and any(each.reason == REPLACES_PODS for each in asked.findings):
            found = found.restarting()
        _tell(wish, found, asked)
        blocked = found.blocked or any(each.severity == "error" for each in asked.findings)
        if blocked or not wish.apply:
            _say(_NOT_POSSIBLE if blocked else _HOW_TO)
            return not blocked
        return await _hand_over(client, wish, source, found)


_NOT_POSSIBLE = "Nothing was written: the errors above stand against it."
_HOW_TO = "Nothing was written; --apply hands the objects over."


def _tell(wish: Wish, found: Imported, asked: Preflight) -> None:
    print_objects([found.document], wish.output, alone=True)
    show.findings((*found.findings, *asked.findings), console.err())
    show.changes(asked.changes, console.err())


def _say(text: str) -> None:
    console.err().print(text, markup=False)


async def _existing(client: KubeClient, source: Source) -> Object | None:
    """The workload of that name, if there is one."""
    try:
        return await client.get(CONTAINER_WORKLOAD, source.runner["metadata"]["namespace"], source.name)
    except NotFound as error:
        if not error.reason:
            raise
        return None


async def _asked(client: KubeClient, wish: Wish, source: Source, found: Imported) -> Preflight:
    """What the API server says to it; nothing, where the document cannot even be read."""
    if found.workload is None:
        return Preflight()
    asked = await preflight(client, source, found.workload, found.taken, allow_restart=wish.allow_restart)
    await handover.create(client, found.document, dry_run=True)
    return asked


async def _hand_over(client: KubeClient, wish: Wish, source: Source, found: Imported) -> bool:
    if wish.dry_run:
        _say("Dry run: nothing was written.")
        return True
    await handover.mark(client, found.taken, source.name)
    await handover.create(client, found.document)
    return await _finish(client, wish, source, found.taken)


async def _go_on(client: KubeClient, wish: Wish, source: Source, existing: Object) -> bool:
    """The workload exists: an earlier import did not come to its end, or did; or it is another one."""
    metadata = existing["metadata"]
    owner = controller_of(source.runner)
    ours = owner is not None and owner["uid"] == metadata["uid"]
    begun = IMPORTED_ANNOTATION in (metadata.get("annotations") or {})
    if not ours and not begun:
        raise CommandError(
            f"there is a ContainerWorkload {source.name} already, which has nothing of {place(source.runner)}"
        )
    if not wish.apply or wish.dry_run:
        _say(f"{place(source.runner)} belongs to ContainerWorkload {source.name} already.")
        return True
    return await _finish(client, wish, source, (source.runner,))


async def _finish(client: KubeClient, wish: Wish, source: Source, taken: tuple[Object, ...]) -> bool:
    await handover.release(client, source, taken, timeout=wish.timeout)
    _say(f"ContainerWorkload {source.name} runs {', '.join(place(obj) for obj in taken)} now.")
    here, before = await handover.kept(client, source)
    if before:
        _say(f"{here} of {before} pods are the same as before.")
    _say(f"Deleting it deletes these objects; `kubectl delete cw/{source.name} --cascade=orphan` keeps them.")
    return here == before or wish.allow_restart
