"""Logs as they are written: containers are picked up as they start, and followed until they end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from wharfinger.api.builtin import POD
from wharfinger.api.labels import INSTANCE_LABEL
from wharfinger.api.resource import Key
from wharfinger.cli import console
from wharfinger.cli.errors import CommandError
from wharfinger.cli.kube import WORKLOAD, Kube
from wharfinger.cli.podlogs.printing import Printer
from wharfinger.cli.podlogs.reading import Cursor, Options, complaint, read_on
from wharfinger.cli.podlogs.sources import Choice, Source, ended, silence, sources
from wharfinger.cli.watching import Mirror, Scope, mirrored
from wharfinger.engine.errors import ApiError

Object = dict[str, Any]

GRACE = 5.0
"""Seconds for the rest of a log after its pod is gone: where a node died, nobody ends the connection."""


async def followed(kube: Kube, namespace: str, names: Sequence[str], choice: Choice, options: Options) -> bool:
    """Print logs until Ctrl-C, or until there will be no more; the answer is whether every one could be read.

    Raises CommandError for a workload that does not exist at first.
    """
    workloads = Scope(resource=WORKLOAD, namespace=namespace)
    pods = Scope(resource=POD, namespace=namespace, label_selector=f"{INSTANCE_LABEL} in ({','.join(names)})")
    async with mirrored(kube.client, workloads, pods) as mirror:
        following = _Following(kube, mirror, choice, options, Printer(options.style))
        begun = False
        try:
            async for _ in mirror.changes(beat=1.0):
                known = [mirror.found[WORKLOAD].get((namespace, name)) for name in names]
                if not begun and None in known:
                    raise CommandError(f"{names[known.index(None)]} does not exist")
                if not begun:
                    following.introduce(names)
                following.look(first=not begun)
                begun = True
                if following.finished(namespace, names):
                    return following.well
        finally:
            await following.stop()
    return following.well


def over(workload: Object | None) -> bool:
    """Whether no more pods will come: the workload is gone, or its bounded work is done for good."""
    if workload is None:
        return True
    conditions = workload.get("status", {}).get("conditions", ())
    return any(each["type"] in ("Complete", "Failed") and each["status"] == "True" for each in conditions)


@dataclass(slots=True)
class _Following:
    """The logs that are being read."""

    kube: Kube
    mirror: Mirror
    choice: Choice
    options: Options
    printer: Printer
    well: bool = True
    _reading: dict[Source, asyncio.Task[None]] = field(default_factory=dict)
    _cursors: dict[tuple[str, str], Cursor] = field(default_factory=dict)
    """By the pod's uid and the container."""
    _told: dict[Key, str] = field(default_factory=dict)

    def finished(self, namespace: str, names: Sequence[str]) -> bool:
        """Whether every log has been read to its end, and there will be no others."""
        for name in names:
            workload = self.mirror.found[WORKLOAD].get((namespace, name))
            if not over(workload) or (workload is None and self._pods_of(name)):
                return False
        return all(task.done() for task in self._reading.values())

    def _pods_of(self, name: str) -> list[Object]:
        return [pod for pod in self.mirror.found[POD].values() if pod["metadata"]["labels"][INSTANCE_LABEL] == name]

    def look(self, *, first: bool) -> None:
        """Begin what can be read by now; tell of what came and went. Pods that are there at ``first`` are no news.

        Raises what a reader came to grief over: a pipe that was closed, say.
        """
        pods = self.mirror.found[POD]
        for task in self._reading.values():
            if task.done() and not task.cancelled():
                task.result()
        for pod in pods.values():
            for source in sources(pod, self.choice):
                if source not in self._reading:
                    self._begin(source, first=first)
        for key in {*self._told, *pods}:
            self._tell(key, pods.get(key), first=first)

    def introduce(self, names: Sequence[str]) -> None:
        """Say what there is nothing to read of, before anything is read."""
        for name in names:
            if not self._pods_of(name):
                console.remark(f"{name}: has no pods yet")
        for pod in self.mirror.found[POD].values():
            if not sources(pod, self.choice):
                console.remark(f"{pod['metadata']['name']}: {silence(pod, self.choice)}")

    def _begin(self, source: Source, *, first: bool) -> None:
        # Whatever starts while we look is printed whole: how much of the past to show was about the beginning.
        options = self.options if first else replace(self.options, since=None, tail=None)
        self._reading[source] = asyncio.create_task(self._read(source, options))

    async def _read(self, source: Source, options: Options) -> None:
        try:
            cursor = self._cursors.setdefault((source.uid, source.container), Cursor())
            await read_on(self.kube.client, source, options, self.printer, cursor, alive=lambda: self._runs(source))
        except ApiError as error:
            if self._pod(source) is not None:  # of one that is gone, nothing more is expected
                complaint(source, error)
                self.well = False

    def _pod(self, source: Source) -> Object | None:
        found = self.mirror.found[POD].get((source.namespace, source.pod))
        return found if found and found["metadata"]["uid"] == source.uid else None

    def _runs(self, source: Source) -> bool:
        """Whether this run of the container goes on, as far as is known."""
        pod = self._pod(source)
        status = (pod or {}).get("status", {})
        for each in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
            if each["name"] == source.container:
                return each.get("restartCount", 0) == source.run and "running" in (each.get("state") or {})
        return False

    def _tell(self, key: Key, pod: Object | None, *, first: bool) -> None:
        """A remark where a pod came or ended."""
        news = ended(pod) or "is there"
        if self._told.get(key) == news:
            return
        if pod is None:
            self._told.pop(key)
            asyncio.get_running_loop().call_later(GRACE, self._give_up, key)
        else:
            self._told[key] = news
        if not first:
            console.remark(f"{key[1]} {news}")

    def _give_up(self, key: Key) -> None:
        if key in self.mirror.found[POD]:
            return
        for source, task in self._reading.items():
            if (source.namespace, source.pod) == key:
                task.cancel()

    async def stop(self) -> None:
        """End whatever is still being read."""
        for task in self._reading.values():
            task.cancel()
        await asyncio.gather(*self._reading.values(), return_exceptions=True)
