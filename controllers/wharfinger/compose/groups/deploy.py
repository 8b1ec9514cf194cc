"""`deploy`: how many tasks there are, where they run, how they are restarted and updated, by Swarm's rules.

The defaults of `spec.tasks` are Swarm's own; what is absent here is absent there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import ValidationError

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.api.tasks import TasksBlock
from wharfinger.compose.dialect import SWARM_ONLY
from wharfinger.compose.durations import duration
from wharfinger.compose.groups.labels import as_annotations, label_findings
from wharfinger.compose.groups.ports import published
from wharfinger.compose.mode import mode_of, scale
from wharfinger.compose.part import Part, Service, refusal
from wharfinger.compose.rows import Row
from wharfinger.placement.check import check

_STACK: Final = "in a stack"

ROWS: Final = (
    Row("services.*.scale", "honoured", "`spec.replicas`"),
    Row(
        "services.*.deploy.mode",
        "honoured",
        f"`spec.tasks.scheduling`, {_STACK}: replicated, global, replicated-job, global-job. A document that asks for "
        "what Swarm alone does is a stack, unless it is said otherwise; all services of a stack have mode tasks",
    ),
    Row("services.*.deploy.replicas", "honoured", "`spec.replicas`, 0 too; an error with a global mode, as in Swarm"),
    Row(
        "services.*.deploy.labels",
        "partly",
        "annotations of the workload; `spec.tasks.serviceLabels` in a stack, for {{.Service.Labels}}",
    ),
    Row(
        "services.*.deploy.endpoint_mode",
        "partly",
        "dnsrr: the service's name resolves to its tasks; with an ingress port a finding, as Swarm refuses it. vip: "
        "likewise, with a finding; a published port has an address of its own",
    ),
    Row("services.*.deploy.placement", "honoured", f"`spec.tasks.placement`, {_STACK}"),
    Row("services.*.deploy.placement.constraints", "honoured", f"`spec.tasks.placement.constraints`, {_STACK}"),
    Row(
        "services.*.deploy.placement.preferences",
        "honoured",
        f"`spec.tasks.placement.preferences`, {_STACK}",
        whole=True,
    ),
    Row(
        "services.*.deploy.placement.max_replicas_per_node",
        "honoured",
        f"`spec.tasks.placement.maxReplicasPerNode`, {_STACK}",
    ),
    Row(
        "services.*.deploy.restart_policy",
        "honoured",
        f"`spec.tasks.restart`, {_STACK}: Swarm's defaults are any, 5s, no limit, all of the past",
        whole=True,
    ),
    Row(
        "services.*.deploy.update_config",
        "honoured",
        f"`spec.tasks.update`, {_STACK}: Swarm's defaults are 1, 0s, pause, 5s, 0, stop-first; an error for jobs",
        whole=True,
    ),
    Row("services.*.deploy.rollback_config", "honoured", f"`spec.tasks.rollback`, {_STACK}: likewise", whole=True),
)

_JOBS: Final = ("replicated-job", "global-job")
_PER_NODE: Final = ("global", "global-job")
_UPDATES: Final = (("update_config", "update"), ("rollback_config", "rollback"))
_RENAMED: Final = {
    "failure_action": "failureAction",
    "max_failure_ratio": "maxFailureRatio",
    "max_attempts": "maxAttempts",
    "max_replicas_per_node": "maxReplicasPerNode",
}
_DURATIONS: Final = ("delay", "monitor", "window")
_CHOICES: Final = {
    "restart_policy.condition": ("none", "on-failure", "any"),
    "update_config.failure_action": ("pause", "continue", "rollback"),
    "rollback_config.failure_action": ("pause", "continue"),
    "update_config.order": ("stop-first", "start-first"),
    "rollback_config.order": ("stop-first", "start-first"),
    "mode": ("replicated", *_PER_NODE, "replicated-job"),
    "endpoint_mode": ("vip", "dnsrr"),
}
"""What Swarm takes; anything else is an error there, too."""


def part(service: Service) -> Part:
    """Replicas and, in a stack, `spec.tasks`."""
    data, stack = service.data, service.context.dialect == "stack"
    spec: Object = {} if _uncounted(service) else _replicas(data)
    if stack:
        spec["tasks"] = _tasks(service)
    told = as_annotations(_deploy(data).get("labels"))
    return Part(
        spec=spec,
        annotations=told,
        findings=tuple(_findings(service)),
    )


def _uncounted(service: Service) -> bool:
    """Whether there is a number of pods that is not the service's to say."""
    stack = service.context.dialect == "stack"
    return _scheduling(service.data) in _PER_NODE if stack else mode_of(service) in ("daemon", "cron")


def _deploy(data: Object) -> Object:
    found: Object = data.get("deploy") or {}
    return found


def _scheduling(data: Object) -> str:
    return _deploy(data).get("mode") or "replicated"


def _replicas(data: Object) -> Object:
    return {"replicas": scale(data)} if scale(data) != 1 else {}


