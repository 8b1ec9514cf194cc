"""The states of a ContainerWorkload that tools tell apart, each brought about on a live cluster by a real operator.

`EXPECTED` is what we claim; docs/gitops.md has the same table for people.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from tests.support.namespaces import new_world
from tests.support.nodes import IMAGE_PULL_BACK_OFF, NEVER_READY, Kubelet, simulating
from tests.support.operators import running
from tests.support.workloads import V1, V2, annotate, rollout_of
from tests.support.world import World, condition, is_true

from wharfinger.api.builtin import SERVICE
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection

WITHIN = 90.0
"""Seconds until a state is reached, on a busy machine: all of them are on the way at once."""
SOON: Object = {"progressDeadline": "2s"}
PATIENT: Object = {"progressDeadline": "1h", "restartLimit": 100}
HELD = "example.com/held"
"""A finalizer."""

CURRENT = ("Current", "Healthy", "Current")
IN_PROGRESS = ("InProgress", "Progressing", "InProgress")
HELD_BACK = ("InProgress", "Suspended", "InProgress")
FAILED = ("Failed", "Degraded", "Failed")
TERMINATING = ("Terminating", "Progressing", "InProgress")

EXPECTED: dict[str, tuple[str, str, str]] = {
    "new": IN_PROGRESS,
    "change-not-seen": IN_PROGRESS,
    "progressing": IN_PROGRESS,
    "image-missing": IN_PROGRESS,
    "ready": CURRENT,
    "updated": CURRENT,
    "pods-not-ready": IN_PROGRESS,
    "paused": HELD_BACK,
    "first-rollout-failed": FAILED,
    "rolled-back": FAILED,
    "rolled-back-by-hand": FAILED,
    "paused-by-failure": FAILED,
    "invalid-spec": FAILED,
    "conflict": FAILED,
    "job-running": IN_PROGRESS,
    "job-complete": CURRENT,
    "job-failed": FAILED,
    "job-suspended": HELD_BACK,
    "cron-scheduled": CURRENT,
    "cron-suspended": CURRENT,
    "pod-succeeded": CURRENT,
    "terminating": TERMINATING,
}
"""kstatus', Argo CD's and Flux's verdict on each state."""


class Lived(NamedTuple):
    """The state as it was reached, or what was in the way."""

    object: Object | None
    failure: str = ""


def live(kubeconfig: Path) -> dict[str, Lived]:
    """Bring every state about, all at once: each is a workload of its name, in one namespace with one operator."""
    return asyncio.run(_live(kubeconfig))


async def _live(kubeconfig: Path) -> dict[str, Lived]:
    async with KubeClient(Connection.from_kubeconfig(kubeconfig)) as client, new_world(client, kubeconfig) as world:
        async with running(kubeconfig, namespaces=(world.namespace,)):
            reached = await asyncio.gather(*(_reach(world, name, make) for name, make in _SEEN.items()))
        reached += await asyncio.gather(*(_reach(world, name, make) for name, make in _UNSEEN.items()))
    return dict(zip([*_SEEN, *_UNSEEN], reached, strict=True))


async def _reach(world: World, name: str, make: Callable[[World, str], Awaitable[Object]]) -> Lived:
    try:
        return Lived(await make(world, name))
    except Exception:
        return Lived(None, traceback.format_exc())


async def _until(world: World, name: str, holds: Callable[[Object], object]) -> Object:
    return await world.until(CONTAINER_WORKLOAD, name, lambda obj: _seen(obj) and holds(obj), timeout=WITHIN)


def _seen(obj: Object) -> bool:
    return bool(obj.get("status", {}).get("observedGeneration") == obj["metadata"]["generation"])


async def _ready(world: World, name: str, **spec: object) -> Object:
    """Apply it; the workload, once it is Ready."""
    await world.workload(name, **{"image": V1, "replicas": 2, **spec})
    return await world.ready(name, timeout=WITHIN)


async def _stalled(world: World, name: str, reason: str) -> Object:
    return await world.stalled(name, reason=reason, timeout=WITHIN)


# Rollouts


async def _progressing(world: World, name: str) -> Object:
    await world.workload(name, image=V1, replicas=2, rollout=PATIENT, **simulating(NEVER_READY))
    return await _until(world, name, lambda obj: is_true("Reconciling")(obj) and obj["status"].get("replicas") == 2)


async def _image_missing(world: World, name: str) -> Object:
    await world.workload(name, image=V1, rollout=PATIENT, **simulating(IMAGE_PULL_BACK_OFF))
    return await _until(
        world,
        name,
        lambda obj: condition(obj, "Ready")["reason"] == "ImagePullBackOff" and obj["status"].get("replicas") == 1,
    )


async def _pods_not_ready(world: World, name: str) -> Object:
    """The rollout was complete, and then a pod was ready no more."""
    await world.workload(name, image=V1, rollout=PATIENT, **simulating(NEVER_READY))
    kubelet = Kubelet(world, name)
    (pod,) = await kubelet.pods(1)
    await kubelet.ready(pod)
    await world.ready(name, timeout=WITHIN)
    await kubelet.unready(pod)
    return await _until(world, name, is_true("Reconciling", reason="ReplicasNotReady"))


async def _paused(world: World, name: str) -> Object:
    await _ready(world, name)
    await annotate(world, name, paused="true")
    await world.patch(CONTAINER_WORKLOAD, name, {"spec": {"image": V2}})
    return await _until(world, name, lambda obj: condition(obj, "Ready").get("reason") == "Paused")


async def _updated(world: World, name: str) -> Object:
    await _ready(world, name)
    return await _ready(world, name, image=V2)


