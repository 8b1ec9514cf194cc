"""What is around the pods, in a workload's words: Service, HorizontalPodAutoscaler, PodDisruptionBudget.

An object is taken over if the workload would make one of that name, and if it is about these pods and no others. Any
other is left alone: it goes on working, since the pods keep their labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from wharfinger.api.containerworkload import ContainerWorkloadSpec, Workload
from wharfinger.api.resource import Object, controller_of
from wharfinger.api.status import Finding
from wharfinger.cli.importing.ports import container_ports, service_ports
from wharfinger.cli.importing.source import Source, labels_of, leads_to, selects
from wharfinger.cli.importing.tools import without_notes
from wharfinger.engine.diff import covers
from wharfinger.render.findings.rule import info
from wharfinger.render.service import services as rendered_services
from wharfinger.render.values import present

_ASSIGNED: Final = frozenset({"clusterIP", "clusterIPs", "ipFamilies", "healthCheckNodePort"})
_DEFAULTS: Final[Mapping[str, object]] = {
    "type": "ClusterIP",
    "sessionAffinity": "None",
    "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}},
    "internalTrafficPolicy": "Cluster",
    "externalTrafficPolicy": "Cluster",
    "ipFamilyPolicy": "SingleStack",
    "allocateLoadBalancerNodePorts": True,
}
"""Fields of a ServiceSpec that the API server fills in, and what with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The blocks, and what they stand for."""

    spec: Object
    """`ports`, `service`, `autoscale`, `disruption`."""
    taken: tuple[Object, ...]
    """Objects that become the workload's."""
    findings: tuple[Finding, ...]
    """Why others do not."""


def around(source: Source, spec: Object) -> Around:
    """The blocks that go with `spec`, the short form of what runs the pods."""
    if source.mode == "cron":
        return Around(spec={}, taken=(), findings=())
    own = {pod["metadata"]["uid"] for pod in source.own_pods}
    left: list[Finding] = []

    def taken(objects: Iterable[Object], about: Callable[[Object, Mapping[str, str]], bool]) -> Object | None:
        chosen = None
        for obj in objects:
            others = {pod["metadata"]["uid"] for pod in source.pods if about(obj, labels_of(pod))} - own
            if reason := _why_not(obj, source, others=len(others)):
                left.append(_left(obj, reason))
            else:
                chosen = obj
        return chosen

    service = taken(source.services, leads_to)
    autoscaler = taken(source.autoscalers, lambda _autoscaler, _labels: False)
    budget = taken(source.budgets, lambda obj, labels: selects(obj["spec"]["selector"], labels))
    blocks = _served(service, source, spec) | _scaled(autoscaler, source) | _budgeted(budget)
    found = tuple(obj for obj in (service, autoscaler, budget) if obj is not None)
    return Around(spec=blocks, taken=found, findings=tuple(left))


def _why_not(obj: Object, source: Source, *, others: int) -> str:
    owner = controller_of(obj)
    if owner is not None:
        return f"{owner['kind']} {owner['name']} controls it"
    if obj["metadata"]["name"] != source.name:
        return f"the workload's would be called {source.name}"
    if obj["kind"] == "Service" and not obj["spec"].get("ports"):  # headless, for names in the DNS only
        return "it has no ports"
    return f"it selects {others} other pods as well" if others else ""


def _left(obj: Object, reason: str) -> Finding:
    return info(f"{obj['kind']}/{obj['metadata']['name']}", "LeftAlone", f"stays as it is, on its own: {reason}")


def _served(service: Object | None, source: Source, spec: Object) -> Object:
    if service is None:
        ports = container_ports(source.template["spec"])
        return {"ports": ports, "service": {"enabled": False}} if ports else {}
    ports = service_ports(service, source.template["spec"])
    return {"ports": ports} | _service(service, spec | {"ports": ports}, source.name)


def _service(service: Object, spec: Object, name: str) -> Object:
    """`service`: what the block has a word for, and the rest as a partial ServiceSpec."""
    live = service["spec"]
    headless = live.get("clusterIP") == "None"
    affinity = live.get("sessionAffinity")
    block = present(
        type="Headless" if headless else None if live.get("type") == "ClusterIP" else live.get("type"),
        annotations=without_notes(service["metadata"].get("annotations") or {}),
        sessionAffinity=None if affinity == "None" else affinity,
        externalTrafficPolicy="Local" if live.get("externalTrafficPolicy") == "Local" else None,
        loadBalancerClass=live.get("loadBalancerClass"),
        loadBalancerSourceRanges=live.get("loadBalancerSourceRanges"),
    )
    made = _rendered(spec | {"service": block}, name)
    if rest := {field: value for field, value in live.items() if _unsaid(field, value, made)}:
        block["spec"] = rest
    return {"service": block} if block else {}


def _rendered(spec: Object, name: str) -> Object:
    model = ContainerWorkloadSpec.model_validate(spec)
    workload = Workload(name=name, namespace="", spec=model, labels={}, annotations={})
    made: Object = rendered_services(workload)[0]["spec"]
    return made


def _unsaid(field: str, value: object, made: Object) -> bool:
    """Whether a field of a live ServiceSpec is somebody's wish, and not what is rendered anyway."""
    if field in _ASSIGNED or _DEFAULTS.get(field) == value:
        return False
    if field == "selector":
        return made.get(field) != value
    return field not in made or not covers(value, made[field], field=field)


def _scaled(autoscaler: Object | None, source: Source) -> Object:
    if autoscaler is None:
        return {"replicas": source.runner["spec"].get("replicas", 1)}
    spec = autoscaler["spec"]
    return {
        "autoscale": present(
            minReplicas=spec.get("minReplicas", 1),
            maxReplicas=spec["maxReplicas"],
            metrics=[_metric(metric) for metric in spec.get("metrics") or ()],
            behavior=spec.get("behavior"),
        )
    }


def _metric(metric: Object) -> Object:
    resource = metric.get("resource") or {}
    target = resource.get("target") or {}
    if resource.get("name") in ("cpu", "memory"):
        if target.get("type") == "Utilization":
            return {"resource": resource["name"], "averageUtilization": target["averageUtilization"]}
        if target.get("type") == "AverageValue":
            return {"resource": resource["name"], "averageValue": target["averageValue"]}
    return {"metric": metric}


def _budgeted(budget: Object | None) -> Object:
    if budget is None:
        return {"disruption": {"enabled": False}}
    spec = budget["spec"]
    return {"disruption": present(minAvailable=spec.get("minAvailable"), maxUnavailable=spec.get("maxUnavailable"))}
