"""Who a service is: user, host name, labels, and the machines that its image is for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.kompose import PREFIX
from wharfinger.compose.part import Part, Service
from wharfinger.compose.reporting import Report, reported, rows
from wharfinger.compose.rows import Row

_TABLE: Final = (
    Report(
        "domainname",
        "DomainOfCluster",
        "a pod's domain is the cluster's: others reach it as NAME, or NAME.NAMESPACE.svc",
    ),
    Report(
        "credential_spec",
        "NoCredentialSpec",
        "is Windows' and is not passed on; write spec.pod.securityContext.windowsOptions in the workload",
    ),
)

ROWS: Final = (
    Row(
        "services.*.user",
        "partly",
        "`runAsUser` and `runAsGroup`, where they are numbers, or root; with another name it runs as "
        "the image's own user, and there is a finding",
    ),
    Row("services.*.group_add", "partly", "`supplementalGroups`, where they are numbers; a name has a finding"),
    Row(
        "services.*.hostname",
        "partly",
        "`hostname` of the pods, and a Service of that name; only what stands before the first dot, with a finding",
    ),
    Row("services.*.container_name", "honoured", "a Service of that name, by which others reach the service too"),
    Row(
        "services.*.labels",
        "partly",
        "annotations of the pods; a key that Kubernetes does not take has a finding. Those for kompose speak to the "
        "converter: Ingress, pull secret and policy, account, autoscaler, init container, fsGroup, controller, cron "
        "job, type, node port and traffic policy of what is published; another has a finding",
    ),
    Row("services.*.label_file", "honoured", "likewise; `labels` wins"),
    Row("services.*.annotations", "partly", "annotations of the pods, likewise"),
    Row("services.*.platform", "honoured", "`nodeSelector` by kubernetes.io/os and kubernetes.io/arch"),
    Row(
        "services.*.runtime",
        "partly",
        "`runtimeClassName`; a RuntimeClass of that name must exist, as a finding says; runc is the default",
    ),
    Row("services.*.isolation", "partly", "`default` is what there is; any other, which is Windows', has a finding"),
    *rows(_TABLE),
)

_KEY = re.compile(r"^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")
_HOST = re.compile(r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64", "armhf": "arm", "armel": "arm", "i386": "386"}
_USUAL_RUNTIMES: Final = ("runc", "io.containerd.runc.v2")


def part(service: Service) -> Part:
    """User, host name, labels, platform."""
    data = service.data
    ids = numbers(data.get("user", "")) or {}
    groups = [int(group) for group in data.get("group_add") or () if group.isdecimal()]
    told = pod_annotations(data)
    return Part(
        spec={"podAnnotations": told} if told else {},
        pod=_pod(data, groups),
        container={"securityContext": ids} if ids else {},
        findings=(*_findings(service), *reported(service, _TABLE)),
    )


def pod_annotations(data: Object) -> dict[str, str]:
    """Labels and annotations of a container, as far as Kubernetes takes their keys; annotations win."""
    both: Mapping[str, str] = (data.get("labels") or {}) | (data.get("annotations") or {})
    return {key: str(value) for key, value in both.items() if _KEY.match(key) and not key.startswith(PREFIX)}


def numbers(user: str) -> dict[str, int] | None:
    """``1000:1001`` or ``root``; None where it names somebody whom the image alone knows."""
    names = [name for name in user.split(":", 1) if name]
    if not all(name.isdecimal() or name == "root" for name in names):
        return None
    numbers = [int(name) if name.isdecimal() else 0 for name in names]
    return dict(zip(("runAsUser", "runAsGroup"), numbers, strict=False))


def _pod(data: Object, groups: list[int]) -> Object:
    pod: Object = {}
    if groups:
        pod["securityContext"] = {"supplementalGroups": groups}
    if host := hostname(data):
        pod["hostname"] = host
    if platform := data.get("platform"):
        pod["nodeSelector"] = node_selector(platform)
    runtime = data.get("runtime", "")
    if runtime and runtime not in _USUAL_RUNTIMES and _HOST.match(runtime):
        pod["runtimeClassName"] = runtime
    return pod


def hostname(data: Object) -> str:
    """The first label of the host name, if Kubernetes takes it; empty otherwise. A template goes through whole."""
    written: str = data.get("hostname") or ""
    if "{{" in written:
        return written
    host = written.split(".", 1)[0].lower()
    return host if _HOST.match(host) else ""


def node_selector(platform: str) -> dict[str, str]:
    """``linux/arm64/v8``, ``linux`` or ``arm64``."""
    words = platform.lower().split("/")
    system = words[0] if len(words) > 1 or words[0] in ("linux", "windows") else ""
    machine = words[1] if len(words) > 1 else "" if system else words[0]
    labels = {"kubernetes.io/os": system, "kubernetes.io/arch": _ARCHITECTURES.get(machine, machine)}
    return {label: value for label, value in labels.items() if value}


def _findings(service: Service) -> Iterator[Finding]:
    data = service.data
    if numbers(data.get("user", "")) is None:
        message = (
            f"`{data['user']}` is a name, which Kubernetes cannot look up: the image's own user runs; write numbers"
        )
        yield service.finding("user", "warning", "UserByName", message)
    for index, group in enumerate(data.get("group_add") or ()):
        if not group.isdecimal():
            message = f"`{group}` is a name, which Kubernetes cannot look up in the image; write its number"
            yield service.finding(f"group_add[{index}]", "warning", "GroupByName", message)
    yield from _host_findings(service)
    yield from _label_findings(service)
    runtime = data.get("runtime")
    if runtime and runtime not in _USUAL_RUNTIMES:
        message = f"needs a RuntimeClass called {runtime} in the cluster"
        yield service.finding("runtime", "warning", "RuntimeClassNeeded", message)
    if data.get("isolation") not in (None, "default"):
        message = "is for containers on Windows, and is not passed on; choose a RuntimeClass by `runtime`"
        yield service.finding("isolation", "warning", "NoIsolation", message)


def _host_findings(service: Service) -> Iterator[Finding]:
    written = service.data.get("hostname") or ""
    made = hostname(service.data)
    if written and made not in (written, written.lower()):
        kept = f"it is cut to `{made}`" if made else "the pod's own name is its host name"
        message = f"`{written}` is no DNS label: {kept}; write lower-case letters, digits and dashes"
        yield service.finding("hostname", "warning", "HostnameCut", message)


def _label_findings(service: Service) -> Iterator[Finding]:
    for attribute in ("labels", "annotations"):
        for key in service.data.get(attribute) or {}:
            if not _KEY.match(key):
                message = f"`{key}` is no key of an annotation, and is left out; write name or domain/name"
                yield service.finding(f"{attribute}.{key}", "warning", "KeyNotAllowed", message)
