"""What a step of the demo has to hand: the client, the workload, and ways to look at it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wharfinger.api.builtin import DEPLOYMENT, POD
from wharfinger.api.labels import INSTANCE_LABEL
from wharfinger.api.resource import Resource
from wharfinger.cli.demo.view import View
from wharfinger.cli.demo.waiting import Objects, until
from wharfinger.cli.demo.workloads import NAME, ORDERS, REPLICAS, STACK, Server, broken, mended, released
from wharfinger.cli.kube import WORKLOAD
from wharfinger.cli.status.detail import pod_state
from wharfinger.cli.status.summary import summarise, verdict
from wharfinger.engine.client import KubeClient

Object = dict[str, Any]

SOON = 30.0
"""Seconds for what the operator does by itself: a thousand times what it takes."""
PODS = 120.0
"""Seconds for what needs new pods, on a machine that is busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One namespace of one cluster; in it the workload `hello`, which most of this is about, `stack` and `orders`."""

    client: KubeClient
    namespace: str
    server: Server
    real: bool
    """Containers really run."""
    view: View

    @property
    def image(self) -> str:
        """The image that the workload shall run."""
        return self.server.image

    def fill(self, text: str) -> str:
        """Words, or a kubectl command, with the names and images of this scene."""
        return text.format(
            namespace=self.namespace,
            name=NAME,
            stack=STACK,
            orders=ORDERS,
            kill=self._kill(),
            killed="" if self.real else " (A simulated node has no containers to kill: the pod is deleted.)",
            broken=json.dumps(broken(self.image, real=self.real)),
            mended=json.dumps(mended(self.image)),
            released=json.dumps(released(self.image)),
        )

    def _kill(self) -> str:
        if self.real:
            return f"kubectl create -f /dev/null --raw {self.crash_endpoint('$POD').path(self.namespace)}"
        return f"kubectl -n {self.namespace} delete pod $POD"

    def crash_endpoint(self, pod: str) -> Resource:
        """Where a POST lets the pod's server end itself: through the API server, without a shell in the image.

        To the client it is one more resource to create in.
        """
        return Resource(group="", version="v1", kind="Pod", plural=f"pods/{pod}:8080/proxy{self.server.exit}")

    async def workload(self) -> Object:
        """The workload as it is now."""
        return await self.client.get(WORKLOAD, self.namespace, NAME)

    async def deployment(self) -> Object:
        """Its Deployment as it is now."""
        return await self.client.get(DEPLOYMENT, self.namespace, NAME)

    async def a_pod(self) -> Object:
        """One of its pods that is ready."""
        pods = await self.client.list(POD, self.namespace, label_selector=self.selector)
        return next(pod for pod in pods if is_ready(pod))

    @property
    def selector(self) -> str:
        """Selects the workload's pods."""
        return f"{INSTANCE_LABEL}={NAME}"

    async def until_deployment(self, expected: Callable[[Object], bool]) -> float:
        """Wait until the Deployment is there and as expected; how long that took."""
        return await self._until(DEPLOYMENT, lambda objects: NAME in objects and expected(objects[NAME]), SOON)

    async def until_workload(self, expected: Callable[[Object], bool], *, follow: bool = False) -> float:
        """Wait until the workload is as expected, on the live board if ``follow``; how long that took."""

        def holds(objects: Objects) -> bool:
            return NAME in objects and expected(objects[NAME])

        if not follow:
            return await self._until(WORKLOAD, holds, PODS)
        with self.view.board() as board:
            return await self._until(
                WORKLOAD, holds, PODS, on_change=lambda objects: board({NAME: objects[NAME]} if NAME in objects else {})
            )

    async def until_pods(self, expected: Callable[[list[Object]], bool]) -> float:
        """Wait until the workload's pods are as expected; how long that took."""
        return await self._until(POD, lambda pods: expected(list(pods.values())), PODS, selector=self.selector)

    async def until_whole(self) -> float:
        """Wait until every pod runs the image and is ready, and the workload says so; how long that took."""

        def whole(pods: list[Object]) -> bool:
            return len(pods) == REPLICAS and all(is_ready(pod) and image_of(pod) == self.image for pod in pods)

        return await self.until_pods(whole) + await self.until_workload(is_well)

    async def _until(
        self,
        resource: Resource,
        expected: Callable[[Objects], bool],
        deadline: float,
        *,
        selector: str = "",
        on_change: Callable[[Objects], None] = lambda _: None,
    ) -> float:
        return await until(
            self.client,
            resource,
            self.namespace,
            expected,
            deadline=deadline,
            label_selector=selector,
            tell=describe,
            on_change=on_change,
        )


def is_well(workload: Object) -> bool:
    """The workload is Ready, by the rules that `wharfinger status` uses."""
    return verdict(workload)[0] == "Ready"


def is_ready(pod: Object) -> bool:
    """The pod's Ready condition holds, and it is not on its way out."""
    conditions = pod.get("status", {}).get("conditions", [])
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and not pod["metadata"].get("deletionTimestamp")


def image_of(obj: Object) -> str:
    """The image of the container `hello`, in a pod or in what has a pod template."""
    spec = obj["spec"]
    containers = spec.get("template", {}).get("spec", spec)["containers"]
    return next(str(container["image"]) for container in containers if container["name"] == NAME)


def restarts(pod: Object) -> int:
    """How often its containers were restarted."""
    return sum(each.get("restartCount", 0) for each in pod.get("status", {}).get("containerStatuses", []))


def describe(objects: Mapping[str, Object]) -> str:
    """What is there, in one line, for the report of a step that failed."""
    return "; ".join(_describe(name, obj) for name, obj in sorted(objects.items())) or "nothing there"


def _describe(name: str, obj: Object) -> str:
    if "containers" in obj.get("spec", {}):
        return f"{name} {' '.join(part for part in pod_state(obj) if part)}"
    if "observedGeneration" in obj.get("status", {}) and "image" in obj.get("spec", {}):
        summary = summarise(obj, now=datetime.now(UTC))
        return f"{name} {summary.state} {summary.why}".strip()
    return name
