"""One workload with everything that it made: objects, pods, events. Pure: objects as the API server has them go in."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from wharfinger.api.builtin import CONTROLLER_REVISION
from wharfinger.api.labels import INSTANCE_LABEL, MANAGED_BY, MANAGED_BY_LABEL, REVISION_LABEL
from wharfinger.api.resource import controller_of
from wharfinger.cli.status.facts import fact
from wharfinger.cli.status.summary import Summary, parse_time, seconds_since, summarise

Object = dict[str, Any]

EVENTS_SHOWN = 10
"""The last so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """An object that the workload made."""

    kind: str
    name: str
    fact: str
    """What matters about it, in a few words: ``3/3 ready``, ``Bound 10Gi``."""
    age: float
    retained: bool
    """It has no owner, so that it outlives the workload: a claim with ``retain``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodLine:
    """A pod, as ``kubectl get pods`` says it, and the message that one would look for next."""

    name: str
    state: str
    message: str
    ready: int
    containers: int
    restarts: int
    node: str
    revision: str
    age: float

    @property
    def well(self) -> bool:
        """Runs and is ready, or has ended well."""
        return self.state == "Completed" or (self.state == "Running" and self.ready == self.containers)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """Something that happened to the workload or to one of its objects."""

    type: str
    reason: str
    about: str
    message: str
    count: int
    age: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """What ``status NAME`` shows. In a list, only the summary is filled."""

    summary: Summary
    status: Object
    """The workload's own status: conditions, findings, problems, rollout."""
    children: tuple[Child, ...] = ()
    pods: tuple[PodLine, ...] = ()
    events: tuple[EventLine, ...] = ()
    unread: tuple[str, ...] = ()
    """Kinds that could not be listed, with the reason."""

    def to_json(self) -> Object:
        """As data for scripts."""
        plain = asdict(self)
        return {**self.summary.to_json(), **{key: plain[key] for key in ("status", "children", "pods", "events")}}


def detail(
    workload: Object,
    *,
    objects: Iterable[Object],
    pods: Iterable[Object],
    events: Iterable[Object],
    unread: Sequence[str] = (),
    now: datetime,
) -> Detail:
    """The workload with those of ``objects``, ``pods`` and ``events`` that belong to it; the others are ignored."""
    mine = kin(list(objects), workload)
    its_pods = list(pods)
    uids = {obj["metadata"].get("uid") for obj in (workload, *mine, *its_pods)}
    return Detail(
        summary=summarise(workload, now=now),
        status=workload.get("status", {}),
        children=tuple(_child(obj, now) for obj in mine),
        pods=tuple(sorted((pod_line(pod, now=now) for pod in its_pods), key=lambda pod: pod.name)),
        events=last_events([event for event in events if regarding(event).get("uid") in uids], now),
        unread=tuple(unread),
    )


def kin(objects: Sequence[Object], workload: Object) -> list[Object]:
    """What the workload made, and what that made: a StatefulSet's claims, a CronJob's jobs (not its own history)."""
    children = {obj["metadata"].get("uid") for obj in objects if belongs(obj, workload)}
    return [
        obj
        for obj in objects
        if belongs(obj, workload)
        or (obj["kind"] != CONTROLLER_REVISION.kind and (controller_of(obj) or {}).get("uid") in children)
    ]


def belongs(obj: Object, workload: Object) -> bool:
    """Whether the workload made ``obj``: it is the controller, or our labels name it and nobody controls it."""
    owner = controller_of(obj)
    if owner is not None:
        return bool(owner["uid"] == workload["metadata"].get("uid"))
    ours = {INSTANCE_LABEL: workload["metadata"]["name"], MANAGED_BY_LABEL: MANAGED_BY}
    labels: dict[str, str] = obj["metadata"].get("labels", {})
    return ours.items() <= labels.items()


def pod_line(pod: Object, *, now: datetime) -> PodLine:
    """The pod in one line."""
    metadata, status = pod["metadata"], pod.get("status", {})
    containers = status.get("containerStatuses", [])
    state, message = pod_state(pod)
    return PodLine(
        name=metadata["name"],
        state=state,
        message=message,
        ready=sum(bool(container.get("ready")) for container in containers),
        containers=len(pod.get("spec", {}).get("containers", [])),
        restarts=sum(container.get("restartCount", 0) for container in containers),
        node=pod.get("spec", {}).get("nodeName", ""),
        revision=metadata.get("labels", {}).get(REVISION_LABEL, ""),
        age=seconds_since(metadata.get("creationTimestamp"), now=now),
    )


def pod_state(pod: Object) -> tuple[str, str]:
    """The word that kubectl's STATUS column has, and the message behind it.

    A container that waits or has failed says more than the phase; so do a condition of a pod that found no node, and
    its deletion.
    """
    status = pod.get("status", {})
    if pod["metadata"].get("deletionTimestamp"):
        return "Terminating", ""
    for container in (*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])):
        if (found := _container_trouble(container)) is not None:
            return found
    for condition in status.get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return condition.get("reason", "Pending"), condition.get("message", "")
    phase = status.get("phase", "Pending")
    return status.get("reason") or ("Completed" if phase == "Succeeded" else phase), status.get("message", "")


def _container_trouble(container: Object) -> tuple[str, str] | None:
    state = container.get("state", {})
    waiting, ended = state.get("waiting", {}), state.get("terminated", {})
    if waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
        return waiting["reason"], waiting.get("message", "")
    if ended and ended.get("exitCode"):
        return ended.get("reason", "Error"), ended.get("message") or f"exit code {ended['exitCode']}"
    return None


def _child(obj: Object, now: datetime) -> Child:
    metadata = obj["metadata"]
    return Child(
        kind=obj["kind"],
        name=metadata["name"],
        fact=fact(obj),
        age=seconds_since(metadata.get("creationTimestamp"), now=now),
        retained=controller_of(obj) is None,
    )


def regarding(event: Object) -> Object:
    """What an Event is about."""
    found: Object = event.get("regarding") or event.get("involvedObject") or {}
    return found


def last_events(events: Iterable[Object], now: datetime) -> tuple[EventLine, ...]:
    """The newest ones, the last at the end."""
    latest = sorted(events, key=lambda event: parse_time(event_time(event)))[-EVENTS_SHOWN:]
    return tuple(_event_line(event, now) for event in latest)


def event_time(event: Object) -> str:
    """When it last happened: events.k8s.io and the older core/v1 keep that in different places."""
    time: str = (
        (event.get("series") or {}).get("lastObservedTime")
        or event.get("deprecatedLastTimestamp")
        or event.get("lastTimestamp")
        or event.get("eventTime")
        or event["metadata"]["creationTimestamp"]
    )
    return time


def event_count(event: Object) -> int:
    """How often it happened."""
    found: int = (event.get("series") or {}).get("count") or event.get("deprecatedCount") or event.get("count") or 1
    return found


def _event_line(event: Object, now: datetime) -> EventLine:
    about = regarding(event)
    return EventLine(
        type=event.get("type", "Normal"),
        reason=event.get("reason", ""),
        about=f"{about.get('kind', '')}/{about.get('name', '')}",
        message=event.get("note") or event.get("message") or "",
        count=event_count(event),
        age=seconds_since(event_time(event), now=now),
    )
