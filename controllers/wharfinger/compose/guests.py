"""A service that joins another's pod: its part as a further container there, and what containers of a pod share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from math import ceil
from typing import Any, Final

from wharfinger.api.duration import seconds
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.groups.objects import metadata
from wharfinger.compose.groups.process import signal_name
from wharfinger.compose.joining import NAMESPACES, joins, target
from wharfinger.compose.part import Part, Service

_SAME: Final = ("image", "command", "args", "workingDir", "env", "imagePullPolicy", "resources")
"""Fields of a workload that a container has too."""
_PORT: Final = ("name", "containerPort", "protocol", "hostPort")
"""Fields of a workload's port that a container's has too."""
_NEVER: Final = 2**31 - 1
"""A failureThreshold that is not reached."""

_SHARED: Final = {
    "hostname": "the pod has one host name",
    "dns": "the pod has one set of name servers",
    "dns_search": "the pod has one set of search domains",
    "dns_opt": "the pod has one set of resolver options",
    "extra_hosts": "the pod has one hosts file",
    "networks": "the pod has one network",
    "platform": "the pod runs on one node",
    "runtime": "the pod has one runtime",
    "group_add": "the pod has one set of groups",
    "sysctls": "the pod has one set of kernel parameters",
    "stop_grace_period": "the pod ends as one, in the longer of both times",
    "restart": "the pod is restarted as that service says",
    "scale": "there are as many as of that service",
    "deploy.replicas": "there are as many as of that service",
    "deploy.mode": "there are as many as of that service",
    "deploy.placement": "the pod runs on one node",
    "deploy.restart_policy": "the pod is restarted as that service says",
    "deploy.update_config": "the pod is updated as one",
    "deploy.rollback_config": "the pod is updated as one",
    "deploy.labels": "there is one workload, which is that service's",
}
"""Attributes that count for a pod as a whole: the host's do, and why."""


def joined(host: Part, guests: Iterable[tuple[Service, Part]]) -> Part:
    """The host's part with the containers of its guests, and all that these need."""
    joining = list(guests)
    for service, part in joining:
        host = _with(host, service, part)
    return _with_processes(host, [service for service, _ in joining])


def _with_processes(host: Part, guests: list[Service]) -> Part:
    """Processes are shared where somebody asks for it and nothing hinders it.

    Those of the node, which Kubernetes does not take together with it, are shared anyway; and a signal to process 1
    would reach the pod's own.
    """
    told = [each for each in guests if each.data.get("pid") or each.data.get("init")]
    signals = any(signal_name(each.data) for each in (*guests, *(each.host for each in guests)))
    if not host.pod.get("shareProcessNamespace") or not (signals or host.pod.get("hostPID")):
        return host
    message = (
        "processes are not shared, since `stop_signal` has to reach process 1 of a container; leave out one of both"
    )
    findings = [each.finding("pid", "warning", "ProcessesApart", message) for each in told if signals]
    pod = {name: value for name, value in host.pod.items() if name != "shareProcessNamespace"}
    return replace(host, pod=pod, findings=(*host.findings, *findings))


def _with(host: Part, service: Service, part: Part) -> Part:
    held, objects = _files(service, part.spec.get("files") or [])
    volumes, mounts = _own_volumes(service, part)
    pod = dict(host.pod)
    pod["volumes"] = _once([*pod.get("volumes", ()), *volumes, *(volume for volume, _ in held)])
    pod["containers"] = [*pod.get("containers", ()), _container(service, part, [*mounts, *(each for _, each in held)])]
    if before := part.pod.get("initContainers"):
        named = [each | {"name": f"{each['name']}-{_short(service.name)}"} for each in before]
        pod["initContainers"] = [*pod.get("initContainers", ()), *named]
    if part.pod.get("shareProcessNamespace"):
        pod["shareProcessNamespace"] = True
    return Part(
        spec=_spec(host.spec, part.spec),
        pod={name: value for name, value in pod.items() if value},
        container=host.container,
        annotations=host.annotations,
        objects=(*host.objects, *objects),
        findings=(*host.findings, *_findings(service)),
    )


def _spec(host: Object, guest: Object) -> Object:
    """The host's, with what of the guest counts for the pod as a whole."""
    made = dict(host)
    for field in ("podLabels", "podAnnotations"):
        if guest.get(field):
            made[field] = guest[field] | made.get(field, {})
    if secrets := [*host.get("imagePullSecrets", ()), *guest.get("imagePullSecrets", ())]:
        made["imagePullSecrets"] = _once(secrets)
    if (limits := (guest.get("tasks") or {}).get("containers")) and "tasks" in host:
        made["tasks"] = host["tasks"] | {"containers": [*host["tasks"].get("containers", ()), *limits]}
    if before := [*host.get("dependsOn", ()), *guest.get("dependsOn", ())]:
        made["dependsOn"] = _strictest(before)
    if guest.get("rollout"):
        made["rollout"] = guest["rollout"]
    if guest["security"].get("restricted") is False:
        made["security"] = {"restricted": False, "runAsNonRoot": False} | made["security"]
    made["terminationGracePeriod"] = max((each["terminationGracePeriod"] for each in (host, guest)), key=seconds)
    return made