def _tasks(service: Service) -> Object:
    data = service.data
    deploy = _deploy(data)
    block: Object = {
        "placement": _placement(data),
        "serviceName": f"{service.context.project.get('name')}_{service.name}",
    }
    if _scheduling(data) != "replicated":
        block["scheduling"] = _scheduling(data)
    if labels := deploy.get("labels"):
        block["serviceLabels"] = {name: str(value) for name, value in labels.items()}
    if policy := _fields(deploy.get("restart_policy") or {}):
        block["restart"] = policy
    if _scheduling(data) not in _JOBS:
        block |= {field: _fields(deploy[name]) for name, field in _UPDATES if deploy.get(name)}
    return block


def _fields(policy: Object) -> Object:
    """A block of Swarm's in our spelling; what is empty means its default."""
    return {
        _RENAMED.get(name, name): duration(str(value)) if name in _DURATIONS else value
        for name, value in policy.items()
        if value not in (None, "") and not name.startswith("x-")
    }


def _placement(data: Object) -> Object:
    """Swarm's managers take tasks as its workers do."""
    found: Object = {"controlPlane": True}
    for name, value in (_deploy(data).get("placement") or {}).items():
        if value and not name.startswith("x-"):
            found[_RENAMED.get(name, name)] = value
    if claimed := [each["discrete_resource_spec"] for each in _generic(data)]:
        found["genericResources"] = [{"kind": each["kind"], "value": int(each["value"])} for each in claimed]
    return found


def _generic(data: Object) -> list[Object]:
    """Those that are counted: Swarm's schema has no others."""
    reservations = (_deploy(data).get("resources") or {}).get("reservations") or {}
    return [each for each in reservations.get("generic_resources") or () if each.get("discrete_resource_spec")]


def _findings(service: Service) -> Iterator[Finding]:
    labels = _deploy(service.data).get("labels")
    # Those of kompose are told by their own group.
    yield from label_findings(service.context, f"services.{service.name}.deploy.labels", labels, read=labels or ())
    yield from _stack_findings(service) if service.context.dialect == "stack" else _compose_findings(service)


def _stack_findings(service: Service) -> Iterator[Finding]:
    data = service.data
    deploy, mode = _deploy(data), _scheduling(data)
    wrong = list(_wrong_words(service))
    yield from wrong
    if mode in _PER_NODE and deploy.get("replicas") is not None:
        message = f"cannot be used with mode {mode}, which has one task for each node; leave it out"
        yield service.finding("deploy.replicas", "error", "ReplicasOfGlobal", message)
    for name, _ in _UPDATES:
        if mode in _JOBS and deploy.get(name):
            message = "jobs have none: each change runs them anew; leave it out"
            yield service.finding(f"deploy.{name}", "error", "JobNotUpdated", message)
    if deploy.get("endpoint_mode") == "vip":
        message = "the service's name resolves to its tasks, as with dnsrr; publish a port where one address is needed"
        yield service.finding("deploy.endpoint_mode", "info", "NoVirtualAddress", message)
    if deploy.get("endpoint_mode") == "dnsrr" and any(port.outside for port in published(data)):
        message = "cannot be used with a port that is published by the ingress; write `mode: host` on it, or vip here"
        yield service.finding("deploy.endpoint_mode", refusal(service.context), "IngressOfDnsrr", message)
    if not wrong:
        yield from _placement_findings(service)


def _wrong_words(service: Service) -> Iterator[Finding]:
    for path, words in _CHOICES.items():
        value: object = _deploy(service.data)
        for step in path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if value not in (None, "", *words):
            message = f"`{value}` is not known to Swarm; write one of {', '.join(words)}"
            yield service.finding(f"deploy.{path}", "error", "ValueUnknown", message)


def _placement_findings(service: Service) -> Iterator[Finding]:
    """What placement says of the block, at the place where the document has it."""
    try:
        block = TasksBlock.model_validate(_tasks(service))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        message = f"{where}: {first['msg'].lower()}; write what Swarm takes"
        yield service.finding("deploy", "error", "ValueNotAllowed", message)
        return
    back = {ours: theirs for theirs, ours in _RENAMED.items()}
    for found in check(block):
        below = found.path.removeprefix("spec.tasks.placement.")
        name = below.partition("[")[0].partition(".")[0]
        rest = below.removeprefix(name)
        at = f"deploy.placement.{back.get(name, name)}{rest}"
        at = f"deploy.resources.reservations.generic_resources{rest}" if name == "genericResources" else at
        yield service.finding(at, found.severity, found.reason, found.message)


def _compose_findings(service: Service) -> Iterator[Finding]:
    """Somebody said that it is no stack: what is Swarm's has no effect."""
    deploy = _deploy(service.data)
    if _uncounted(service) and scale(service.data) != 1:
        message = f"has no effect in mode {mode_of(service)}, which has one pod for each node, or each run"
        yield service.finding("deploy.replicas", "warning", "NotCounted", message)
    for name in (*SWARM_ONLY, "placement"):
        if deploy.get(name):
            yield service.finding(f"deploy.{name}", "warning", "SwarmOnly", _SWARM)
    if _generic(service.data):
        yield service.finding("deploy.resources.reservations.generic_resources", "warning", "SwarmOnly", _SWARM)
    if _scheduling(service.data) != "replicated":
        yield service.finding("deploy.mode", "warning", "SwarmOnly", _SWARM)


_SWARM: Final = "is Swarm's, and has no effect in a project of Compose; convert it as a stack (dialect: stack)"
