"""What is wrong with the order of a task's containers, said before anything runs. In ECS's words where it has some."""

from __future__ import annotations

from collections.abc import Iterator

from wharfinger.api.containerworkload import Workload
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.api.tasks import Dependency, TaskContainer
from wharfinger.render.files import contents
from wharfinger.render.findings.rule import Rule, error, info, warning
from wharfinger.render.options import Options
from wharfinger.render.pod_template import pod_spec
from wharfinger.render.start import Order, health
from wharfinger.render.tasking import tasks_block

_PATH = "spec.tasks.containers"


def containers_have_an_order(workload: Workload, _: Options) -> Iterator[Finding]:
    """What `spec.tasks.containers` asks of the containers that there are."""
    block = tasks_block(workload)
    if block is not None and block.containers:
        yield from order_findings(workload, pod_spec(workload, contents(workload)))


def order_findings(workload: Workload, pod: Object) -> Iterator[Finding]:
    """All that there is to say of the order of a PodSpec's containers."""
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
    yield from _wrapping(order)


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
    if order.served and not said.essential and said.name not in (*order.native, *order.wrapped):
        message = (
            "once it has ended, the pod is not Ready and its Service sends it nothing; a dependsOn on it avoids that"
        )
        yield warning(f"{path}.essential", "EndsReadiness", message)
    if order.waits(said.name) and any(
        probe in order.containers[said.name] for probe in ("startupProbe", "readinessProbe")
    ):
        message = "its checks count from their first success on, since it may wait for others before"
        yield info(f"{path}.dependsOn", "ChecksWait", message)


def _dependency(order: Order, waiting: str, dependency: Dependency, path: str) -> Iterator[Finding]:
    name, condition = dependency.container_name, dependency.condition
    if name not in order.containers:
        yield error(f"{path}.containerName", "UnknownContainer", f"there is no container {name}")
    elif name == waiting:
        yield error(f"{path}.containerName", "DependencyCycle", "a container cannot wait for itself")
    elif condition in ("SUCCESS", "COMPLETE") and order.essential(name):
        message = f"{condition} needs essential: false on {name}: it cannot be essential, the task would end with it"
        yield error(path, "EssentialDependency", message)
    elif condition == "HEALTHY" and health(order.containers[name]) is None:
        message = f"{name} must have a health check (exec, httpGet or tcpSocket) for others to wait until it is HEALTHY"
        yield error(path, "NoHealthCheck", message)


def _wrapping(order: Order) -> Iterator[Finding]:
    for name in order.wrapped:
        if not order.containers[name].get("command"):
            message = (
                f"container {name} needs its command written out: what its image would run cannot be seen from here"
            )
            yield error(_PATH, "CommandNeeded", message)


RULES: tuple[Rule, ...] = (containers_have_an_order,)
