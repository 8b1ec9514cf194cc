"""Containers that really run: what tests on a real node start, ask, and do to them."""

from __future__ import annotations

import contextlib
from typing import Any

from tests.support.waiting import eventually
from tests.support.workloads import pods_of
from tests.support.world import World
from wharfinger.api.resource import Object

DEMO = "registry.wharfinger.local/demo"
"""Image of a web server that does as it is told; tags 1 and 2, which it answers as its version."""
BUSYBOX = "registry.wharfinger.local/busybox"

NOBODY = 65532
HEALTH: Object = {"httpGet": {"path": "/healthz", "port": "http"}, "interval": "1s", "timeout": "1s", "retries": 2}


def web(**changes: Any) -> Object:
    """The spec of a web server behind a Service, with a health check."""
    return {
        "image": f"{DEMO}:1",
        "ports": [{"name": "http", "containerPort": 8080, "servicePort": 80}],
        "healthCheck": HEALTH,
        **changes,
    }


def shell(script: str, **changes: Any) -> Object:
    """The spec of a container that runs a shell script."""
    return {
        "image": BUSYBOX,
        "command": ["sh", "-c", script],
        "pod": {"securityContext": {"runAsUser": NOBODY, "runAsGroup": NOBODY, "fsGroup": NOBODY}},
        "terminationGracePeriod": "1s",
        **changes,
    }


IDLE = "trap 'exit 0' TERM; while :; do sleep 0.2; done"


async def client(world: World) -> None:
    """A bare pod to ask others from."""
    await world.workload("client", mode="pod", image=f"{DEMO}:1")
    await world.ready("client", timeout=60)


async def ask(world: World, url: str) -> str:
    """What a GET from the pod `client` answers. AssertionError where nobody answers, or badly."""
    return await world.kubectl("exec", "client", "--", "/demo", "get", url)


async def tell(world: World, pod: str, path: str) -> None:
    """A POST to a web server, by the API server's proxy. It may end before it answers."""
    url = f"/api/v1/namespaces/{world.namespace}/pods/{pod}:8080/proxy{path}"
    with contextlib.suppress(AssertionError):
        await world.kubectl("create", "--raw", url, "-f", "-", stdin="")


async def the_pod(world: World, workload: str) -> Object:
    """The one pod of a workload."""

    async def look() -> list[Object]:
        found = await pods_of(world, workload)
        return found if len(found) == 1 else []

    return (await eventually(look, what=f"the one pod of {workload}"))[0]


def restarts(pod: Object, container: str) -> int:
    """How often a container was started again."""
    found = [each["restartCount"] for each in pod["status"].get("containerStatuses", ()) if each["name"] == container]
    return sum(found)
