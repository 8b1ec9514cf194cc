"""What a cluster's components do at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from wharfinger.cluster import process
from wharfinger.cluster.process import Process
from wharfinger.cluster.supervisor import tail


class ComponentState(StrEnum):
    """What a component's process does."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ComponentStatus:
    """One component: what it does, and its process if it has one."""

    name: str
    state: ComponentState
    pid: int | None
    memory_bytes: int
    last_log: Sequence[str] = ()
    """What it wrote last, if it has ended."""

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON types."""
        told = {"name": self.name, "state": self.state.value, "pid": self.pid, "memoryBytes": self.memory_bytes}
        return {**told, "lastLog": list(self.last_log)} if self.last_log else told


@dataclass(frozen=True, slots=True)
class Status:
    """A cluster and its components."""

    name: str
    server: str
    kubeconfig: str
    node: str
    reason: str
    components: Sequence[ComponentStatus]

    @property
    def healthy(self) -> bool:
        """Whether every component runs."""
        return all(component.state is ComponentState.RUNNING for component in self.components)

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON types."""
        return {
            "name": self.name,
            "server": self.server,
            "kubeconfig": self.kubeconfig,
            "node": self.node,
            "reason": self.reason,
            "healthy": self.healthy,
            "components": [row.as_dict() for row in self.components],
        }


def component_status(name: str, running: Process | None, log: Path) -> ComponentStatus:
    """Look at one component's process, and at its log if that has ended."""
    if running is None or not process.is_alive(running):
        return ComponentStatus(name, ComponentState.STOPPED, None, 0, tail(log))
    state = ComponentState.PAUSED if process.is_paused(running) else ComponentState.RUNNING
    return ComponentStatus(name, state, running.pid, process.resident_bytes(running))
