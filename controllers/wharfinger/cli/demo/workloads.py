"""The workloads that the demo plays with, as a person would write them, and the images that they can run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wharfinger.api import API_VERSION

Object = dict[str, Any]

NAME = "hello"
STACK = "stack"
"""Tasks by Swarm's rules."""
ORDERS = "orders"
"""Tasks by ECS's rules."""
REPLICAS = 3
"""Of each."""

DEADLINE = "10s"
"""A rollout that gets no closer for so long has failed; short, so that nobody waits for the demo."""

SIMULATED = "simulate-image-pull-backoff"
"""Name of an image that a simulated node does as if it could not pull."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """An image with a web server on port 8080 that answers on /healthz."""

    image: str
    arguments: Sequence[str] = ()
    user: int | None = None
    """To run it as, where the image itself says root."""
    exit: str = "/exit"
    """A POST to this path ends it."""


OWN = Server(image="registry.wharfinger.local/demo:1")
"""Built by the embedded cluster, and served by its registry."""

PUBLIC = Server(
    image="registry.k8s.io/e2e-test-images/agnhost:2.53", arguments=("netexec", "--http-port=8080"), user=65532
)
"""What Kubernetes' own tests use, for clusters that can pull it."""


def hello(server: Server, namespace: str) -> Object:
    """Three web servers behind a Service, with a health check."""
    own = {
        "ports": [{"name": "http", "containerPort": 8080, "servicePort": 80}],
        "healthCheck": {"httpGet": {"path": "/healthz", "port": "http"}, "interval": "1s"},
        "rollout": {"progressDeadline": DEADLINE},
    }
    return _workload(NAME, namespace, server, own)


def stack(server: Server, namespace: str) -> Object:
    """The same web server as three tasks by Swarm's rules: they are updated one at a time, and watched.

    Without a Service: behind one, each would go on answering for a while before it stops.
    """
    update = {"parallelism": 1, "monitor": "1s", "failureAction": "rollback"}
    block = {"restart": {"delay": "1s"}, "update": update, "rollback": {"monitor": "1s"}}
    return _workload(STACK, namespace, server, _tasks(block))


def orders(server: Server, namespace: str) -> Object:
    """And as three tasks by ECS's rules: within a minimum and a maximum, and given up at the first failure."""
    threshold = {"type": "COUNT", "value": 1}
    breaker = {"enable": True, "rollback": True, "thresholdConfiguration": threshold}
    deployment = {"minimumHealthyPercent": 50, "maximumPercent": 100, "deploymentCircuitBreaker": breaker}
    return _workload(ORDERS, namespace, server, _tasks({"deployment": deployment}))


def _tasks(block: Object) -> Object:
    return {
        "mode": "tasks",
        "ports": [{"name": "http", "containerPort": 8080}],
        "service": {"enabled": False},
        "healthCheck": {"httpGet": {"path": "/healthz", "port": "http"}, "interval": "1s"},
        "tasks": block,
    }


def _workload(name: str, namespace: str, server: Server, own: Object) -> Object:
    return {
        "apiVersion": API_VERSION,
        "kind": "ContainerWorkload",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "image": server.image,
            **({"args": list(server.arguments)} if server.arguments else {}),
            "replicas": REPLICAS,
            **own,
            **({"pod": {"securityContext": {"runAsUser": server.user}}} if server.user else {}),
        },
    }


def broken(image: str, *, real: bool) -> Object:
    """A patch to an image that nobody can pull. A simulated node pulls nothing: it goes by the name."""
    return mended(f"{image}-does-not-exist" if real else f"{image.rpartition('/')[0]}/{SIMULATED}:1")


def mended(image: str) -> Object:
    """The patch to an image."""
    return {"spec": {"image": image}}


def released(image: str) -> Object:
    """The patch to another release of the same image."""
    return {"spec": {"image": image, "env": [{"name": "RELEASE", "value": "2"}]}}
