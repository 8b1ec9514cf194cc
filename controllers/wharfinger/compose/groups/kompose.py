"""Labels that people gave their services for kompose: they speak to a converter, and so to us.

Source: kompose's documentation, user guide, "Labels" (kompose.io/user-guide/#labels).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.groups.identity import KOMPOSE
from wharfinger.compose.mode import mode_of
from wharfinger.compose.part import Defaults, Part, Service

Given = Mapping[str, str]

_INSTEAD: Final = {
    "kompose.service.type": "the Service is headless, and what is published has a LoadBalancer; write spec.service in "
    "the workload",
    "kompose.service.expose": "nothing is made for HTTP from outside; write spec.route.hosts in the workload",
    "kompose.service.nodeport.port": "no port of the nodes is taken; write spec.ports[].nodePort in the workload",
    "kompose.service.external-traffic-policy": "write externalTrafficPolicy in the Service NAME-published",
    "kompose.service.group": "each service is a workload of its own; write spec.pod.containers for those of one pod",
    "kompose.controller.type": "the mode follows from `deploy` and `restart`; write `deploy.mode: global` for a pod on "
    "each node",
    "kompose.controller.port.expose": "no port of the nodes is taken; write `mode: host` on the port",
    "kompose.service.healthcheck": "write `healthcheck` on the service, or spec.healthCheck in the workload",
    "kompose.cronjob": "it runs once; write mode cron, with spec.cron, in the workload",
    "kompose.hpa": "is not taken over: it wants whole numbers, and a service whose number of pods is not fixed",
    "kompose.init.containers": "write `pre_start` on the service, or spec.pod.initContainers in the workload",
    "kompose.security-context.fsgroup": "write spec.pod.securityContext.fsGroup in the workload",
}
"""Beginnings of labels that are not honoured, and what to write instead."""


def part(service: Service) -> Part:
    """What the labels of a service ask for."""
    given: Given = {
        key: str(value)
        for labels in (service.data.get("labels"), (service.data.get("deploy") or {}).get("labels"))
        for key, value in (labels or {}).items()
        if key.startswith(KOMPOSE)
    }
    scaled = mode_of(service) == "service"
    spec: Object = {}
    used: set[str] = set()
    for read in (_pull_secrets, _account, *((_autoscale,) if scaled else ())):
        found, keys = read(given, service.context.defaults)
        spec |= found
        used |= keys
    return Part(spec=spec, findings=tuple(_findings(service, [key for key in given if key not in used])))


def _pull_secrets(given: Given, defaults: Defaults) -> tuple[Object, set[str]]:
    """The label's Secret, and those that every image may need."""
    key = "kompose.image-pull-secret"
    own = [given[key]] if given.get(key) else []
    names = dict.fromkeys([*own, *defaults.image_pull_secrets])
    return ({"imagePullSecrets": [{"name": name} for name in names]} if names else {}), {key} if own else set()


def _account(given: Given, defaults: Defaults) -> tuple[Object, set[str]]:
    key = "kompose.serviceaccount-name"
    name = given.get(key) or defaults.service_account
    return ({"serviceAccount": {"name": name}} if name else {}), {key} if given.get(key) else set()


def _autoscale(given: Given, _: Defaults) -> tuple[Object, set[str]]:
    """kompose.hpa.*: bounds, and percent of the requests; kompose's own defaults are 1, 3 and 50 % of CPU."""
    names = {"replicas.min": 1, "replicas.max": 3, "cpu": 50, "memory": 70}
    read = {name: given.get(f"kompose.hpa.{name}", "").removesuffix("%") for name in names}
    if not any(read.values()) or not all(value == "" or value.isdecimal() for value in read.values()):
        return {}, set()
    lowest, highest = (int(read[f"replicas.{end}"] or names[f"replicas.{end}"]) for end in ("min", "max"))
    asked = [name for name in ("cpu", "memory") if read[name]] or ["cpu"]
    metrics = [{"resource": name, "averageUtilization": int(read[name] or names[name])} for name in asked]
    block = {"minReplicas": lowest, "maxReplicas": max(highest, lowest), "metrics": metrics}
    return {"autoscale": block}, {f"kompose.hpa.{name}" for name in names}


def _findings(service: Service, keys: list[str]) -> Iterator[Finding]:
    for key in keys:
        instead = next((told for begin, told in _INSTEAD.items() if key.startswith(begin)), "it has no effect here")
        yield service.finding(f"labels.{key}", "warning", "KomposeLabel", instead)
