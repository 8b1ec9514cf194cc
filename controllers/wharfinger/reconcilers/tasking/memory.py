"""What is worked out once of a workload's tasks, and kept while the operator runs.

Reading a thousand Pods again for each that changed would cost more than all the rest. What is kept here follows from
objects that did not change; only two moments do not: since when a task's Pod is gone, and since when one was ready.
After a restart both are taken from what the objects say, which is as good but for a few seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cachetools import LRUCache

from wharfinger.api.resource import Object
from wharfinger.rollout.tasks import records
from wharfinger.rollout.tasks.reading import Reading, read
from wharfinger.rollout.tasks.task import Task

_RECENT = 1024
"""Workloads of mode ``tasks`` that are kept: those in motion."""


@dataclass(slots=True)
class Memory:
    """One workload's."""

    _readings: dict[str, tuple[Object, Reading | None]] = field(default_factory=dict)
    _records: dict[str, tuple[Object, tuple[Task, ...]]] = field(default_factory=dict)
    _vanished: dict[str, datetime] = field(default_factory=dict)

    def readings(self, pods: Iterable[Object], spare: Collection[str]) -> list[Reading]:
        """The tasks of Pods."""
        fresh: dict[str, tuple[Object, Reading | None]] = {}
        for pod in pods:
            uid = pod["metadata"]["uid"]
            known = self._readings.get(uid)
            if known is None or known[0] is not pod:
                before = known[1].task if known and known[1] else None
                known = pod, read(pod, spare=spare, before=before)
            fresh[uid] = known
        self._readings = fresh
        return [reading for _, reading in fresh.values() if reading is not None]

    def remembered(self, config_maps: Iterable[Object]) -> dict[str, Task]:
        """The tasks that records tell of, by id."""
        fresh: dict[str, tuple[Object, tuple[Task, ...]]] = {}
        for obj in config_maps:
            uid = obj["metadata"]["uid"]
            known = self._records.get(uid)
            fresh[uid] = known if known and known[0] is obj else (obj, records.of_config_map(obj))
        self._records = fresh
        return {task.id: task for _, tasks in fresh.values() for task in tasks}

    def vanished_at(self, task: Task, now: datetime) -> datetime:
        """Since when a task that was being stopped has no Pod."""
        return self._vanished.setdefault(task.id, now)

    def settle(self, remembered: Mapping[str, Task]) -> None:
        """Forget the moments that records have by now."""
        self._vanished = {
            each: at for each, at in self._vanished.items() if each in remembered and not remembered[each].ended
        }


_memories: Final[LRUCache[str, Memory]] = LRUCache(_RECENT)


def memory_of(uid: str) -> Memory:
    """The memory of the workload with that uid."""
    found = _memories.get(uid)
    if found is None:
        found = _memories[uid] = Memory()
    return found
