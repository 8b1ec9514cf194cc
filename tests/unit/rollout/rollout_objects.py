"""Objects as the API server would send them, short to write; and a clock that starts at `T0`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from wharfinger.api.containerworkload import Rollout
from wharfinger.api.labels import REVISION_LABEL
from wharfinger.api.resource import Object
from wharfinger.api.status import RolloutStatus
from wharfinger.rollout import Decision, History, Observation, RevisionRef, observe, step
from wharfinger.rollout.times import text

T0 = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
A, B, C = RevisionRef(1, "aaa"), RevisionRef(2, "bbb"), RevisionRef(3, "ccc")
ALL = History((A, B, C))


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def stamp(seconds: float) -> str:
    return text(at(seconds))


def pod(
    name: str,
    revision: RevisionRef | None = A,
    *,
    ready: bool = True,
    phase: str = "Running",
    containers: Sequence[Object] = (),
    init: Sequence[Object] = (),
    conditions: Sequence[Object] = (),
    made: float = 0,
    ready_since: float = 0,
    deleted: float | None = None,
    owner: str = "uid-web",
    spec: Object | None = None,
    **status: Any,
) -> Object:
    metadata: Object = {"name": name, "namespace": "shop", "uid": f"uid-{name}", "creationTimestamp": stamp(made)}
    metadata["ownerReferences"] = [{"kind": "StatefulSet", "name": "web", "uid": owner, "controller": True}]
    if revision:
        metadata["labels"] = {REVISION_LABEL: revision.hash}
    if deleted is not None:
        metadata["deletionTimestamp"] = stamp(deleted)
    state = {"type": "Ready", "status": str(ready), "lastTransitionTime": stamp(ready_since)}
    status |= {"phase": phase, "conditions": [state, *conditions]}
    if containers:
        status["containerStatuses"] = list(containers)
    if init:
        status["initContainerStatuses"] = list(init)
    return {"metadata": metadata, "spec": spec or {}, "status": status}


def running(name: str = "web", *, ready: bool = True, restarts: int = 0, last: Object | None = None) -> Object:
    state = {"name": name, "ready": ready, "restartCount": restarts, "state": {"running": {}}}
    return state | ({"lastState": {"terminated": last}} if last else {})


def waiting(
    reason: str, message: str = "", *, name: str = "web", restarts: int = 0, last: Object | None = None
) -> Object:
    state = {"name": name, "ready": False, "restartCount": restarts}
    state |= {"state": {"waiting": {"reason": reason, "message": message}}}
    return state | ({"lastState": {"terminated": last}} if last else {})


def ended(code: int = 1, reason: str = "Error", message: str = "", *, at_: float = 1) -> Object:
    return {"exitCode": code, "reason": reason, "message": message, "finishedAt": stamp(at_)}


def crashing(restarts: int, *, at_: float = 1, message: str = "") -> Object:
    return waiting("CrashLoopBackOff", "back-off", restarts=restarts, last=ended(message=message, at_=at_))


def bad_image(message: str = "not found") -> Object:
    return waiting("ImagePullBackOff", message)


def _template(revision: RevisionRef | None) -> Object:
    return {"metadata": {"labels": {REVISION_LABEL: revision.hash} if revision else {}}}


def deployment(
    revision: RevisionRef = A,
    *,
    desired: int = 3,
    replicas: int | None = None,
    updated: int | None = None,
    ready: int | None = None,
    available: int | None = None,
    settled: bool = True,
    conditions: Sequence[Object] = (),
) -> Object:
    """A Deployment that is complete, but for what is said otherwise."""
    ready = desired if ready is None else ready
    status = {
        "observedGeneration": 2 if settled else 1,
        "replicas": desired if replicas is None else replicas,
        "updatedReplicas": desired if updated is None else updated,
        "readyReplicas": ready,
        "availableReplicas": ready if available is None else available,
        "conditions": list(conditions),
    }
    metadata = {"name": "web", "namespace": "shop", "uid": "uid-web", "generation": 2}
    return {
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"replicas": desired, "template": _template(revision)},
        "status": status,
    }


def statefulset(revision: RevisionRef = A, **counts: Any) -> Object:
    return deployment(revision, **counts) | {"kind": "StatefulSet"}


def daemonset(revision: RevisionRef = A, *, desired: int = 3, updated: int = 3, ready: int = 3) -> Object:
    status = {
        "observedGeneration": 2,
        "desiredNumberScheduled": desired,
        "currentNumberScheduled": desired,
        "updatedNumberScheduled": updated,
        "numberReady": ready,
        "numberAvailable": ready,
    }
    metadata = {"name": "web", "namespace": "shop", "uid": "uid-web", "generation": 2}
    return {"kind": "DaemonSet", "metadata": metadata, "spec": {"template": _template(revision)}, "status": status}


def job(revision: RevisionRef = A, *, result: str | None = None, reason: str = "", **status: Any) -> Object:
    if result:
        condition = {"type": result, "status": "True", "reason": reason, "lastTransitionTime": stamp(60)}
        status["conditions"] = [condition]
    metadata = {"name": f"web-{revision.hash}", "namespace": "shop", "uid": "uid-job"}
    return {"kind": "Job", "metadata": metadata, "spec": {"template": _template(revision)}, "status": status}


def cronjob(revision: RevisionRef = A, **status: Any) -> Object:
    metadata = {"name": "web", "namespace": "shop", "uid": "uid-cron"}
    spec = {"jobTemplate": {"spec": {"template": _template(revision)}}}
    return {"kind": "CronJob", "metadata": metadata, "spec": spec, "status": status}


def event(about: str, reason: str, message: str, *, seen: float = 0, type_: str = "Warning") -> Object:
    metadata = {"name": f"{about}.1", "namespace": "shop", "uid": f"uid-event-{about}-{reason}"}
    subject = {"kind": "Pod", "name": about, "uid": f"uid-{about}"}
    told = {"type": type_, "reason": reason, "message": message, "lastTimestamp": stamp(seen)}
    return {"metadata": metadata, "involvedObject": subject, **told}


def seen(
    live: Object | None, *pods: Object, mode: Any = "service", now: float = 0, events: Sequence[Object] = ()
) -> Observation:
    return observe(mode, live, pods, events=events, now=at(now))


def state(
    kind: str = "Completed", *, target: RevisionRef = A, run: RevisionRef | None = None, **fields: Any
) -> RolloutStatus:
    """A state as `step` leaves it, of a rollout that began at `T0`."""
    values = {"revision": target.number, "running_revision": (run or target).number, "started_at": stamp(0)}
    values["progressed_at"] = stamp(0)
    return RolloutStatus.model_validate(values | {"state": kind} | fields)


def decide(
    before: RolloutStatus | None,
    observation: Observation,
    *,
    target: RevisionRef = A,
    policy: Rollout | None = None,
    history: History = ALL,
    pin: str | None = None,
    paused: bool = False,
    now: float = 0,
) -> Decision:
    """`step`, asked twice: the second answer must be the first, whatever the case."""
    asked: dict[str, Any] = {"target": target, "history": history, "observation": observation, "pin": pin}
    asked |= {"paused": paused, "now": at(now)}
    policy = policy or Rollout(progress_deadline="60s")
    first = step(policy, before, **asked)
    again = step(policy, first.state, **asked)
    assert (again.state, again.run, again.freeze) == (first.state, first.run, first.freeze)
    assert (again.announce, again.rollback_counted, again.changed_run) == ((), False, False)
    return first
