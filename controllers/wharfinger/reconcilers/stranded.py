"""Pods on nodes that are gone: told to end, and nobody there to end them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from wharfinger.api.builtin import POD
from wharfinger.api.resource import Object
from wharfinger.reconcilers.view import View
from wharfinger.rollout import PodRef


def stranded(view: View, tasks: Iterable[Object] = ()) -> tuple[PodRef, ...]:
    """The Pods that are past their time to end, on nodes that do not answer.

    Of the modes ``pod`` and ``tasks`` only (`tasks`: those on such nodes that were told to go). A Deployment does not
    wait for them; a StatefulSet must, since two pods of one identity may write to one volume: there a person says that
    the node is dead (the taint node.kubernetes.io/out-of-service).
    """
    return tuple(_ref(pod) for pod, due in _dying(view, tasks) if due <= view.now)


def next_stranded(view: View, tasks: Iterable[Object] = ()) -> datetime | None:
    """When the next one will be past its time: no event tells, since nobody is there to end it."""
    return min((due for _pod, due in _dying(view, tasks) if due > view.now), default=None)


def _dying(view: View, tasks: Iterable[Object]) -> Iterator[tuple[Object, datetime]]:
    """Pods that were told to end on nodes that do not answer, and when they should have.

    deletionTimestamp is when the grace period ends, and not when it began (Kubernetes, Pod lifecycle).
    """
    bare = view.of(POD) if view.workload.spec.mode == "pod" else ()
    lost = (pod for pod in bare if pod.get("spec", {}).get("nodeName") in view.lost_nodes)
    for pod in (*lost, *tasks):
        until = pod["metadata"].get("deletionTimestamp")
        if until is not None:
            yield pod, datetime.fromisoformat(until).astimezone(UTC)


def _ref(pod: Object) -> PodRef:
    metadata = pod["metadata"]
    return PodRef(namespace=metadata["namespace"], name=metadata["name"], uid=metadata["uid"])
