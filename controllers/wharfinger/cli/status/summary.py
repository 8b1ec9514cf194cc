"""One workload in one line: is it well, and if not, why. Pure: the object as the API server has it goes in.

The verdict follows kstatus' rules, in their order (docs/status.md): being deleted, not yet seen by the operator,
Reconciling, Stalled, Ready.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

Object = dict[str, Any]


class State(StrEnum):
    """How a workload is."""

    ready = "Ready"
    progressing = "Progressing"
    not_ready = "NotReady"
    stalled = "Stalled"
    unseen = "Unseen"
    """The operator has not seen this generation yet: does it run?"""
    terminating = "Terminating"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a line of the list says."""

    namespace: str
    name: str
    mode: str
    image: str
    state: State
    reason: str
    message: str
    ready: int | None
    """Pods that are ready; None where nobody counts (a cron between its runs)."""
    desired: int | None
    """Pods that there should be."""
    revision: int | None
    """The revision that runs."""
    age: float
    """Seconds since it was made."""

    @property
    def well(self) -> bool:
        """Ready: what runs is what the spec says."""
        return self.state is State.ready

    @property
    def why(self) -> str:
        """The reason and its message, for a person; not the reason where it is the state again."""
        parts = (self.reason if self.reason != self.state else "", self.message)
        return ": ".join(part for part in parts if part)

    def to_json(self) -> Object:
        """As data for scripts."""
        return {key: value for key, value in asdict(self).items() if value is not None} | {"state": str(self.state)}


def summarise(workload: Object, *, now: datetime) -> Summary:
    """The summary of a ContainerWorkload as the API server has it."""
    metadata, spec, status = workload["metadata"], workload.get("spec", {}), workload.get("status", {})
    state, condition = verdict(workload)
    rollout = status.get("rollout", {})
    return Summary(
        namespace=metadata.get("namespace", ""),
        name=metadata["name"],
        mode=spec.get("mode", "service"),
        image=spec.get("image", ""),
        state=state,
        reason=condition.get("reason", ""),
        message=condition.get("message", ""),
        ready=status.get("readyReplicas"),
        desired=status.get("desiredReplicas"),
        revision=rollout.get("runningRevision", rollout.get("revision")),
        age=seconds_since(metadata.get("creationTimestamp"), now=now),
    )


def verdict(workload: Object) -> tuple[State, Object]:
    """The state, and the condition that says why (empty where none does)."""
    metadata, status = workload["metadata"], workload.get("status", {})
    conditions = {condition["type"]: condition for condition in status.get("conditions", [])}
    ready = conditions.get("Ready", {})
    if metadata.get("deletionTimestamp"):
        return State.terminating, {"message": "being deleted"}
    if status.get("observedGeneration", -1) != metadata.get("generation"):
        return State.unseen, {"message": "the operator has not looked at this version yet"}
    for kind, state in (("Reconciling", State.progressing), ("Stalled", State.stalled)):
        if conditions.get(kind, {}).get("status") == "True":
            return state, conditions[kind]
    return (State.ready if ready.get("status") == "True" else State.not_ready), ready


def seconds_since(timestamp: str | None, *, now: datetime) -> float:
    """Seconds from an RFC 3339 timestamp until ``now``; 0 where there is none."""
    return max(0.0, (now - parse_time(timestamp)).total_seconds()) if timestamp else 0.0


def parse_time(timestamp: str) -> datetime:
    """An RFC 3339 timestamp as Kubernetes writes it."""
    return datetime.fromisoformat(timestamp).astimezone(UTC)


def short_duration(seconds: float) -> str:
    """``45s``, ``12m``, ``5h``, ``3d``: the greatest unit that says enough, as kubectl's AGE."""
    for unit, size, limit in (("s", 1, 120), ("m", 60, 7200), ("h", 3600, 172800)):
        if seconds < limit:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds // 86400)}d"
