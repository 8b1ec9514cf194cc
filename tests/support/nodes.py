"""Simulated nodes: how a test tells one what becomes of a pod, and how it speaks in the place of a kubelet.

A pod on a simulated node is Ready at once. The annotation `SIMULATE` on the pod gives it another fate. The node writes
that once (a `CRASH_LOOP` goes on), and a test can go on from there with `Kubelet`: from `NEVER_READY` with a pod that
runs, from `IMAGE_PULL_BACK_OFF` with one that has not started yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.support.waiting import eventually
from tests.support.workloads import pods_of
from tests.support.world import World
from wharfinger.api.builtin import EVENT_V1, POD
from wharfinger.api.resource import Object

SIMULATE = "wharfinger.dev/simulate"
IMAGE_PULL_BACK_OFF = "image-pull-backoff"
CRASH_LOOP = "crash-loop"
NEVER_READY = "never-ready"


def simulating(fate: str) -> Object:
    """The part of a workload's spec that gives its pods this fate."""
    return {"podAnnotations": {SIMULATE: fate}}


def waiting(reason: str, message: str = "") -> Object:
    """A container that does not run, as in ContainerStatus.state."""
    return {"waiting": {"reason": reason, "message": message}}


def terminated(code: int, *, reason: str = "Error", message: str = "") -> Object:
    """A container that ended, as in ContainerStatus.state and lastState."""
    now = timestamp()
    return {"terminated": {"exitCode": code, "reason": reason, "message": message, "startedAt": now, "finishedAt": now}}


def timestamp() -> str:
    """Now, as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Kubelet:
    """Writes the status of a workload's pods, after the simulated node has written its own."""

    world: World
    name: str
    """The workload's."""

    async def pods(self, count: int, *, where: Callable[[Object], bool] = lambda _: True) -> list[Object]:
        """Its pods that the node has written a status for, once there are so many."""

        async def look() -> list[Object] | None:
            pods = await pods_of(self.world, self.name)
            found = [pod for pod in pods if pod.get("status", {}).get("containerStatuses") and where(pod)]
            return sorted(found, key=lambda pod: str(pod["metadata"]["name"])) if len(found) >= count else None

        found = await eventually(look, what=f"{count} pods of {self.name} on nodes")
        assert found is not None
        return found

    async def says(self, pod: Object, *, phase: str, ready: bool = False, **status: Any) -> None:
        """Phase, readiness, and whatever else a status has."""
        now, name = timestamp(), pod["metadata"]["name"]
        told = "True" if ready else "False"
        conditions = [
            {"type": kind, "status": "True" if kind in ("PodScheduled", "Initialized") else told}
            for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
        ]
        body = {"phase": phase, "conditions": [{**each, "lastTransitionTime": now} for each in conditions], **status}
        await self.world.client.patch(
            POD, (self.world.namespace, name), {"status": body}, subresource="status", manager="kubelet"
        )

    async def ready(self, pod: Object) -> None:
        """It runs and is ready."""
        await self.says(pod, phase="Running", ready=True, containerStatuses=[self.container(pod, ready=True)])

    async def unready(self, pod: Object) -> None:
        """It runs and is not ready."""
        await self.says(pod, phase="Running", containerStatuses=[self.container(pod)])

    async def held_up(self, pod: Object, state: Object, *, restarts: int = 0, last: Object | None = None) -> None:
        """Its main container is in `state`; `last` is how it ended before."""
        container = self.container(pod, state=state, restarts=restarts, last=last)
        await self.says(pod, phase=pod["status"]["phase"], containerStatuses=[container])

    async def crashed(self, pod: Object, *, times: int, code: int = 1, reason: str = "Error", words: str = "") -> None:
        """Its main container crashed so often, and waits to be started again."""
        state = waiting("CrashLoopBackOff", "back-off restarting failed container")
        await self.held_up(pod, state, restarts=times, last=terminated(code, reason=reason, message=words))

    def container(
        self,
        pod: Object,
        *,
        ready: bool = False,
        state: Object | None = None,
        restarts: int = 0,
        last: Object | None = None,
    ) -> Object:
        """A ContainerStatus of the main container."""
        image = next(each["image"] for each in pod["spec"]["containers"] if each["name"] == self.name)
        status = {"name": self.name, "image": image, "imageID": "", "ready": ready, "restartCount": restarts}
        return {**status, "state": state or {"running": {"startedAt": timestamp()}}, "lastState": last or {}}

    async def warns(self, about: Object, reason: str, message: str) -> None:
        """A core/v1 Event, as a kubelet or a controller records it."""
        metadata = about["metadata"]
        subject = {"apiVersion": about["apiVersion"], "kind": about["kind"], "uid": metadata["uid"]}
        await self.world.create(
            EVENT_V1,
            f"{metadata['name']}.{reason.lower()}",
            involvedObject=subject | {"name": metadata["name"], "namespace": self.world.namespace},
            reason=reason,
            message=message,
            type="Warning",
            count=1,
            firstTimestamp=timestamp(),
            lastTimestamp=timestamp(),
            source={"component": "kubelet"},
        )
