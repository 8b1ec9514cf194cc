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
from wharfinger.rollout.tasks.observe import next_verdict
from wharfinger.rollout.tasks.reading import Reading, read
from wharfinger.rollout.tasks.task import Task

_RECENT = 1024
"""Workloads of mode ``tasks`` that are kept: those in motion."""


@dataclass(slots=True)
class Memory:
    """One workload's."""

    _readings: dict[str, tuple[str, Reading | None]] = field(default_factory=dict)
    _records: dict[str, tuple[str, tuple[Task, ...]]] = field(default_factory=dict)
    _vanished: dict[str, datetime] = field(default_factory=dict)

    def readings(self, pods: Iterable[Object], spare: Collection[str]) -> list[Reading]:
        """The tasks of Pods."""
        fresh: dict[str, tuple[str, Reading | None]] = {}
        for pod in pods:
            uid, version = pod["metadata"]["uid"], pod["metadata"]["resourceVersion"]
            known = self._readings.get(uid)
            if known is None or known[0] != version:
                before = known[1].task if known and known[1] else None
                known = version, read(pod, spare=spare, before=before)
            fresh[uid] = known
        self._readings = fresh
        return [reading for _, reading in fresh.values() if reading is not None]

    @property
    def known(self) -> Mapping[str, Task]:
        """The tasks that records tell of, by id, as `remember` read them last."""
        return {task.id: task for _, tasks in self._records.values() for task in tasks}

    def next_verdict(self, now: datetime) -> datetime | None:
        """When time alone makes the next task unhealthy."""
        return next_verdict((reading for _, reading in self._readings.values() if reading), now)

    def remember(self, config_maps: Iterable[Object]) -> Mapping[str, Task]:
        """Read records; the answer is `known`."""
        fresh: dict[str, tuple[str, tuple[Task, ...]]] = {}
        for obj in config_maps:
            uid, version = obj["metadata"]["uid"], obj["metadata"]["resourceVersion"]
            known = self._records.get(uid)
            fresh[uid] = known if known and known[0] == version else (version, records.of_config_map(obj))
        self._records = fresh
        told = self.known
        # The moments that records have by now.
        self._vanished = {each: at for each, at in self._vanished.items() if each in told and not told[each].ended}
        return told

    def vanished_at(self, task: Task, now: datetime) -> datetime:
        """Since when a task that was being stopped has no Pod."""
        return self._vanished.setdefault(task.id, now)


_memories: Final[LRUCache[str, Memory]] = LRUCache(_RECENT)


def memory_of(uid: str) -> Memory:
    """The memory of the workload with that uid."""
    found = _memories.get(uid)
    if found is None:
        found = _memories[uid] = Memory()
    return found
