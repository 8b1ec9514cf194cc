"""Diagnosis: why pods do not start or stay up, so that nobody needs to look at pods.

What Kubernetes knows is spread over the Pod's conditions, its containers' states and Events. Each of `_RULES` looks in
one place and yields what it finds there. `ranked` puts the worst first and keeps one of each kind, with a count.
Nothing here reads Secrets; the texts are Kubernetes' own messages and the last line that a container left behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import PodProblem
from wharfinger.rollout import pods as pod_
from wharfinger.rollout import times
from wharfinger.rollout.advice import advice, rank
from wharfinger.rollout.trim import event_subject

MAX_PROBLEMS: Final = 16
"""As many as the status may hold."""

NOT_READY_AFTER: Final = 30.0
"""Seconds that a pod which runs may be unready before that is worth a word."""

EVENT_FRESH: Final = 900.0
"""Seconds for which an Event counts. Controllers back off to about a quarter of an hour between two tries."""

TERMINATION_SLACK: Final = 60.0
"""Seconds past the end of its grace period after which a pod that is still there hangs."""

_HARMLESS_WAITS: Final = frozenset(("ContainerCreating", "PodInitializing", ""))
_CREATE_EVENTS: Final = frozenset(("FailedCreate",))
_START_EVENTS: Final = frozenset(("FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox"))
_MAX_MESSAGE: Final = 1200

_Rule = Callable[[Object, list[Object], datetime], Iterator[PodProblem]]


def of_pod(pod: Object, events: list[Object], now: datetime) -> Iterator[PodProblem]:
    """All that is wrong with one pod. A pod that is well costs one look at its conditions."""
    if pod_.ready(pod) or pod_.phase(pod) == "Succeeded":
        return
    found = False
    for rule in _RULES_WHEN_GOING if pod_.terminating(pod) else _RULES:
        for problem in rule(pod, events, now):
            found = True
            yield problem
    if not found:
        yield from _not_ready(pod, events, now)


def overdue_at(pod: Object) -> datetime | None:
    """When this pod becomes a problem if nothing happens: no event will tell. None for a pod that is well."""
    deadline = pod["metadata"].get("deletionTimestamp")
    if deadline:
        return times.parse(deadline) + timedelta(seconds=TERMINATION_SLACK)
    since = pod_.condition(pod, "Ready").get("lastTransitionTime")
    if since is None or pod_.ready(pod) or pod_.phase(pod) != "Running":
        return None
    return times.parse(since) + timedelta(seconds=NOT_READY_AFTER)


def of_creation(events: Iterable[Object], *, missing: bool, now: datetime) -> Iterator[PodProblem]:
    """Pods that could not even be made (quota, admission), from Events about the object that makes them.

    Events stay after their cause is gone: they count only while pods are `missing`.
    """
    for event in _fresh(events, now) if missing else ():
        if event.get("reason") in _CREATE_EVENTS:
            yield creation_problem(event.get("involvedObject", {}).get("name", ""), event.get("message", ""))


def creation_problem(owner: str, message: str) -> PodProblem:
    """`owner` could not make a pod."""
    return _problem(owner, "FailedCreate", message)


def by_subject(events: Iterable[Object], now: datetime) -> Mapping[str, list[Object]]:
    """Fresh Events by the uid that they are about, the latest first."""
    found: dict[str, list[Object]] = {}
    for event in sorted(_fresh(events, now), key=_last_seen, reverse=True):
        found.setdefault(event_subject(event), []).append(event)
    return found


def ranked(problems: Iterable[PodProblem]) -> tuple[PodProblem, ...]:
    """Worst first; of several alike the first pod by name stands for all, with their number before the message."""
    alike: dict[tuple[str, str | None], list[PodProblem]] = {}
    for problem in problems:
        alike.setdefault((problem.reason, problem.container), []).append(problem)
    merged = [_merged(same) for same in alike.values()]
    return tuple(sorted(merged, key=lambda each: (rank(each.reason), each.pod, each.container or ""))[:MAX_PROBLEMS])


def sentence(problem: PodProblem) -> str:
    """``pod web-abc: container web: ImagePullBackOff: …``: a problem as part of a message."""
    container = f"container {problem.container}: " if problem.container else ""
    subject = problem.pod if problem.reason == "FailedCreate" else f"pod {problem.pod}"
    return f"{subject}: {container}{problem.reason}" + (f": {problem.message}" if problem.message else "")


def capital(text: str) -> str:
    """The message, as the beginning of another."""
    return text[:1].upper() + text[1:]


def _merged(same: list[PodProblem]) -> PodProblem:
    first = min(same, key=lambda problem: problem.pod)
    names = {problem.pod for problem in same}
    if len(names) == 1:
        return first
    return first.model_copy(update={"message": f"{len(names)} pods: {first.message}"})


def _containers(pod: Object, _events: list[Object], _now: datetime) -> Iterator[PodProblem]:
    for status in pod_.container_statuses(pod):
        wait = pod_.waiting(status)
        if (reason := wait.get("reason", "")) in _HARMLESS_WAITS:
            yield from _ended_badly(pod, status)
        elif reason == "CrashLoopBackOff":
            yield _crash_loop(pod, status)
        else:
            yield _problem(pod_.name_of(pod), reason, wait.get("message", ""), status["name"])


def _ended_badly(pod: Object, status: Object) -> Iterator[PodProblem]:
    """A container that is down now. One that starts again says so by CrashLoopBackOff; here the first time shows."""
    end = (status.get("state") or {}).get("terminated") or {}
    if end and end.get("exitCode") != 0:
        reason = "OOMKilled" if end.get("reason") == "OOMKilled" else "Error"
        yield _problem(pod_.name_of(pod), reason, _role(pod, status) + pod_.last_words(end), status["name"])


def _crash_loop(pod: Object, status: Object) -> PodProblem:
    end = pod_.terminated(status)
    reason = "OOMKilled" if end.get("reason") == "OOMKilled" else "CrashLoopBackOff"
    times_down = f"crashed {status.get('restartCount', 0)} times"
    words = pod_.last_words(end)
    message = f"{times_down}, last with {words}" if words else times_down
    return _problem(pod_.name_of(pod), reason, _role(pod, status) + message, status["name"])


def _role(pod: Object, status: Object) -> str:
    return "init container " if status["name"] in pod_.init_containers(pod) else ""


def _scheduling(pod: Object, _events: list[Object], _now: datetime) -> Iterator[PodProblem]:
    scheduled = pod_.condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        yield _problem(pod_.name_of(pod), scheduled.get("reason", "Unschedulable"), scheduled.get("message", ""))


def _failed(pod: Object, _events: list[Object], _now: datetime) -> Iterator[PodProblem]:
    """A Failed pod whose containers do not say why: eviction, refusal by the node, its own deadline."""
    status = pod.get("status", {})
    if pod_.phase(pod) == "Failed" and not any(_failed_itself(each) for each in pod_.container_statuses(pod)):
        yield _problem(pod_.name_of(pod), status.get("reason", "PodFailed"), status.get("message", ""))


def _failed_itself(status: Object) -> bool:
    return bool((status.get("state") or {}).get("terminated", {}).get("exitCode"))


def _lost_node(pod: Object, _events: list[Object], now: datetime) -> Iterator[PodProblem]:
    status, deadline = pod.get("status", {}), pod["metadata"].get("deletionTimestamp")
    if pod_.phase(pod) == "Unknown" or (status.get("reason") == "NodeLost" and pod_.phase(pod) != "Failed"):
        yield _problem(pod_.name_of(pod), "NodeLost", status.get("message", ""))
    elif deadline and times.seconds_since(deadline, now) > TERMINATION_SLACK:
        yield _problem(pod_.name_of(pod), "Terminating", "it should have ended, and has not")


def _starting(pod: Object, events: list[Object], _now: datetime) -> Iterator[PodProblem]:
    """Volumes and networks that cannot be set up: the kubelet says so in Events only."""
    if pod_.phase(pod) != "Pending" or any(pod_.terminated(each) for each in pod_.container_statuses(pod)):
        return
    for event in events:
        if event.get("reason") in _START_EVENTS:
            yield _problem(pod_.name_of(pod), event["reason"], event.get("message", ""))
            return


def _not_ready(pod: Object, events: list[Object], now: datetime) -> Iterator[PodProblem]:
    """A pod that runs and is not ready: at once if a probe's failure is on record, else after a while."""
    if pod_.phase(pod) != "Running" or pod_.terminating(pod):
        return
    probe = next((event["message"] for event in events if event.get("reason") == "Unhealthy"), "")
    unready = pod_.condition(pod, "Ready")
    if probe or times.seconds_since(unready.get("lastTransitionTime"), now) >= NOT_READY_AFTER:
        yield _problem(pod_.name_of(pod), "NotReady", probe or unready.get("message", ""), _unready_container(pod))


