"""Who says how many pods there are: the spec, our autoscaler, or one that somebody pointed at what we made."""

from __future__ import annotations

from wharfinger.api.containerworkload import Workload
from wharfinger.api.resource import Object, Resource
from wharfinger.api.status import Finding
from wharfinger.engine.desired import scaler
from wharfinger.reconcilers.view import View

_NATIVE = "kube-controller-manager"
"""Field manager of the HPA controller. Its mark on an object outlives the HPA, so that the HPA itself is asked for."""


def scaled_by(view: View, resource: Resource, live: Object | None) -> str | None:
    """Who else scales the object that runs the pods, for a person; None where nobody does."""
    if live is None:
        return None
    autoscaler = view.autoscalers.get((resource.kind, live["metadata"]["name"]))
    if autoscaler:
        return f"HorizontalPodAutoscaler {autoscaler}"
    manager = scaler(live)
    return f"field manager {manager}" if manager and manager != _NATIVE else None


def wanted(workload: Workload, scaled_by: str | None, live: Object | None) -> int | None:
    """Replicas to write; None where they are left to an autoscaler.

    An HPA leaves alone what has no replicas (so people switch it off), so our own has to be given its first ones.
    """
    autoscale = workload.spec.autoscale
    if scaled_by:
        return None
    if autoscale and autoscale.enabled:
        asleep = live is not None and live["spec"].get("replicas") == 0
        return autoscale.min_replicas if asleep and autoscale.min_replicas else None
    return workload.spec.replicas


def findings(scaled_by: str | None) -> tuple[Finding, ...]:
    """That `spec.replicas` does not count, and why."""
    if not scaled_by:
        return ()
    message = f"not applied: {scaled_by} scales the pods; remove it for this number to count"
    return (Finding(path="spec.replicas", severity="info", reason="ScaledElsewhere", message=message),)
