"""What a service may do on its node: privileges, profiles, namespaces, devices, kernel parameters, limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.api.tasks import Ulimit
from wharfinger.compose.groups.security_options import option_findings, options
from wharfinger.compose.joining import target
from wharfinger.compose.mode import mode_of
from wharfinger.compose.part import Context, Part, Service, located
from wharfinger.compose.reporting import Report, reported, rows
from wharfinger.compose.rows import Row

_TABLE: Final = (
    Report("cgroup_parent", "CgroupOfKubelet", "the kubelet places pods in cgroups by their class; leave it out"),
    Report(
        "devices",
        "DeviceNotPassed",
        "no device of a node is passed on; run a device plugin, and write its resource in resources.limits",
    ),
    Report(
        "device_cgroup_rules",
        "DeviceNotPassed",
        "no pod can write rules for devices; run a device plugin, and write its resource in resources.limits",
    ),
)

ROWS: Final = (
    Row("services.*.cap_add", "honoured", "`securityContext.capabilities.add`, without CAP_"),
    Row("services.*.cap_drop", "honoured", "`securityContext.capabilities.drop`, likewise"),
    Row("services.*.privileged", "honoured", "`securityContext.privileged`"),
    Row("services.*.read_only", "honoured", "`spec.security.readOnlyRootFilesystem`"),
    Row(
        "services.*.security_opt",
        "partly",
        "no-new-privileges, seccomp=unconfined, apparmor and label: `allowPrivilegeEscalation`, `seccompProfile`, "
        "`appArmorProfile`, `seLinuxOptions`; any other has a finding",
    ),
    Row(
        "services.*.pid",
        "partly",
        "`host`: `hostPID`. `service:NAME`: in the pods of that service, see `network_mode`, with "
        "`shareProcessNamespace`; a container of elsewhere has a finding",
    ),
    Row(
        "services.*.ipc",
        "partly",
        "`host`: `hostIPC`. `service:NAME`: in the pods of that service, see `network_mode`; a container of elsewhere "
        "has a finding",
    ),
    Row("services.*.uts", "partly", "`host` has a finding, unless `network_mode` is host, which has both"),
    Row("services.*.cgroup", "partly", "`private` is what there is; `host` has a finding"),
    Row("services.*.userns_mode", "partly", "`host` is Kubernetes' default; any other has a finding"),
    Row("services.*.sysctls", "partly", "`securityContext.sysctls` of the pod; unsafe ones have a finding"),
    Row(
        "services.*.ulimits",
        "partly",
        "tasks with an `entrypoint`: `spec.tasks.containers[].ulimits`; elsewhere a finding, since no pod can say it",
        whole=True,
    ),
    *rows(_TABLE),
)

_SAFE: Final = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
)
"""Kernel parameters that every kubelet takes (kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster)."""


def part(service: Service) -> Part:
    """`spec.security`, the container's security context, the pod's namespaces."""
    limits = _ulimits(service.data)
    spec: Object = {"security": _security(service.data)}
    if limits and _takes_limits(service):
        spec["tasks"] = {"containers": [{"name": service.workload, "ulimits": limits}]}
    context = _context(service.data)
    return Part(
        spec=spec,
        pod=_pod(service.data) | _processes(service),
        container={"securityContext": context} if context else {},
        findings=(*reported(service, _TABLE), *option_findings(service), *_findings(service)),
    )


def top_level(context: Context) -> Part:
    """Once a project: what its images may do, and how to take it away."""
    message = (
        "images run with the rights that Docker gives them; where they can do with less, write "
        "`security: {}` in place of `security: {restricted: false, …}` in their workloads"
    )
    lax = [name for name, data in context.project.get("services", {}).items() if not _strict(data)]
    return Part(findings=(located(context.document, "services", "info", "NotHardened", message),) if lax else ())


def _strict(data: Object) -> bool:
    """Whether a service asks itself for all that `restricted` would: no root, no capabilities, no new privileges."""
    user = str(data.get("user") or "").partition(":")[0]
    return (
        user.isdecimal()
        and int(user) > 0
        and not data.get("privileged")
        and "ALL" in _capabilities(data, "cap_drop")
        and set(_capabilities(data, "cap_add")) <= {"NET_BIND_SERVICE"}
        and options(data).get("allowPrivilegeEscalation") is False
        and not {"seccompProfile", "appArmorProfile"} & options(data).keys()
    )


def _security(data: Object) -> Object:
    security: Object = {} if _strict(data) else {"restricted": False, "runAsNonRoot": False}
    return security | ({"readOnlyRootFilesystem": True} if data.get("read_only") else {})


def _context(data: Object) -> Object:
    capabilities = {"add": _capabilities(data, "cap_add"), "drop": _capabilities(data, "cap_drop")}
    capabilities = {name: names for name, names in capabilities.items() if names}
    context: Object = {"capabilities": capabilities} if capabilities else {}
    if data.get("privileged"):
        context["privileged"] = True
    return context | options(data)


def _capabilities(data: Object, attribute: str) -> list[str]:
    return [name.upper().removeprefix("CAP_") for name in data.get(attribute) or ()]


def _pod(data: Object) -> Object:
    pod: Object = {}
    if data.get("pid") == "host":
        pod["hostPID"] = True
    if data.get("ipc") == "host":
        pod["hostIPC"] = True
    taken = [{"name": name, "value": str(value)} for name, value in (data.get("sysctls") or {}).items()]
    if kept := [each for each in taken if not _of_node(data, each["name"])]:
        pod["securityContext"] = {"sysctls": kept}
    return pod


def _processes(service: Service) -> Object:
    """A service that sees another's processes shares all of the pod's."""
    joins = target(service.context.project["services"], str(service.data.get("pid") or ""))
    return {"shareProcessNamespace": True} if joins else {}


def _of_node(data: Object, sysctl: str) -> bool:
    """Whether a parameter would be the node's own, which Kubernetes refuses (validation of PodSecurityContext)."""
    if sysctl.startswith("net."):
        return data.get("network_mode") == "host"
    return data.get("ipc") == "host" and sysctl.startswith(("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue."))