def _unready_container(pod: Object) -> str | None:
    """The container that keeps the pod from being ready, if it is one alone."""
    names = [each["name"] for each in pod.get("status", {}).get("containerStatuses") or () if not each.get("ready")]
    return names[0] if len(names) == 1 else None


_RULES: Final[tuple[_Rule, ...]] = (_containers, _scheduling, _failed, _lost_node, _starting)
"""Where to look. Readiness is asked about last, and only if none of these has an answer."""

_RULES_WHEN_GOING: Final[tuple[_Rule, ...]] = (_lost_node,)
"""A pod that was told to go may end as it likes, as long as it goes."""


def _problem(pod: str, reason: str, message: str, container: str | None = None) -> PodProblem:
    told = " ".join(message.split())[:_MAX_MESSAGE]
    hint = advice(reason, told, pod=pod, container=container)
    return PodProblem(pod=pod, container=container, reason=reason, message="; ".join(filter(None, (told, hint))))


def _fresh(events: Iterable[Object], now: datetime) -> Iterator[Object]:
    return (event for event in events if times.seconds_since(_last_seen(event), now) <= EVENT_FRESH)


def _last_seen(event: Object) -> str:
    series = event.get("series") or {}
    seen = series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime")
    found: str = seen or event["metadata"].get("creationTimestamp", "")
    return found
