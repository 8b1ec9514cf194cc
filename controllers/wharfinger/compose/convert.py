"""A project to ContainerWorkloads and all that they need. Pure: read `convert` first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from wharfinger.api import GROUP, VERSION
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose import names
from wharfinger.compose.dialect import by_content
from wharfinger.compose.groups import GROUPS, ROWS, TOP_LEVEL
from wharfinger.compose.groups.ports import published
from wharfinger.compose.guests import joined
from wharfinger.compose.joining import hosts
from wharfinger.compose.parser import Dialect, Document
from wharfinger.compose.part import Context, Defaults, Part, Service, located, merged
from wharfinger.compose.rows import Index, leaves

_KNOWN: Final = Index(ROWS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertedService:
    """One service, as people know it."""

    name: str
    """As the document has it."""
    workload: str
    """Name of its ContainerWorkload."""
    image: str
    published: tuple[str, ...]
    """Ports for those outside, as Docker prints them: ``80->8080/tcp``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What a project becomes."""

    objects: tuple[Object, ...]
    """What workloads need first, then the workloads. Complete, as `kubectl apply` takes them; none after an error."""
    findings: tuple[Finding, ...]
    """By path."""
    services: tuple[ConvertedService, ...] = ()
    """All of them, errors or not."""

    @property
    def refused(self) -> bool:
        """Whether something is wrong enough to write nothing."""
        return any(finding.severity == "error" for finding in self.findings)


def convert(
    document: Document,
    *,
    namespace: str,
    files: Mapping[str, str],
    dialect: Dialect | None = None,
    defaults: Defaults | None = None,
    operator: bool = True,
) -> Conversion:
    """All services of a project. Every attribute becomes something, or has a finding.

    `dialect` is chosen by what the project asks for, if None. What Swarm refuses is refused only if it is given.
    `operator` says whether there will be one: without it workloads are but a step to Kubernetes objects, and what only
    it can do is not asked for.
    """
    services: Object = document.project.get("services") or {}
    context = Context(
        document=document,
        namespace=namespace,
        dialect=dialect or by_content(document.project),
        strict=dialect == "stack",
        defaults=defaults or Defaults(),
        files=files,
        names=names.workloads(services),
        hosts=hosts(services),
        operator=operator,
    )
    above = [group(context) for group in TOP_LEVEL]
    known = [Service(name=name, data=data, context=context) for name, data in services.items()]
    parts = {service.name: merged([group(service) for group in GROUPS]) for service in known}
    guests: dict[str, list[Service]] = {}
    for each in known:
        if each.name in context.hosts:
            guests.setdefault(context.hosts[each.name], []).append(each)
    whole = {each.name: _whole(each, guests.get(each.name, []), parts) for each in known}
    objects = [each for part in (*above, *whole.values()) for each in part.objects]
    findings = [each for part in (*above, *whole.values()) for each in part.findings]
    workloads = [_workload(each, whole[each.name]) for each in known if each.name not in context.hosts]
    found = tuple(sorted((*findings, *_unknown(document)), key=lambda each: each.path))
    wrong = any(finding.severity == "error" for finding in found)
    return Conversion(
        objects=() if wrong else (*_once(objects), *workloads),
        findings=found,
        services=tuple(_told(service) for service in known),
    )


def _told(service: Service) -> ConvertedService:
    ports = (port for port in published(service.data) if port.port)
    return ConvertedService(
        name=service.name,
        workload=service.host.workload,
        image=str(service.data.get("image") or ""),
        published=tuple(f"{port.port}->{port.target}/{port.protocol.lower()}" for port in ports),
    )


def _whole(service: Service, guests: list[Service], parts: Mapping[str, Part]) -> Part:
    """A service's part, with those that join its pod."""
    return joined(parts[service.name], [(each, parts[each.name]) for each in guests])


def _workload(service: Service, part: Part) -> Object:
    whole, pod = dict(part.spec), part.pod
    if part.container:
        pod = pod | {"containers": [{"name": service.workload, **part.container}, *pod.get("containers", ())]}
    if pod:
        whole["pod"] = pod
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": CONTAINER_WORKLOAD.kind,
        "metadata": {"name": service.workload, "namespace": service.context.namespace}
        | ({"annotations": dict(part.annotations)} if part.annotations else {}),
        "spec": whole,
    }


def _once(objects: list[Object]) -> list[Object]:
    """Objects that several services need alike, once."""
    return list({(each["kind"], each["metadata"]["name"]): each for each in objects}.values())


def _unknown(document: Document) -> Iterator[Finding]:
    """Attributes that no row speaks of: newer ones than we know. Nothing is dropped in silence."""
    told: set[tuple[str, ...]] = set()
    for path in leaves(document.project):
        if any(step.startswith("x-") for step in path) or path in told or _KNOWN.row_of(path):
            continue
        told.add(path)
        message = "is not known to this version, and has no effect"
        yield located(document, ".".join(path), "warning", "UnknownAttribute", message)
