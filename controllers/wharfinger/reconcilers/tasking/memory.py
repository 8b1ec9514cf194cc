"""What is worked out once of a workload's tasks, and kept while the operator runs.

Reading a thousand Pods again for each that changed would cost more than all the rest. What is kept here follows from
objects that did not change; only two moments do not: since when a task's Pod is gone, and since when one was ready.
After a restart both are taken from what the objects say, which is as good but for a few seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cachetools import LRUCache

from wharfinger.api.resource import Key, Object
from wharfinger.rollout.tasks import records
from wharfinger.rollout.tasks.observe import next_verdict
from wharfinger.rollout.tasks.reading import Reading, read
from wharfinger.rollout.tasks.task import Task

_RECENT = 1024
"""Workloads of mode ``tasks`` that are kept: those in motion."""


@dataclass(slots=True)
class Memory:
    """One workload's."""

    _readings: dict[Key, tuple[int, Reading | None]] = field(default_factory=dict)
    _records: dict[str, tuple[str, tuple[Task, ...]]] = field(default_factory=dict)
    _vanished: dict[str, datetime] = field(default_factory=dict)
    known: Mapping[str, Task] = field(default_factory=dict)
    """The tasks that records tell of, by id, as `remember` read them last."""

    def readings(self, pods: Iterable[tuple[Key, int]], look: Callable[[Key], Object | None]) -> list[Reading]:
        """The tasks of Pods, given by key and resource version; `look` finds those that changed."""
        fresh: dict[Key, tuple[int, Reading | None]] = {}
        for key, version in pods:
            known = self._readings.get(key)
            if known is None or known[0] != version:
                before = known[1].task if known and known[1] else None
                pod = look(key)
                known = version, read(pod, before=before) if pod else None
            fresh[key] = known
        self._readings = fresh
        return [reading for _, reading in fresh.values() if reading is not None]

    @property
    def resting(self) -> frozenset[str]:
        """Uids of Pods in which nothing runs any more."""
        read_ones = (reading for _, reading in self._readings.values() if reading is not None and reading.resting)
        return frozenset(each.task.pod.uid for each in read_ones if each.task.pod)

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
        if fresh != self._records:
            self.known = {task.id: task for _, tasks in fresh.values() for task in tasks}
        self._records, told = fresh, self.known
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
