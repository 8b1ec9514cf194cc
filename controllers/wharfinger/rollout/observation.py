"""Observation: what runs, as numbers that rollout decisions compare, whatever kind of object runs it.

Deployment, StatefulSet and DaemonSet count their pods themselves; their counts hold once ``status.observedGeneration``
has caught up. A bare Pod is counted here. `Observation.revision` is the revision of the template that the object
carries now: what the counts are *about*. A decision about another revision must not be made from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from wharfinger.api.containerworkload import Mode
from wharfinger.api.resource import Object, controller_of
from wharfinger.api.status import PodProblem
from wharfinger.rollout import diagnosis
from wharfinger.rollout import pods as pod_
from wharfinger.rollout.pods import Crash, PodRef
from wharfinger.rollout.tally import NOTHING, Tally, ended, settled, tally, template_revision

_Diagnoses = Mapping[str, tuple[PodProblem, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckPod:
    """A pod of another revision that is not ready, and so may hold up an update."""

    ref: PodRef
    cannot_start: bool
    """A diagnosis says that it will not become ready by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """What a bare pod needs us to know, since no controller stands behind it."""

    ref: PodRef | None = None
    """The pod; None where there is none."""
    made_at: str | None = None
    """When it was made."""
    ready_since: str | None = None
    """When its readiness last changed: nobody else counts its minReadySeconds."""
    lost: bool = False
    """It will never run again, through no doing of its containers."""
    ended: bool = False
    """It did its work and will not be started again."""
    failed: bool = False
    """It failed by itself and will not be started again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What runs at one moment."""

    mode: Mode
    exists: bool = False
    """Whether the object that runs the pods is there."""
    counts: Tally = NOTHING
    settled: bool = False
    """Whether its controller has seen its current spec, so that the counts are about that."""
    revision: str | None = None
    """Hash of the revision that its template carries."""
    started: int = 0
    """Pods of `revision` whose containers have started."""
    updated_ready: int = 0
    """Ready pods of `revision`."""
    by_revision: Mapping[str, int]
    """Pods that there are, by the hash of their revision."""
    problems: tuple[PodProblem, ...] = ()
    """What is wrong with pods, of any revision; the worst first."""
    revision_problems: tuple[PodProblem, ...] = ()
    """The same of pods of `revision` only, and of pods that could not be made."""
    crashes: tuple[Crash, ...] = ()
    """Containers of `revision` that went down and are not well; the most often restarted first."""
    stuck: tuple[StuckPod, ...] = ()
    """Pods of other revisions that are not ready."""
    bare: Bare = Bare()
    """Mode ``pod`` only."""
    overdue_at: datetime | None = None
    """When the next pod becomes a problem by mere waiting."""

    @property
    def old(self) -> int:
        """Pods of other revisions."""
        return max(0, self.counts.replicas - self.counts.updated)

    @property
    def complete(self) -> bool:
        """All pods that there should be are there, of this revision, available; none of another is left.

        As apps/v1's DeploymentComplete, for every kind.
        """
        counts = self.counts
        all_there = counts.updated == counts.replicas == counts.desired
        all_well = counts.ready >= counts.desired and counts.available >= counts.desired
        return self.exists and self.settled and all_there and all_well


def observe(
    mode: Mode, live: Object | None, pods: Sequence[Object], *, events: Iterable[Object] = (), now: datetime
) -> Observation:
    """What runs: `live` is the Deployment, StatefulSet, DaemonSet, Job, CronJob or Pod, or None where there is none.

    `pods` are the workload's pods of any revision, `events` core/v1 Events about `live` and about the pods.
    """
    revision = template_revision(mode, live) if live else None
    counts = tally(mode, live) if live else NOTHING
    told = tuple(events)
    found = _diagnosed(pods, told, now, count_failed=not _replaced(mode, counts))
    current = [pod for pod in pods if pod_.revision(pod) == revision]
    unmade = _unmade(mode, live, counts, told, now) if live else ()
    return Observation(
        mode=mode,
        exists=live is not None,
        counts=counts,
        settled=live is not None and settled(mode, live),
        revision=revision,
        started=sum(map(pod_.started, current if mode in ("job", "pod") else filter(pod_.active, current))),
        updated_ready=sum(map(pod_.ready, current)),
        by_revision=_by_revision(pods),
        problems=diagnosis.ranked((*unmade, *_of(pods, found))),
        revision_problems=diagnosis.ranked((*unmade, *_of(current, found))),
        crashes=_crashes(current),
        stuck=tuple(_stuck(live, pods, revision, found)) if live else (),
        bare=_bare(live) if live and mode == "pod" else Bare(),
        overdue_at=min((due for pod in pods if (due := diagnosis.overdue_at(pod)) and due > now), default=None),
    )


