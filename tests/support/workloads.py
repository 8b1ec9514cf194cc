"""Workloads that tests begin with, and looks at what an operator made of them."""

from __future__ import annotations

from typing import Any

from tests.support.waiting import eventually
from tests.support.world import World
from wharfinger.api.builtin import (
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    EVENT,
    JOB,
    POD,
    STATEFUL_SET,
)
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.labels import REVISION_LABEL
from wharfinger.api.resource import Object, Resource, controller_of

V1 = "registry.example.com/shop/web:1"
V2 = "registry.example.com/shop/web:2"
HTTP: Object = {"name": "http", "containerPort": 8080, "servicePort": 80}

MODES: dict[str, Object] = {
    "service": {"mode": "service", "image": V1, "replicas": 2},
    "stateful": {"mode": "stateful", "image": V1, "replicas": 2},
    "daemon": {"mode": "daemon", "image": V1},
    "job": {"mode": "job", "image": V1},
    "cron": {"mode": "cron", "image": V1, "cron": {"schedule": "0 0 1 1 *"}},
    "pod": {"mode": "pod", "image": V1},
}
"""A workload of each mode; the cron job's next run is at most a year away."""

RUNNERS: dict[str, Resource] = {
    "service": DEPLOYMENT,
    "stateful": STATEFUL_SET,
    "daemon": DAEMON_SET,
    "job": JOB,
    "cron": CRON_JOB,
    "pod": POD,
}
"""The resource that runs the pods of each mode."""


def of_workload(name: str) -> str:
    """Label selector of everything that belongs to a workload."""
    return f"app.kubernetes.io/instance={name},app.kubernetes.io/managed-by=wharfinger"


async def pods_of(world: World, name: str, *, revision: str | None = None) -> list[Object]:
    """Its pods that are not on their way out."""
    selector = of_workload(name) + (f",{REVISION_LABEL}={revision}" if revision else "")
    return [pod for pod in await world.list(POD, selector) if "deletionTimestamp" not in pod["metadata"]]


async def runner(world: World, name: str, mode: str) -> Object:
    """The object that runs its pods, once it is there."""
    resource = RUNNERS[mode]

    async def look() -> list[Object]:
        return [obj for obj in await world.list(resource, of_workload(name)) if is_of(obj, name)]

    return (await eventually(look, what=f"{resource.kind} of {name}"))[0]


def is_of(obj: Object, name: str) -> bool:
    """Whether the workload of that name controls the object."""
    owner = controller_of(obj)
    return owner is not None and owner["kind"] == CONTAINER_WORKLOAD.kind and owner["name"] == name


def pod_template(obj: Object) -> Object:
    """The pod template of what runs pods; a Pod is its own."""
    spec: Object = obj["spec"]
    if obj["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return obj if obj["kind"] == "Pod" else spec["template"]


def container_of(obj: Object, name: str = "web") -> Object:
    """That container of what runs pods; the main one is called as the workload."""
    found: Object = next(each for each in pod_template(obj)["spec"]["containers"] if each["name"] == name)
    return found


def image_of(obj: Object, name: str = "web") -> str:
    """That container's image."""
    image: str = container_of(obj, name)["image"]
    return image


def rollout_of(workload: Object) -> Object:
    """`status.rollout`; empty until there is one."""
    found: Object = workload.get("status", {}).get("rollout", {})
    return found


def problem_reasons(workload: Object) -> set[str]:
    """Reasons of `status.problems`."""
    return {problem["reason"] for problem in workload.get("status", {}).get("problems", ())}


def finding_reasons(workload: Object) -> set[str]:
    """Reasons of `status.findings`."""
    return {finding["reason"] for finding in workload.get("status", {}).get("findings", ())}


async def told(world: World, name: str, reason: str) -> Object:
    """The Event of that reason about the workload, once it is there."""

    async def look() -> list[Object]:
        return [
            event
            for event in await world.list(EVENT)
            if event["reason"] == reason
            and event["regarding"]["kind"] == CONTAINER_WORKLOAD.kind
            and event["regarding"]["name"] == name
        ]

    return (await eventually(look, what=f"Event {reason} about {name}"))[0]


async def annotate(world: World, name: str, **annotations: str | None) -> Object:
    """Set wharfinger.dev/… annotations of a workload; None removes one. Dashes are written as underscores."""
    named: dict[str, Any] = {f"wharfinger.dev/{key.replace('_', '-')}": value for key, value in annotations.items()}
    return await world.patch(CONTAINER_WORKLOAD, name, {"metadata": {"annotations": named}})
