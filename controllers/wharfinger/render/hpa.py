"""``autoscale``: a HorizontalPodAutoscaler."""

from __future__ import annotations

from wharfinger.api.builtin import DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER, STATEFUL_SET
from wharfinger.api.containerworkload import Autoscale, AutoscaleMetric, Workload
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.render import names
from wharfinger.render.metadata import metadata, new
from wharfinger.render.tasking import replicated
from wharfinger.render.values import present

_SCALED = {"service": DEPLOYMENT, "stateful": STATEFUL_SET}


def active_autoscale(workload: Workload) -> Autoscale | None:
    """`spec.autoscale` where it is turned on and the mode can be scaled."""
    autoscale = workload.spec.autoscale
    scales = workload.spec.mode in _SCALED or replicated(workload)
    return autoscale if autoscale is not None and autoscale.enabled and scales else None


def autoscalers(workload: Workload) -> list[Object]:
    """The HPA; it scales the Deployment or StatefulSet itself, so that its writes never pass through our spec.

    Tasks have no such object: there it scales the workload, and `spec.replicas` is its own.
    """
    autoscale = active_autoscale(workload)
    if autoscale is None:
        return []
    spec = present(
        scaleTargetRef=_target(workload),
        minReplicas=autoscale.min_replicas,
        maxReplicas=autoscale.max_replicas,
        metrics=[_metric(metric) for metric in autoscale.metrics],
        behavior=autoscale.behavior,
    )
    return [new(HORIZONTAL_POD_AUTOSCALER, metadata(workload, workload.name), spec=spec)]


def _target(workload: Workload) -> Object:
    scaled = _SCALED.get(workload.spec.mode, CONTAINER_WORKLOAD)
    name = names.statefulset(workload) if scaled is STATEFUL_SET else workload.name
    return {"apiVersion": scaled.api_version, "kind": scaled.kind, "name": name}


def _metric(metric: AutoscaleMetric) -> Object:
    if metric.metric is not None:
        return metric.metric
    return {"type": "Resource", "resource": {"name": metric.resource, "target": _resource_target(metric)}}


def _resource_target(metric: AutoscaleMetric) -> Object:
    if metric.average_utilization is not None:
        return {"type": "Utilization", "averageUtilization": metric.average_utilization}
    return {"type": "AverageValue", "averageValue": metric.average_value}
