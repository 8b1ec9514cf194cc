"""What matters about an object, in a few words, by its kind."""

from collections.abc import Callable
from typing import Any

Object = dict[str, Any]


def fact(obj: Object) -> str:
    """``3/3 ready`` of a Deployment, ``Bound 10Gi`` of a claim; empty where the kind has nothing to say."""
    tell = _FACTS.get(obj.get("kind", ""))
    return tell(obj.get("spec", {}), obj.get("status", {}), obj) if tell else ""


def _replicas(spec: Object, status: Object, _: Object) -> str:
    return f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 1)} ready"


def _daemons(_: Object, status: Object, __: Object) -> str:
    return f"{status.get('numberReady', 0)}/{status.get('desiredNumberScheduled', 0)} ready"


def _job(spec: Object, status: Object, _: Object) -> str:
    for condition in status.get("conditions", []):
        if condition["type"] in ("Complete", "Failed", "Suspended") and condition["status"] == "True":
            return f"{condition['type']} {condition.get('message', '')}".strip()
    return f"{status.get('succeeded', 0)}/{spec.get('completions', 1)} done, {status.get('active', 0)} running"


def _cron(spec: Object, status: Object, _: Object) -> str:
    last = status.get("lastScheduleTime", "never")
    return f"{spec.get('schedule', '')}{' suspended' if spec.get('suspend') else ''}, last run {last}"


def _service(spec: Object, status: Object, _: Object) -> str:
    ports = ",".join(f"{port['port']}/{port.get('protocol', 'TCP')}" for port in spec.get("ports", []))
    outside = [
        address.get("hostname") or address.get("ip", "")
        for address in status.get("loadBalancer", {}).get("ingress", [])
    ]
    address = "headless" if spec.get("clusterIP") == "None" else spec.get("clusterIP", "")
    return " ".join(part for part in (spec.get("type", "ClusterIP"), address, *outside, ports) if part)


def _ingress(spec: Object, _: Object, __: Object) -> str:
    return ", ".join(rule.get("host", "*") for rule in spec.get("rules", []))


def _http_route(spec: Object, _: Object, __: Object) -> str:
    return ", ".join(spec.get("hostnames", [])) or "*"


def _autoscaler(spec: Object, status: Object, _: Object) -> str:
    bounds = f"{spec.get('minReplicas', 1)} to {spec.get('maxReplicas')}"
    wanted = status.get("desiredReplicas")  # 0 as long as it has no metrics
    return f"{bounds}, wants {wanted}" if wanted else f"{bounds}, has no metrics"


def _disruption(_: Object, status: Object, __: Object) -> str:
    return f"{status.get('disruptionsAllowed', 0)} may be disrupted now"


def _claim(spec: Object, status: Object, _: Object) -> str:
    size = status.get("capacity", {}).get("storage") or spec.get("resources", {}).get("requests", {}).get("storage", "")
    return f"{status.get('phase', 'Pending')} {size}".strip()


def _config_map(_: Object, __: Object, obj: Object) -> str:
    keys = len(obj.get("data") or {}) + len(obj.get("binaryData") or {})
    return f"{keys} file{'' if keys == 1 else 's'}"


def _revision(_: Object, __: Object, obj: Object) -> str:
    return f"revision {obj.get('revision', '?')}"


_FACTS: dict[str, Callable[[Object, Object, Object], str]] = {
    "Deployment": _replicas,
    "StatefulSet": _replicas,
    "DaemonSet": _daemons,
    "Job": _job,
    "CronJob": _cron,
    "Service": _service,
    "Ingress": _ingress,
    "HTTPRoute": _http_route,
    "HorizontalPodAutoscaler": _autoscaler,
    "PodDisruptionBudget": _disruption,
    "PersistentVolumeClaim": _claim,
    "ConfigMap": _config_map,
    "ControllerRevision": _revision,
}
