"""By which names services reach one another: their own, container and host names, aliases of networks and links.

Each is a headless Service: its name resolves to the pods, and every port of theirs can be reached, as in Compose.
Aliases select by a label, so that several services may share one, as in Compose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.groups.objects import service_object
from wharfinger.compose.part import Context, Part, Service, located
from wharfinger.compose.reporting import Report, reported, rows
from wharfinger.compose.rows import Row

ALIAS_LABEL: Final = "alias.compose.wharfinger.dev/"
"""And the alias: on the pods that it names."""

_TABLE: Final = (
    Report(
        "external_links",
        "LinkOutside",
        "what is outside of the project is reached by the name of its own Service; write an ExternalName Service",
    ),
)

ROWS: Final = (
    Row(
        "services.*.networks.*.aliases",
        "partly",
        "a Service of that name, on all networks; a name that DNS or another service forbids has a finding",
    ),
    Row("services.*.networks.*.use_service_name_alias", "honoured", "`false`: no Service by the service's own name"),
    Row("services.*.links", "partly", "the alias is a Service, for everybody; likewise"),
    *rows(_TABLE),
)

_DNS = re.compile(r"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$")


@dataclass(frozen=True, slots=True)
class Alias:
    """A name of a service beside its own."""

    name: str
    """As it is written."""
    path: str
    """Where, in the document."""


def part(service: Service) -> Part:
    """Services by name, and the label that an alias selects by."""
    if unreachable(service):
        return Part(findings=tuple(reported(service, _TABLE)))
    given = {alias.name.lower() for alias in aliases(service) if not problem(service, alias)}
    own = (_named(service, service.workload, None),) if _own_name(service.data) else ()
    made = [_named(service, name, {f"{ALIAS_LABEL}{name}": ""}) for name in sorted(given)]
    return Part(
        spec={"podLabels": {f"{ALIAS_LABEL}{name}": "" for name in sorted(given)}} if given else {},
        objects=(*own, *made),
        findings=(*_findings(service), *reported(service, _TABLE)),
    )


def unreachable(service: Service) -> bool:
    """Without a network, or with the node's own."""
    return str(service.host.data.get("network_mode") or "") in ("none", "host")


def _own_name(data: Object) -> bool:
    networks = [attached for attached in (data.get("networks") or {}).values() if attached]
    return not any(attached.get("use_service_name_alias") is False for attached in networks)


def _named(service: Service, name: str, selector: Object | None) -> Object:
    """Not ready means reachable in Compose; Swarm takes what is unhealthy out of the name."""
    early = {"publishNotReadyAddresses": True} if service.context.dialect == "compose" else {}
    return service_object(service, name, {"clusterIP": "None", **early}, selector)


def aliases(service: Service) -> list[Alias]:
    """All names of a service beside its own, as they are written, those that others link to it by among them."""
    data, path = service.data, f"services.{service.name}"
    named = [attribute for attribute in ("container_name", "hostname") if data.get(attribute)]
    written = [Alias(data[attribute], f"{path}.{attribute}") for attribute in named]
    for network, attached in (data.get("networks") or {}).items():
        names = (attached or {}).get("aliases") or ()
        written += [Alias(name, f"{path}.networks.{network}.aliases") for name in names]
    written += service.context.once(_linked).get(service.name, ())
    return [alias for alias in written if alias.name.lower() not in (service.name.lower(), service.workload)]


def _linked(context: Context) -> dict[str, list[Alias]]:
    """By service: the names that others link to it by."""
    found: dict[str, list[Alias]] = {}
    for other, data in context.project["services"].items():
        for link in data.get("links") or ():
            target, _, alias = link.partition(":")
            if alias:
                found.setdefault(target, []).append(Alias(alias, f"services.{other}.links"))
    return found


def _taken(context: Context) -> frozenset[str]:
    """Names of all workloads, no two of which are the same."""
    return frozenset(context.names.values())


def problem(service: Service, alias: Alias) -> str:
    """Why no Service can have that name; empty if one can."""
    name = alias.name.lower()
    if "{{" in name:
        return "differs for each task, and no Service can have it"
    if not _DNS.match(name):
        return "is no DNS label, and no Service can have it"
    another = name != service.workload and name in service.context.once(_taken)
    return "is the name of another service" if another else ""


def _findings(service: Service) -> Iterator[Finding]:
    if not _DNS.match(service.name.lower()) or service.workload != service.name.lower():
        message = f"`{service.name}` is no DNS label: others reach it as `{service.workload}`; write that everywhere"
        yield service.finding("", "warning", "ServiceRenamed", message)
    for alias in aliases(service):
        if why := problem(service, alias):
            message = f"`{alias.name}` {why}; reach the service as `{service.workload}`"
            yield located(service.context.document, alias.path, "warning", "NameNotReachable", message)
