"""Which containers of a task depend on which, and in what order they stop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from wharfinger.api.containerworkload import Workload
from wharfinger.api.resource import Object
from wharfinger.api.tasks import Dependency, TaskContainer
from wharfinger.render.service import has_service
from wharfinger.render.values import whole_seconds


@dataclass(frozen=True)
class Order:
    """The containers of a pod, and what the document says of their order."""

    containers: Mapping[str, Object]
    """The pod's containers by name; its init containers are not among them."""
    said: Mapping[str, TaskContainer]
    """What the document says of each; of those it is silent about, nothing."""
    grace: int
    """Seconds that a container has to stop where it does not say."""
    served: bool
    """Whether a Service sends requests to the pod."""

    @classmethod
    def of(cls, workload: Workload, pod: Object) -> Order:
        """The order in a task's pod."""
        block = workload.spec.tasks
        said = {each.name: each for each in block.containers} if block else {}
        containers = {each["name"]: each for each in pod.get("containers", ())}
        return cls(containers, said, pod.get("terminationGracePeriodSeconds", 30), has_service(workload))

    def essential(self, name: str) -> bool:
        """Whether the task ends with that container."""
        return name not in self.said or self.said[name].essential

    def depends_on(self, name: str) -> tuple[Dependency, ...]:
        """What it waits for."""
        return tuple(self.said[name].depends_on) if name in self.said else ()

    def waits(self, name: str) -> bool:
        """Whether it is in the pod, running or not, before what it depends on is so far."""
        return any(each.container_name not in self.native for each in self.depends_on(name))

    def dependents(self, name: str) -> tuple[str, ...]:
        """Who waits for it, and so stops before it."""
        waits = (other for other in self.said if any(each.container_name == name for each in self.depends_on(other)))
        return tuple(waits)

    @property
    def spare(self) -> tuple[str, ...]:
        """Those whose end is not the task's."""
        return tuple(name for name in self.containers if not self.essential(name))

    def stop_timeout(self, name: str) -> int:
        """Seconds from SIGTERM to SIGKILL."""
        said = self.said.get(name)
        return self.grace if said is None or said.stop_timeout is None else whole_seconds(said.stop_timeout)

    @cached_property
    def cycle(self) -> tuple[str, ...]:
        """Containers that wait for one another in a ring; none where all is well."""
        graph = {name: {each.container_name for each in self.depends_on(name)} for name in self.said}
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as ring:
            return tuple(ring.args[1])
        return ()

    @cached_property
    def native(self) -> tuple[str, ...]:
        """Those that can be native init containers, in their order.

        An init container runs to its end, with exit code 0, before any other container starts. It says the same where
        all others ask just that of it, and where nothing is asked of it that init containers do not do.
        """
        chosen: list[str] = []
        while (found := next(self._natives(chosen), None)) is not None:
            chosen.append(found)
        return tuple(chosen)

    def _natives(self, chosen: list[str]) -> Iterator[str]:
        for name in self.containers:
            said = self.said.get(name)
            if name in chosen or said is None or said.essential or not _plain(said):
                continue
            waits_for = {each.container_name for each in said.depends_on}
            others = set(self.containers) - {*chosen, name}
            if waits_for <= set(chosen) and others and all(self._needs_success(other, name) for other in others):
                yield name

    def _needs_success(self, name: str, of: str) -> bool:
        return any(each.container_name == of and each.condition == "SUCCESS" for each in self.depends_on(name))

    @cached_property
    def wrapped(self) -> tuple[str, ...]:
        """Those that our start program must run: they wait, are waited for, or ask what Kubernetes cannot do."""
        rest = [name for name in self.containers if name not in self.native]
        asks = {name for name in rest if self._asks(name)}
        awaited = {each.container_name for name in rest for each in self.depends_on(name)} - set(self.native)
        return tuple(name for name in rest if name in asks | awaited)

    def _asks(self, name: str) -> bool:
        said = self.said.get(name)
        if said is None:
            return False
        own_time = said.stop_timeout is not None and len(self.containers) > 1
        return (
            self.waits(name) or own_time or bool(said.ulimits or (said.restart_policy and said.restart_policy.enabled))
        )

    def longest_stop(self) -> int:
        """Seconds until the last container of the task must have stopped: the longest chain, each in its turn."""
        done: dict[str, int] = {}

        def of(name: str) -> int:
            if name not in done:
                before = [of(other) for other in self.dependents(name) if other in self.containers]
                done[name] = self._drain(name) + self.stop_timeout(name) + max(before, default=0)
            return done[name]

        return max((of(name) for name in self.containers if name not in self.native), default=self.grace)

    def _drain(self, name: str) -> int:
        """Seconds that it sleeps before it is told to stop; `grace` has room for that already."""
        said = self.said.get(name)
        if said is None or said.stop_timeout is None:
            return 0
        stop = (self.containers[name].get("lifecycle") or {}).get("preStop") or {}
        return int((stop.get("sleep") or {}).get("seconds", 0))


def _plain(said: TaskContainer) -> bool:
    """Whether nothing is asked of it that an init container cannot do."""
    return not (said.stop_timeout or said.start_timeout or said.restart_policy or said.ulimits)
