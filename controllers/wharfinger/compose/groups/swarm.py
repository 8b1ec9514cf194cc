"""What `docker stack deploy` takes in another way than `docker compose`: what it refuses, and what it passes over.

Sources: docker/cli, its schema config_schema_v3.13.json, and UnsupportedProperties, DeprecatedProperties and
ForbiddenProperties in cli/compose/types/types.go. A stack has rules of interpolation of its own, too (go/dialect.go).

What Swarm refuses can be done here all the same, mostly. So it is an error only where somebody said that the document
is a stack; where that follows from what it asks for, it is a warning. What Swarm passes over counts here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wharfinger.api.status import Finding, Severity
from wharfinger.compose.part import Context, Part, located, refusal
from wharfinger.compose.rows import Index, Row, steps

_RESOURCES: Final = "write deploy.resources"
_NOT_YET: Final = "leave it out"
_SERVICES: Final = {
    "extends": "write the attributes out",
    "profiles": "write a document for each",
    "volumes_from": "name the volume below `volumes`, and mount it in both services",
    "scale": "write deploy.replicas",
    "label_file": "write `labels`",
    "annotations": "write `labels`",
    "platform": "write deploy.placement.constraints: [node.platform.arch == …]",
    "gpus": "write deploy.resources.reservations.generic_resources",
    "deploy.resources.reservations.devices": "write deploy.resources.reservations.generic_resources",
    "models": "set variables by `environment`",
    "ports.host_ip": "leave it out: it is published on every node",
    "ports.name": _NOT_YET,
    "ports.app_protocol": _NOT_YET,
    **dict.fromkeys(
        (
            "cpus", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime",
            "cpu_shares", "cpuset", "mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit", "pids_limit",
        ),
        _RESOURCES,
    ),
    **dict.fromkeys(
        (
            "attach", "blkio_config", "cgroup", "develop", "device_cgroup_rules", "dns_opt", "group_add",
            "networks.gw_priority", "networks.interface_name", "networks.link_local_ips", "networks.mac_address",
            "networks.priority", "oom_kill_disable", "post_start", "pre_start", "pre_stop", "provider", "pull_policy",
            "pull_refresh_after", "runtime", "storage_opt", "umask", "use_api_socket", "uts",
        ),
        _NOT_YET,
    ),
}  # fmt: skip
"""Attributes of services, and what to write for Swarm."""
_PROJECT: Final = {
    "name": "the stack is named where it is deployed",
    "include": "name all documents where it is deployed",
    "models": "set variables by `environment`",
    "configs.*.content": "write `file`",
    "configs.*.environment": "write `file`",
    "secrets.*.environment": "write `file`",
    "networks.*.enable_ipv4": _NOT_YET,
    "networks.*.enable_ipv6": _NOT_YET,
    "networks.*.ipam.config.aux_addresses": _NOT_YET,
    "networks.*.ipam.config.gateway": _NOT_YET,
    "networks.*.ipam.config.ip_range": _NOT_YET,
}
"""Attributes beside services, likewise."""


def _below_service(path: str) -> str:
    """``ports.name`` with the name of the network in between, where there is one."""
    return "services.*." + (path.replace("networks.", "networks.*.") if path.startswith("networks.") else path)


REFUSED: Final = {_below_service(path): instead for path, instead in _SERVICES.items()} | _PROJECT
"""Paths as rows have them, and what to write for Swarm."""

IGNORED: Final[dict[str, Severity]] = {
    "container_name": "info",
    "expose": "info",
    "links": "info",
    "shm_size": "info",
    "tmpfs": "info",
    "security_opt": "info",
    "ipc": "warning",
    "network_mode": "warning",
    "pid": "warning",
    "privileged": "warning",
}
"""Attributes of services that Swarm passes over and that count here; a warning where that gives a container rights."""

_REFUSED: Final = Index(Row(path, "refused", instead) for path, instead in REFUSED.items())


def top_level(context: Context) -> Part:
    """Findings alone."""
    if context.dialect != "stack":
        return Part()
    return Part(findings=(*_refused(context), *_odd(context), *_ignored(context)))


def _refused(context: Context) -> Iterator[Finding]:
    """For each attribute that a document has, read or resolved by the parser since."""
    for path in dict.fromkeys(path for found in context.document.places.values() for path in found):
        row = _REFUSED.row_of(steps(path))
        if row is not None and len(steps(row.path)) == len(steps(path)):
            yield _finding(context, path, f"Swarm refuses it; {row.becomes}")


def _odd(context: Context) -> Iterator[Finding]:
    """What Swarm wants in another form."""
    for path in sorted(context.document.quoted):
        yield _finding(context, path, "Swarm refuses a text here; write the number without quotes")
    for name, data in context.project["services"].items():
        if not data.get("image"):
            yield _finding(context, f"services.{name}", "Swarm builds nothing, and refuses a service without `image`")
        for other in data.get("depends_on") or ():
            path = f"services.{name}.depends_on.{other}"
            if any(path in found for found in context.document.places.values()):
                yield _finding(
                    context, path, "Swarm refuses conditions; write a list of names, for which it does not wait"
                )


def _finding(context: Context, path: str, message: str) -> Finding:
    return located(context.document, path, refusal(context), "SwarmRefuses", message)


def _ignored(context: Context) -> Iterator[Finding]:
    for name, data in context.project["services"].items():
        for attribute, severity in IGNORED.items():
            if data.get(attribute):
                message = "Swarm passes over it, and here it counts; leave it out where it should not"
                yield located(context.document, f"services.{name}.{attribute}", severity, "SwarmIgnores", message)