def _ulimits(data: Object) -> list[Object]:
    """A number is both; -1 is unlimited."""
    found: Object = data.get("ulimits") or {}
    pairs = {
        name: (each["soft"], each["hard"]) if isinstance(each, dict) else (each, each) for name, each in found.items()
    }
    return [
        {"name": name, "softLimit": int(soft), "hardLimit": int(hard)}
        for name, (soft, hard) in pairs.items()
        if name in _ULIMITS
    ]


_ULIMITS: Final[tuple[str, ...]] = get_args(Ulimit.model_fields["name"].annotation)


def _findings(service: Service) -> Iterator[Finding]:
    data = service.data
    for attribute in ("pid", "ipc", "uts", "cgroup", "userns_mode"):
        if why := _namespace(service, attribute):
            yield service.finding(attribute, "warning", "NamespaceNotShared", why)
    for name in data.get("sysctls") or {}:
        if _of_node(data, name):
            message = "is left out: with the node's own namespace it would be the node's; set it there"
            yield service.finding(f"sysctls.{name}", "warning", "SysctlOfNode", message)
        elif name not in _SAFE:
            message = "is not safe: the nodes' kubelets must allow it by allowedUnsafeSysctls, else no pod starts"
            yield service.finding(f"sysctls.{name}", "warning", "SysctlUnsafe", message)
    for name in data.get("ulimits") or {}:
        if name not in _ULIMITS:
            message = f"is no limit of Linux; write one of {', '.join(_ULIMITS)}"
            yield service.finding(f"ulimits.{name}", "warning", "UlimitUnknown", message)
    if data.get("ulimits") and not _takes_limits(service):
        message = (
            "no pod can say it: the container runtime's own limits count; set those, or run it as a task (a stack, or "
            '`restart: "no"`) with its `entrypoint` written out'
        )
        yield service.finding("ulimits", "warning", "UlimitsOfRuntime", message)


def _takes_limits(service: Service) -> bool:
    """Whether the start program of tasks can set limits: it has to know what to run then."""
    return mode_of(service) == "tasks" and bool(service.data.get("entrypoint"))


def _namespace(service: Service, attribute: str) -> str:
    """Why a namespace is not as it is asked for; empty if it is."""
    data = service.data
    value = str(data.get(attribute) or "")
    if not value or target(service.context.project["services"], value):
        return ""
    if attribute == "uts":
        ours = value != "host" or data.get("network_mode") == "host"
        return "" if ours else "a pod has its own host name, unless it has the node's network; write `hostname`"
    if attribute == "cgroup":
        return "" if value == "private" else "containers see their own cgroups alone; write `privileged` to see all"
    if attribute == "userns_mode":
        return "" if value == "host" else f"`{value}` is not known; write spec.pod.hostUsers: false in the workload"
    if value in ("host", "private", "none", "shareable"):
        return "" if value in ("host", "private") else f"`{value}` is not known: it has that of its pod; leave it out"
    return f"`{value}` is outside of the project, and in another pod; bring it in as a service, and write service:NAME"
