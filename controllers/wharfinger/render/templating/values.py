"""What Swarm's templates know of a task (swarmkit, template/context.go)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from wharfinger.api.containerworkload import Workload
from wharfinger.api.tasks import TasksBlock
from wharfinger.placement.node import Node
from wharfinger.render.templating.grammar import Part
from wharfinger.render.templating.language import Known, Missing, NodeName, Text

_DOCKER: Final = {"amd64": "x86_64", "arm64": "aarch64"}
"""Architectures as Docker's engine calls them."""

_UNSETTLED: Final = (
    "the nodes that it may run on differ in it; a placement constraint such as node.platform.arch settles it"
)
_UNWATCHED: Final = "it is not known before the task runs, since Nodes are not watched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What is filled in for one task."""

    service_id: str
    """uid of the workload."""
    service_name: str
    service_labels: Mapping[str, str] = field(default_factory=dict)
    task_id: str
    slot: str
    """Number of the slot; the node's name, where tasks are by node."""
    node: str | None = None
    """Name of the node; None where the scheduler chooses it."""
    hostname: str | None = None
    """Its host name, if it has another one."""
    os: Text = ()
    architecture: Text = ()

    @property
    def known(self) -> Known:
        """As templates name it."""
        name = f"{self.service_name}.{self.slot}.{self.task_id}"
        return {
            "Service": {
                "ID": _filled(self.service_id),
                "Name": _filled(self.service_name),
                "Labels": {key: _filled(value) for key, value in self.service_labels.items()},
            },
            "Node": {
                "ID": _filled(self.node),
                "Hostname": _filled(self.hostname or self.node),
                "Platform": {"OS": self.os, "Architecture": self.architecture},
            },
            "Task": {"ID": _filled(self.task_id), "Name": _filled(name), "Slot": _filled(self.slot)},
        }


def has_templates(block: TasksBlock) -> bool:
    """Whether its texts are templates: by Swarm's rules, and not by ECS's, which knows none."""
    return block.deployment is None


def values(
    workload: Workload,
    block: TasksBlock,
    *,
    task: str,
    slot: int | None,
    node: str | None,
    nodes: Iterable[Node] | None,
) -> Values:
    """What is known of a task when its Pod is made.

    `nodes` are those that it may run on, by which its platform is known if they do not differ; None where Nodes are
    not watched.
    """
    among = None if nodes is None else [each for each in nodes if node in (None, each.name)]
    return Values(
        service_id=workload.uid,
        service_name=block.service_name or workload.name,
        service_labels=block.service_labels,
        task_id=task,
        slot=node if node is not None else str(slot),
        node=node,
        hostname=among[0].hostname if node is not None and among else None,
        os=_common(None if among is None else {each.os for each in among}),
        architecture=_common(None if among is None else {_DOCKER.get(each.arch, each.arch) for each in among}),
    )


def _filled(text: str | None) -> Text:
    return (NodeName(),) if text is None else (Part(text),)


def _common(found: set[str] | None) -> Text:
    if found is None:
        return (Missing(_UNWATCHED),)
    return (Part(found.pop()),) if len(found) == 1 else (Missing(_UNSETTLED),)
