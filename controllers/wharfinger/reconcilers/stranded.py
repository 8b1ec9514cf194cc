"""Pods on nodes that are gone: told to end, and nobody there to end them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from wharfinger.api.builtin import POD
from wharfinger.api.resource import Object
from wharfinger.reconcilers.view import View
from wharfinger.rollout import PodRef


def stranded(view: View) -> tuple[PodRef, ...]:
    """The bare Pods that are past their time to end, on nodes that do not answer.

    Of the modes ``pod`` and ``tasks`` only. A Deployment does not wait for them; a StatefulSet must, since two pods of
    one identity may write to one volume: there a person says that the node is dead (the taint
    node.kubernetes.io/out-of-service).
    """
    return tuple(_ref(pod) for pod, due in _dying(view) if due <= view.now)


def next_stranded(view: View) -> datetime | None:
    """When the next one will be past its time: no event tells, since nobody is there to end it."""
    return min((due for _pod, due in _dying(view) if due > view.now), default=None)


def _dying(view: View) -> Iterator[tuple[Object, datetime]]:
    """Bare Pods that were told to end on nodes that do not answer, and when they should have.

    deletionTimestamp is when the grace period ends, and not when it began (Kubernetes, Pod lifecycle).
    """
    if view.workload.spec.mode not in ("pod", "tasks"):
        return
    for pod in (pod for resource, pod in view.owned if resource == POD):
        until = pod["metadata"].get("deletionTimestamp")
        if until is not None and pod.get("spec", {}).get("nodeName") in view.lost_nodes:
            yield pod, datetime.fromisoformat(until).astimezone(UTC)


def _ref(pod: Object) -> PodRef:
    metadata = pod["metadata"]
    return PodRef(namespace=metadata["namespace"], name=metadata["name"], uid=metadata["uid"])
