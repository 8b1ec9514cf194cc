"""What comes before a service: ``depends_on``, and what implies it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.mode import mode_of
from wharfinger.compose.part import Part, Service
from wharfinger.compose.rows import Row

ROWS: Final = (
    Row(
        "services.*.depends_on",
        "honoured",
        "`spec.dependsOn`, with `condition`, `restart` and `required`: the operator waits with the start and with each "
        "change. `--to kubernetes`: nothing waits, as a finding says. A stack's short form means nothing, as in Swarm",
        whole=True,
    ),
)

_CONDITIONS: Final = {
    "service_started": "Started",
    "service_healthy": "Healthy",
    "service_completed_successfully": "Completed",
}
_WAITS: Final = {"Started": "has started", "Healthy": "is healthy", "Completed": "has ended well"}


def part(service: Service) -> Part:
    """`spec.dependsOn`, where there is an operator that waits."""
    ordered = list(_ordered(service)) if service.context.operator else []
    return Part(spec={"dependsOn": ordered} if ordered else {}, findings=tuple(_findings(service)))


def _ordered(service: Service) -> Iterator[Object]:
    """The dependencies that are waited for, as `spec.dependsOn` has them; what is a default is left out."""
    for name, dependency in _dependencies(service).items():
        if name not in service.context.names or _by_swarm(service, dependency):
            continue
        made: Object = {"name": service.context.names[name]}
        if (condition := _condition(dependency)) != "Started":
            made["condition"] = condition
        if dependency.get("restart"):
            made["restart"] = True
        if dependency.get("required") is False:
            made["required"] = False
        yield made


def _findings(service: Service) -> Iterator[Finding]:
    linked = {link.partition(":")[0] for link in service.data.get("links") or ()}
    for name, dependency in _dependencies(service).items():
        path, condition = f"depends_on.{name}", _condition(dependency)
        if name not in service.context.names:
            message = f"{name} is not part of the project (a profile that is off, say) and not required: left out"
            yield service.finding(path, "info", "DependencyAbsent", message)
        elif _by_swarm(service, dependency):
            if name not in linked:
                message = f"Swarm starts services in any order, and so do we; write a condition to wait for {name}"
                yield service.finding(path, "info", "NotOrdered", message)
        elif not service.context.operator:
            if name not in linked:
                yield service.finding(path, "warning", "NotWaitedFor", _unordered(name, condition, dependency))
        elif condition == "Completed" and mode_of(_service(service, name)) != "job":
            message = f'{name} is restarted when it ends, so that this waits for ever; write `restart: "no"` there'
            yield service.finding(path, "warning", "NeverCompletes", message)


def _dependencies(service: Service) -> Object:
    found: Object = service.data.get("depends_on") or {}
    return found


def _condition(dependency: Object) -> str:
    return _CONDITIONS.get(dependency.get("condition", ""), "Started")


def _by_swarm(service: Service, dependency: Object) -> bool:
    """Whether it is a stack's short form: docker stack takes it, and makes nothing of it."""
    plain = _condition(dependency) == "Started" and dependency.get("required", True)
    return service.context.dialect == "stack" and plain


def _unordered(name: str, condition: str, dependency: Object) -> str:
    also = f", nor is it restarted with {name}" if dependency.get("restart") else ""
    return f"it does not wait until {name} {_WAITS[condition]}{also}; have it try again until {name} answers"


def _service(service: Service, name: str) -> Service:
    return Service(name=name, data=service.context.project["services"][name], context=service.context)
