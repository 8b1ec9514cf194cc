"""What is wrong with the order of a task's containers, said before anything runs. In ECS's words where it has some."""

from __future__ import annotations

from collections.abc import Iterator

from wharfinger.api.containerworkload import Workload
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.api.tasks import Dependency, TaskContainer
from wharfinger.render.findings.rule import error, info
from wharfinger.render.probes import NEVER
from wharfinger.render.start.order import Order
from wharfinger.render.start.settings import health

_PATH = "spec.tasks.containers"


def check(workload: Workload, pod: Object, *, image: str | None) -> Iterator[Finding]:
    """All that there is to say. `pod` is the PodSpec before `staged`, `image` holds the start program."""
    order = Order.of(workload, pod)
    block = workload.spec.tasks
    for index, said in enumerate(block.containers if block else ()):
        yield from _container(order, said, f"{_PATH}[{index}]")
    if order.cycle:
        ring = " → ".join(order.cycle)
        yield error(_PATH, "DependencyCycle", f"wait for one another: {ring}; take one dependsOn out of the ring")
        return
    if order.said and not any(order.essential(name) for name in order.containers):
        yield error(_PATH, "NothingEssential", "at least one container must be essential: the task ends with it")
    yield from _wrapping(order, image)


def _container(order: Order, said: TaskContainer, path: str) -> Iterator[Finding]:
    if said.name not in order.containers:
        known = ", ".join(order.containers)
        yield error(f"{path}.name", "UnknownContainer", f"there is no container {said.name}; there are {known}")
        return
    for index, dependency in enumerate(said.depends_on):
        yield from _dependency(order, said.name, dependency, f"{path}.dependsOn[{index}]")
    for index, limit in enumerate(said.ulimits):
        if limit.hard_limit != -1 and not -1 < limit.soft_limit <= limit.hard_limit:
            message = f"softLimit must not exceed hardLimit ({limit.hard_limit})"
            yield error(f"{path}.ulimits[{index}].softLimit", "InvalidUlimit", message)
    if (
        said.depends_on
        and (order.containers[said.name].get("startupProbe") or {}).get("failureThreshold", NEVER) < NEVER
    ):
        message = "failures of the startup probe do not end this container, since it may wait for others"
        yield info(f"{path}.dependsOn", "StartupProbeWaits", message)


def _dependency(order: Order, waiting: str, dependency: Dependency, path: str) -> Iterator[Finding]:
    name, condition = dependency.container_name, dependency.condition
    if name not in order.containers:
        yield error(f"{path}.containerName", "UnknownContainer", f"there is no container {name}")
    elif name == waiting:
        yield error(f"{path}.containerName", "DependencyCycle", "a container cannot wait for itself")
    elif condition in ("SUCCESS", "COMPLETE") and order.essential(name):
        message = f"{condition} needs essential: false on {name}: it cannot be essential, the task would end with it"
        yield error(path, "EssentialDependency", message)
    elif condition == "HEALTHY" and health(order.containers[name], start_period=0) is None:
        message = f"{name} must have a health check (exec, httpGet or tcpSocket) for others to wait until it is HEALTHY"
        yield error(path, "NoHealthCheck", message)


def _wrapping(order: Order, image: str | None) -> Iterator[Finding]:
    if not order.wrapped:
        return
    if image is None:
        message = "needs the start program: give the operator its image (--start-image, WHARFINGER_START_IMAGE)"
        yield error(_PATH, "NoStartImage", message)
    for name in order.wrapped:
        if not order.containers[name].get("command"):
            message = (
                f"container {name} needs its command written out: what its image would run cannot be seen from here"
            )
            yield error(_PATH, "CommandNeeded", message)