def _diagnosed(pods: Iterable[Object], events: Iterable[Object], now: datetime, *, count_failed: bool) -> _Diagnoses:
    """What is wrong with each pod, by its uid; pods that are well are not in it."""
    told = diagnosis.by_subject(events, now)
    diagnoses: dict[str, tuple[PodProblem, ...]] = {}
    for pod in pods:
        if count_failed or pod_.phase(pod) != "Failed":
            uid = pod_.ref(pod).uid
            if found := tuple(diagnosis.of_pod(pod, told.get(uid, []), now)):
                diagnoses[uid] = found
    return diagnoses


def _of(pods: Iterable[Object], found: _Diagnoses) -> Iterator[PodProblem]:
    """The diagnoses of some of the pods."""
    if found:
        for pod in pods:
            yield from found.get(pod_.ref(pod).uid, ())


def _bare(pod: Object) -> Bare:
    lost = pod_.lost(pod)
    return Bare(
        ref=pod_.ref(pod),
        made_at=pod["metadata"].get("creationTimestamp"),
        ready_since=pod_.condition(pod, "Ready").get("lastTransitionTime"),
        lost=lost,
        ended=ended(pod),
        failed=pod_.phase(pod) == "Failed" and not lost and not pod_.terminating(pod),
    )


def _by_revision(pods: Iterable[Object]) -> dict[str, int]:
    found: dict[str, int] = {}
    for pod in filter(pod_.active, pods):
        revision = pod_.revision(pod) or ""
        found[revision] = found.get(revision, 0) + 1
    return found


def _replaced(mode: Mode, counts: Tally) -> bool:
    """Whether a Failed pod has been replaced by its controller: it lies about until collected, and is no problem."""
    return mode in ("service", "stateful", "daemon") and counts.ready >= counts.desired


def _unmade(mode: Mode, live: Object, counts: Tally, events: Iterable[Object], now: datetime) -> tuple[PodProblem, ...]:
    """Pods that could not be made: a Deployment has a condition for that, the others have Events."""
    if failure := _condition(live, "ReplicaFailure"):
        return (diagnosis.creation_problem(live["metadata"]["name"], failure.get("message", "")),)
    uid = live["metadata"].get("uid")
    own = (event for event in events if event.get("involvedObject", {}).get("uid") == uid)
    missing = counts.replicas < counts.desired or mode in ("job", "cron")
    return tuple(diagnosis.of_creation(own, missing=missing, now=now))


def _condition(live: Object, kind: str) -> Object | None:
    """The object's condition of that type, if it is True."""
    conditions: list[Object] = live.get("status", {}).get("conditions") or []
    return next((each for each in conditions if each.get("type") == kind and each.get("status") == "True"), None)


def _crashes(pods: Iterable[Object]) -> tuple[Crash, ...]:
    found = [crash for pod in pods if not pod_.terminating(pod) for crash in pod_.crashes(pod)]
    return tuple(sorted(found, key=lambda crash: (-crash.restarts, crash.pod, crash.container)))


def _stuck(live: Object, pods: Iterable[Object], revision: str | None, found: _Diagnoses) -> Iterator[StuckPod]:
    """Only pods that `live` itself controls: these may come to be deleted."""
    uid = live["metadata"].get("uid")
    for pod in pods:
        owner = controller_of(pod)
        if owner is None or owner["uid"] != uid:
            continue
        if pod_.revision(pod) != revision and pod_.active(pod) and not pod_.ready(pod):
            problems = found.get(pod_.ref(pod).uid, ())
            yield StuckPod(ref=pod_.ref(pod), cannot_start=any(each.reason != "NotReady" for each in problems))
