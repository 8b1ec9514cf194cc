"""What runs on each node: what ECS's ``runningTasksCount`` and ``task:group`` ask for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from wharfinger.api.resource import Object

INSTANCE_LABEL: Final = "app.kubernetes.io/instance"
"""On every pod of ours: its workload."""

GROUP_LABEL: Final = "wharfinger.dev/task-group"
"""On a pod (`spec.podLabels`): its ECS task group, with a dot for the colon: ``family.web``. The group
``service:NAME`` needs none: it is the workload of that name."""

_SERVICE: Final = "service:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What runs on one node."""

    tasks: int = 0
    """Pods of ours that have not ended."""
    groups: frozenset[str] = frozenset()
    """Their ECS task groups."""


Loads = Mapping[str, Load]
"""By name of the node; one that is not there is empty."""

IDLE: Final = Load()


def loads(pods: Iterable[Object]) -> Loads:
    """What runs where, by the pods that are watched: those of ours."""
    counts: dict[str, int] = defaultdict(int)
    groups: dict[str, set[str]] = defaultdict(set)
    for pod in pods:
        node = (pod.get("spec") or {}).get("nodeName")
        if node and (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed"):
            counts[node] += 1
            groups[node].update(_groups(pod["metadata"].get("labels") or {}))
    return {node: Load(tasks=count, groups=frozenset(groups[node])) for node, count in counts.items()}


def group_labels(group: str) -> dict[str, str]:
    """The labels that pods of an ECS task group carry."""
    if group.startswith(_SERVICE):
        return {INSTANCE_LABEL: group.removeprefix(_SERVICE)}
    return {GROUP_LABEL: group.replace(":", ".", 1)}


def _groups(labels: Mapping[str, str]) -> Iterable[str]:
    if instance := labels.get(INSTANCE_LABEL):
        yield _SERVICE + instance
    if group := labels.get(GROUP_LABEL):
        yield group