def _container(service: Service, part: Part, mounts: list[Object]) -> Object:
    spec = part.spec
    made: Object = {"name": service.workload} | {name: spec[name] for name in _SAME if name in spec} | part.container
    if ports := spec.get("ports"):
        made["ports"] = [{name: port[name] for name in _PORT if name in port} for port in ports]
    made |= _probes(spec.get("healthCheck") or {})
    if mounts:
        made["volumeMounts"] = mounts
    if service.data.get("read_only") or service.host.data.get("read_only"):
        read_only = {"readOnlyRootFilesystem": bool(service.data.get("read_only"))}
        made["securityContext"] = read_only | made.get("securityContext", {})
    return made


def _probes(check: Object) -> Object:
    """Readiness, at the start in its own interval: as `healthCheck` of a workload becomes. A task ends by it."""
    handler = {kind: check[kind] for kind in ("exec", "httpGet", "tcpSocket") if kind in check}
    if not handler:
        return {}
    interval, start = (max(1, ceil(seconds(check[name]))) for name in ("interval", "startInterval"))
    timed = handler | {"timeoutSeconds": max(1, ceil(seconds(check["timeout"])))}
    return {
        "readinessProbe": timed | {"periodSeconds": interval, "failureThreshold": check["retries"]},
        "startupProbe": timed | {"periodSeconds": start, "failureThreshold": _NEVER},
    }


def _own_volumes(service: Service, part: Part) -> tuple[list[Object], list[Object]]:
    """The guest's volumes and mounts. But for claims, which are shared, they are its own: named by it."""
    suffix = _short(service.name)
    new = {
        each["name"]: each["name"] if "persistentVolumeClaim" in each else f"{each['name']}-{suffix}"
        for each in part.pod.get("volumes", ())
    }
    volumes = [each | {"name": new[each["name"]]} for each in part.pod.get("volumes", ())]
    return volumes, [each | {"name": new[each["name"]]} for each in part.container.get("volumeMounts", ())]


def _files(service: Service, files: list[Object]) -> tuple[list[tuple[Object, Object]], list[Object]]:
    """A volume and a mount for each file, and the ConfigMaps of those whose content is the document's own."""
    held, objects = [], []
    for file in files:
        source: Object = {kind: file[kind] for kind in ("configMapRef", "secretRef") if kind in file}
        if not source:
            objects.append(_config_map(service, file))
            source = {"configMapRef": {"name": objects[-1]["metadata"]["name"], "key": "file"}}
        name = f"file-{_short(file['path'])}-{_short(service.name)}"
        mount = {"name": name, "mountPath": file["path"], "subPath": "file", "readOnly": True}
        held.append(({"name": name} | _source(source, file["mode"]), mount))
    return held, objects


def _source(reference: Object, mode: int) -> Object:
    [(kind, told)] = reference.items()
    items = {"items": [{"key": told["key"], "path": "file"}], "defaultMode": mode}
    if kind == "secretRef":
        return {"secret": {"secretName": told["name"], **items}}
    return {"configMap": {"name": told["name"], **items}}


def _config_map(service: Service, file: Object) -> Object:
    """Immutable, and named by its content, so that a change rolls out."""
    name = f"{service.workload}-{_short(file['path'] + chr(0) + file['content'])}"
    about = metadata(service.context, name)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": about,
        "immutable": True,
        "data": {"file": file["content"]},
    }


def _once(items: Iterable[Object]) -> list[Object]:
    return list({each["name"]: each for each in items}.values())


_ORDER: Final = ("Started", "Healthy", "Completed")


def _strictest(dependencies: Iterable[Object]) -> list[Object]:
    """One for each name: of several containers that wait for it, the one that waits longest."""
    ranked = sorted(dependencies, key=lambda each: _ORDER.index(each.get("condition", "Started")))
    return _once(ranked)


def _short(text: str) -> str:
    return blake2b(text.encode(), digest_size=4).hexdigest()


def _findings(service: Service) -> Iterator[Finding]:
    host, services = service.host, service.context.project["services"]
    for attribute, other in joins(services, service.name):
        if service.context.hosts.get(other, other) != host.name:
            message = f"`{other}` is in another pod than {host.name}; join one of them only"
            yield service.finding(attribute, "error", "TwoPods", message)
    if not target(services, str(service.data.get("network_mode") or "")):
        attribute = next(each for each in NAMESPACES if target(services, str(service.data.get(each) or "")))
        message = f"it is in the pod of {host.name}, and shares its network too, by which it is reached as localhost"
        yield service.finding(attribute, "info", "NetworkShared", message)
    for attribute, why in _SHARED.items():
        given = _given(service.data, attribute)
        if given and given != _given(host.data, attribute):
            message = f"is that of {host.name}, whose pod it joins: {why}; write it there"
            yield service.finding(attribute, "warning", "OneInPod", message)


def _given(data: Object, path: str) -> Any:
    value: Any = data
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value
