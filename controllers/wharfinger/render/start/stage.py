"""A task's pod, its containers started and stopped in their order."""

from __future__ import annotations

from typing import Final

from wharfinger.api.containerworkload import Workload
from wharfinger.api.resource import Object
from wharfinger.render.probes import NEVER
from wharfinger.render.start.order import Order
from wharfinger.render.start.settings import DIRECTORY, PROGRAM, command

_NAME: Final = "wharfinger-start"
"""Of the volume, and of the init container that puts the program there."""
_IMAGE: Final = "start.wharfinger.dev/program"
"""Stands for the image with the start program: no part of a revision, or each upgrade of the operator would replace all
tasks. `supplied` puts today's there."""
_MARGIN: Final = 2
"""Seconds that a task has beyond its containers' own times, for the turns to pass from one to the next."""
_PROBES: Final = ("startupProbe", "readinessProbe", "livenessProbe", "lifecycle")
"""What an init container cannot have."""

_INSTALLER: Final = {
    "name": _NAME,
    "image": _IMAGE,
    "command": ["wharfinger-start", "install", DIRECTORY],
    "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "volumeMounts": [{"name": _NAME, "mountPath": DIRECTORY}],
}


def staged(workload: Workload, pod: Object) -> Object:
    """The PodSpec of a task with its containers in their order; `pod` itself where nothing is asked.

    `pod` is not changed. The result needs `supplied` before it can run.
    """
    order = Order.of(workload, pod)
    if order.cycle or not order.said:
        return pod
    wrapped = order.wrapped
    made = dict(pod)
    init = [_bare(order.containers[name]) for name in order.native]
    made["initContainers"] = [*pod.get("initContainers", ()), *init]
    made["containers"] = [
        _wrapped(order, each) if each["name"] in wrapped else each
        for each in pod["containers"]
        if each["name"] not in order.native
    ]
    if wrapped:
        made["initContainers"] = [_INSTALLER, *made["initContainers"]]
        made["volumes"] = [*pod.get("volumes", ()), {"name": _NAME, "emptyDir": {"sizeLimit": "64Mi"}}]
        made["terminationGracePeriodSeconds"] = max(order.grace, order.longest_stop() + _MARGIN)
    if not made["initContainers"]:
        del made["initContainers"]
    return made


def needs_program(pod: Object) -> bool:
    """Whether a PodSpec that `staged` gave needs the image with the start program."""
    return any(each.get("image") == _IMAGE for each in pod.get("initContainers") or ())


def supplied(pod: Object, image: str) -> Object:
    """The PodSpec with `image` for the start program; itself where it needs none."""
    if not needs_program(pod):
        return pod
    init = [each | {"image": image} if each.get("image") == _IMAGE else each for each in pod["initContainers"]]
    return pod | {"initContainers": init}


def _bare(container: Object) -> Object:
    return {field: value for field, value in container.items() if field not in _PROBES}


def _wrapped(order: Order, container: Object) -> Object:
    """The container, run by the start program. Without a command (a finding says so) it is left as it is."""
    if not container.get("command"):
        return container
    name = container["name"]
    mount = {"name": _NAME, "mountPath": DIRECTORY}
    own = [*container["command"], *container.get("args", ())]
    made = container | {
        "command": command(order, name),
        "args": own,
        "volumeMounts": [*container.get("volumeMounts", ()), mount],
    }
    return _patient(made) if order.waits(name) else made


def _patient(container: Object) -> Object:
    """While a container waits for others its probes fail, and that must not end it: a startup probe holds them back."""
    startup = container.get("startupProbe")
    if startup:
        return container | {"startupProbe": startup | {"failureThreshold": NEVER}}
    if not (container.get("livenessProbe") or container.get("readinessProbe")):
        return container
    started = {"exec": {"command": [PROGRAM, "started", DIRECTORY, container["name"]]}}
    return container | {"startupProbe": started | {"periodSeconds": 1, "failureThreshold": NEVER}}
