"""Tally: how many pods there are, as each kind of object counts them, and which revision that is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from wharfinger.api.containerworkload import Mode
from wharfinger.api.labels import REVISION_LABEL
from wharfinger.api.resource import Object
from wharfinger.rollout import pods as pod_


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Pods, counted as the object that runs them counts."""

    desired: int = 0
    """Pods that there should be."""
    replicas: int = 0
    """Pods that there are, less those that are going."""
    updated: int = 0
    """Those of `Observation.revision`."""
    ready: int = 0
    """Those that are ready, of any revision."""
    available: int = 0
    """Those that have been ready for minReadySeconds, of any revision."""


NOTHING: Final = Tally()
"""No pods, and none wanted."""


def tally(mode: Mode, live: Object) -> Tally:
    """The counts of the object that runs the pods of a workload of that mode."""
    return _COUNT[mode](live)


def template_revision(mode: Mode, live: Object) -> str | None:
    """Hash on the pod template: the object's own label says what was meant, the template what will run.

    A template that was there before us has no such label while it stays as it was found: then the object's counts.
    """
    if mode == "pod":
        return pod_.revision(live)
    spec = live.get("spec", {})
    if mode == "cron":
        spec = spec.get("jobTemplate", {}).get("spec", {})
    labels = spec.get("template", {}).get("metadata", {}).get("labels") or {}
    return labels.get(REVISION_LABEL) or pod_.revision(live)


def settled(mode: Mode, live: Object) -> bool:
    """Whether its controller has seen its current spec. What has no controller with a generation is as it stands."""
    if mode in ("service", "stateful", "daemon"):
        seen: int = live.get("status", {}).get("observedGeneration", 0)
        wanted: int = live["metadata"].get("generation", 1)
        return seen >= wanted
    return "deletionTimestamp" not in live["metadata"]


def _of_deployment(live: Object) -> Tally:
    status = live.get("status", {})
    return Tally(
        desired=live.get("spec", {}).get("replicas", 1),
        replicas=status.get("replicas", 0),
        updated=status.get("updatedReplicas", 0),
        ready=status.get("readyReplicas", 0),
        available=status.get("availableReplicas", 0),
    )


def _of_daemonset(live: Object) -> Tally:
    status = live.get("status", {})
    return Tally(
        desired=status.get("desiredNumberScheduled", 0),
        replicas=status.get("currentNumberScheduled", 0),
        updated=status.get("updatedNumberScheduled", 0),
        ready=status.get("numberReady", 0),
        available=status.get("numberAvailable", 0),
    )


def _of_job(live: Object) -> Tally:
    """A Job's pods come and go; its progress is in `JobStatus`."""
    status = live.get("status", {})
    active, ready = status.get("active", 0), status.get("ready", 0)
    return Tally(desired=active, replicas=active, updated=active, ready=ready, available=ready)


def _of_cronjob(_live: Object) -> Tally:
    """A CronJob runs nothing between its times: it is complete when it is there."""
    return Tally()


def _of_pod(live: Object) -> Tally:
    """One pod. One that did its work is ready, as in kstatus; one that ended otherwise does not count."""
    here = int(pod_.active(live) or ended(live))
    well = int(pod_.ready(live) or ended(live))
    return Tally(desired=1, replicas=here, updated=here, ready=well, available=well)


_COUNT: Final[Mapping[Mode, Callable[[Object], Tally]]] = {
    "service": _of_deployment,
    "stateful": _of_deployment,
    "daemon": _of_daemonset,
    "job": _of_job,
    "cron": _of_cronjob,
    "pod": _of_pod,
}
"""How each mode counts. A StatefulSet's fields are called as a Deployment's."""


def ended(pod: Object) -> bool:
    """Whether a bare pod did its work."""
    return pod_.phase(pod) == "Succeeded" and not pod_.terminating(pod)