async def _first_rollout_failed(world: World, name: str) -> Object:
    await world.workload(name, image=V1, rollout=SOON, **simulating(IMAGE_PULL_BACK_OFF))
    return await _stalled(world, name, "RolloutFailed")


async def _rolled_back(world: World, name: str) -> Object:
    await _ready(world, name, rollout=SOON)
    await world.workload(name, image=V2, replicas=2, rollout=SOON, **simulating(IMAGE_PULL_BACK_OFF))
    return await _stalled(world, name, "RolledBack")


async def _rolled_back_by_hand(world: World, name: str) -> Object:
    await _ready(world, name)
    await _ready(world, name, image=V2)
    await annotate(world, name, rollback_to="previous")
    found = await _stalled(world, name, "RolledBack")
    assert rollout_of(found)["runningRevision"] == 1
    return found


async def _paused_by_failure(world: World, name: str) -> Object:
    policy = SOON | {"onFailure": "pause"}
    await _ready(world, name, rollout=policy)
    await world.workload(name, image=V2, replicas=2, rollout=policy, **simulating(IMAGE_PULL_BACK_OFF))
    return await _stalled(world, name, "RolloutPaused")


# What cannot be acted on


async def _invalid_spec(world: World, name: str) -> Object:
    """The API server takes anything for `spec.pod`."""
    await world.workload(name, image=V1, pod={"containers": [{"name": name, "resorces": {}}]})
    return await _stalled(world, name, "InvalidSpec")


async def _conflict(world: World, name: str) -> Object:
    ports = [{"name": "http", "port": 80}]
    await world.create(SERVICE, name, spec={"ports": ports, "selector": {"app": "another"}})
    await world.workload(name, image=V1, ports=[{"name": "http", "containerPort": 8080}])
    return await _stalled(world, name, "Conflict")


# Bounded work


async def _job_running(world: World, name: str) -> Object:
    await world.workload(name, mode="job", image=V1, **simulating("run"))
    return await _until(world, name, is_true("Reconciling", reason="JobRunning"))


async def _job_complete(world: World, name: str) -> Object:
    await world.workload(name, mode="job", image=V1)
    return await _until(world, name, is_true("Complete"))


async def _job_failed(world: World, name: str) -> Object:
    await world.workload(name, mode="job", image=V1, job={"backoffLimit": 0}, **simulating("fail"))
    return await _until(world, name, is_true("Failed"))


async def _job_suspended(world: World, name: str) -> Object:
    await world.workload(name, mode="job", image=V1, job={"suspend": True})
    return await _until(world, name, lambda obj: condition(obj, "Ready").get("reason") == "Suspended")


async def _cron_scheduled(world: World, name: str) -> Object:
    await world.workload(name, mode="cron", image=V1, cron={"schedule": "0 0 1 1 *"})
    return await world.ready(name, timeout=WITHIN)


async def _cron_suspended(world: World, name: str) -> Object:
    await world.workload(name, mode="cron", image=V1, cron={"schedule": "0 0 1 1 *", "suspend": True})
    return await _until(world, name, is_true("Ready", reason="Suspended"))


async def _pod_succeeded(world: World, name: str) -> Object:
    await world.workload(name, mode="pod", image=V1, pod={"restartPolicy": "Never"}, **simulating("complete"))
    return await _until(world, name, is_true("Complete", reason="PodSucceeded"))


# Without an operator


async def _new(world: World, name: str) -> Object:
    return await world.workload(name, image=V1)


async def _change_not_seen(world: World, name: str) -> Object:
    """`ready` is there from before."""
    await world.patch(CONTAINER_WORKLOAD, "ready", {"spec": {"image": V2}})
    return await world.until(CONTAINER_WORKLOAD, "ready", lambda obj: not _seen(obj))


async def _terminating(world: World, name: str) -> Object:
    """Ready, and deleted while a finalizer of somebody else's holds it."""
    found = await world.until(CONTAINER_WORKLOAD, "cron-scheduled", lambda _: True)
    await world.patch(CONTAINER_WORKLOAD, "cron-scheduled", {"metadata": {"finalizers": [HELD]}})
    await world.delete(CONTAINER_WORKLOAD, "cron-scheduled")
    found = await world.until(CONTAINER_WORKLOAD, "cron-scheduled", lambda obj: "deletionTimestamp" in obj["metadata"])
    await world.patch(CONTAINER_WORKLOAD, "cron-scheduled", {"metadata": {"finalizers": None}})
    return found


_SEEN: dict[str, Callable[[World, str], Awaitable[Object]]] = {
    "progressing": _progressing,
    "image-missing": _image_missing,
    "ready": _ready,
    "updated": _updated,
    "pods-not-ready": _pods_not_ready,
    "paused": _paused,
    "first-rollout-failed": _first_rollout_failed,
    "rolled-back": _rolled_back,
    "rolled-back-by-hand": _rolled_back_by_hand,
    "paused-by-failure": _paused_by_failure,
    "invalid-spec": _invalid_spec,
    "conflict": _conflict,
    "job-running": _job_running,
    "job-complete": _job_complete,
    "job-failed": _job_failed,
    "job-suspended": _job_suspended,
    "cron-scheduled": _cron_scheduled,
    "cron-suspended": _cron_suspended,
    "pod-succeeded": _pod_succeeded,
}
"""What an operator does with a workload."""
_UNSEEN: dict[str, Callable[[World, str], Awaitable[Object]]] = {
    "new": _new,
    "change-not-seen": _change_not_seen,
    "terminating": _terminating,
}
"""What is so while no operator runs; after the others."""
