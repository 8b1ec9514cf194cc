"""Mode ``tasks``: the Pod of one task, from the pod template of its revision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from wharfinger.api.builtin import POD
from wharfinger.api.containerworkload import Workload
from wharfinger.api.labels import (
    CAUSE_LABEL,
    ITERATION_LABEL,
    NODE_LABEL,
    SLOT_LABEL,
    TASK_LABEL,
)
from wharfinger.api.resource import Object
from wharfinger.render import names
from wharfinger.render.metadata import new
from wharfinger.render.template import Template

_NODE_IN_NAME: Final = 30
"""Characters of a node's name that a Pod's name has room for; a longer one is cut and ends in a hash."""


def _same(spec: Object) -> Object:
    return spec


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskIdentity:
    """Which task it is. All of it can be read back from the Pod's labels."""

    id: str
    slot: int | None = None
    """Where tasks are counted."""
    node: str | None = None
    """Where there is a task for each node."""
    iteration: int
    """Number of the deployment that starts it."""
    cause: str
    """Why it is started."""

    @property
    def labels(self) -> dict[str, str]:
        """As the Pod carries it."""
        place = {SLOT_LABEL: str(self.slot)} if self.node is None else {NODE_LABEL: names.fitted(self.node)}
        return place | {TASK_LABEL: self.id, ITERATION_LABEL: str(self.iteration), CAUSE_LABEL: self.cause}

    @property
    def place(self) -> str:
        """Its place, as a Pod's name has it."""
        return str(self.slot) if self.node is None else names.fitted(self.node, limit=_NODE_IN_NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What the placement adds to a Pod when it is made; no part of its revision."""

    spec: Callable[[Object], Object] = _same
    """The PodSpec with the placement in it."""
    labels: Mapping[str, str] = field(default_factory=dict)


def task_pod(workload: Workload, running: Template, task: TaskIdentity, placed: Placed) -> Object:
    """The Pod of a task."""
    template = running.pod["metadata"]
    meta: Object = {
        "name": names.task(workload, task.place, task.id),
        "namespace": workload.namespace,
        "labels": {**template["labels"], **task.labels, **placed.labels},
    }
    annotations = {**template.get("annotations", {}), **({NODE_LABEL: task.node} if task.node else {})}
    if annotations:
        meta["annotations"] = annotations
    return new(POD, meta, spec=placed.spec(running.pod["spec"]))
