"""Ports: what a service listens on, and how it is reached from outside of the cluster.

Within the cluster every port of a service can be reached by its name, as in Compose, said or not: the Service of that
name is headless (`groups.naming`). A published port gets a Service of its own, NAME-published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.groups.objects import service_object
from wharfinger.compose.kompose import asked
from wharfinger.compose.mode import mode_of
from wharfinger.compose.names import LONGEST, hashed
from wharfinger.compose.part import Part, Service
from wharfinger.compose.rows import Row

ROWS: Final = (
    Row("services.*.ports.target", "honoured", "`containerPort` of `spec.ports`; ranges become one port each"),
    Row(
        "services.*.ports.published",
        "partly",
        "the port of a Service NAME-published, of type LoadBalancer, or `hostPort` with mode host; of a range the "
        "first, and without it nothing, each with a finding",
    ),
    Row("services.*.ports.mode", "honoured", "`host`: `hostPort`, one pod a node. `ingress`: the Service"),
    Row(
        "services.*.ports.host_ip",
        "partly",
        "a loopback address: not published, and kubectl port-forward reaches it. Another: all addresses. Each with a "
        "finding",
    ),
    Row("services.*.ports.protocol", "honoured", "`protocol`: tcp, udp, sctp"),
    Row("services.*.ports.name", "honoured", "name of the Service's port, where Kubernetes takes it"),
    Row("services.*.ports.app_protocol", "honoured", "`appProtocol`"),
    Row("services.*.expose", "honoured", "`spec.ports`; ranges become one port each"),
)

MOST: Final = 64
"""Ports of a ContainerWorkload."""
LAST: Final = 65535
_PROTOCOLS: Final = ("TCP", "UDP", "SCTP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """An entry of ``ports``."""

    index: int
    target: int
    protocol: str
    """As Kubernetes writes it: TCP."""
    name: str
    app_protocol: str | None
    port: int | None
    """Where it is published; the first of a range."""
    host: bool
    """Mode host: on the node where the container runs."""
    local: bool
    """For the machine itself alone."""

    @property
    def outside(self) -> bool:
        """Whether a Service publishes it."""
        return not self.host and not self.local and self.port is not None

    @property
    def on_node(self) -> bool:
        """Whether the node itself publishes it."""
        return self.host and not self.local and self.port is not None


def published(data: Object) -> list[Published]:
    """The entries of ``ports``, in their order."""
    return [_published(index, port) for index, port in enumerate(data.get("ports") or ())]


def _published(index: int, port: Object) -> Published:
    first = str(port.get("published") or "").partition("-")[0]
    address = port.get("host_ip") or ""
    protocol = str(port.get("protocol") or "tcp").upper()
    return Published(
        index=index,
        target=int(port["target"]),
        protocol=protocol,
        name=_name(port.get("name"), protocol, int(port["target"])),
        app_protocol=port.get("app_protocol"),
        port=int(first) if first.isdecimal() and int(first) else None,
        host=port.get("mode") == "host",
        local=bool(address) and ip_address(address).is_loopback,
    )


def _name(written: str | None, protocol: str, target: int) -> str:
    legal = written and len(written) <= 15 and written.replace("-", "").isalnum() and written == written.lower()
    return written if legal and written and not written.startswith("-") else f"{protocol.lower()}-{target}"


def exposed(data: Object) -> Iterator[tuple[int, str]]:
    """Port and protocol of each entry of ``expose``, ranges expanded; of a huge range enough to be too many."""
    for numbers, protocol in _exposures(data):
        for number in numbers[: MOST + 1]:
            yield number, protocol


def _exposures(data: Object) -> Iterator[tuple[range, str]]:
    """The entries of ``expose``; empty where one is no port."""
    for entry in data.get("expose") or ():
        numbers, _, protocol = str(entry).partition("/")
        first, _, last = numbers.partition("-")
        legal = _is_port(first) and _is_port(last or first)
        yield range(int(first), int(last or first) + 1) if legal else range(0), (protocol or "tcp").upper()


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 5 and 0 < int(text) <= LAST


def part(service: Service) -> Part:
    """`spec.ports`, and the Service of what is published."""
    entries = published(service.data)
    ports = _container_ports(service.data, entries)
    problems = tuple(_problems(service, entries, ports))
    if any(problem.severity == "error" for problem in problems):
        return Part(findings=problems)
    spec: Object = {"ports": ports, "service": {"enabled": False}} if ports else {}
    if mode_of(service) == "service" and any(entry.on_node for entry in entries):
        spec["rollout"] = {"strategy": "Recreate"}  # the node's port is free when the old pod is gone
    outside = [entry for entry in entries if entry.outside]
    objects = (_outside(service, outside),) if outside else ()
    return Part(spec=spec, objects=objects, findings=(*problems, *_findings(service, entries)))


def _container_ports(data: Object, entries: list[Published]) -> list[Object]:
    """Each port that the container listens on, once; and once more for each that the node publishes."""
    made: dict[tuple[str, int], Object] = {}
    for entry in entries:
        port: Object = {"name": entry.name, "containerPort": entry.target, "protocol": entry.protocol}
        if entry.app_protocol:
            port["appProtocol"] = entry.app_protocol
        if entry.on_node:
            port["hostPort"] = entry.port
        taken = made.get((entry.protocol, entry.target), {})
        if entry.on_node and taken.get("hostPort", entry.port) != entry.port:
            name = f"h{entry.port}-{entry.protocol.lower()}"
            made[name, entry.target] = port | {"name": name}
        else:
            made[entry.protocol, entry.target] = taken | port
    for number, protocol in exposed(data):
        port = {"name": f"{protocol.lower()}-{number}", "containerPort": number, "protocol": protocol}
        made.setdefault((protocol, number), port)
    return [port | {"name": name} for port, name in zip(made.values(), _unique(made.values()), strict=True)]


def _unique(ports: Iterable[Object]) -> list[str]:
    """A name for each port: its own, or by protocol and number where another has it."""
    names: list[str] = []
    taken: set[str] = set()
    for port in ports:
        plain = f"{port['protocol'].lower()}-{port['containerPort']}"
        names.append(port["name"] if port["name"] not in taken else plain)
        taken.add(names[-1])
    return names


def _outside(service: Service, entries: list[Published]) -> Object:
    """The Service of type LoadBalancer with the ports as they are published."""
    ports = {
        (entry.port, entry.protocol): {
            "name": f"{entry.protocol.lower()}-{entry.port}",
            "port": entry.port,
            "targetPort": entry.target,
            "protocol": entry.protocol,
        }
        | ({"appProtocol": entry.app_protocol} if entry.app_protocol else {})
        for entry in entries
    }
    spec = {"type": "LoadBalancer", "ports": list(ports.values())} | service_type(service.data)
    if (number := node_port(service.data)) and spec["type"] == "NodePort" and len(ports) == 1:
        spec["ports"] = [{**port, "nodePort": number} for port in ports.values()]
    return service_object(service, outside_name(service), spec)


_TYPES: Final = {"nodeport": "NodePort", "clusterip": "ClusterIP", "loadbalancer": "LoadBalancer"}


def service_type(data: Object) -> dict[str, str]:
    """Type and externalTrafficPolicy of what is published, as far as labels of kompose's say.

    Behind an Ingress it needs no address of its own.
    """
    given = asked(data)
    found = {"type": "ClusterIP"} if given.get("service.expose") else {}
    if kind := _TYPES.get(given.get("service.type", "").lower()):
        found["type"] = kind
    policy = given.get("service.external-traffic-policy", "").capitalize()
    if policy in ("Local", "Cluster") and found.get("type") != "ClusterIP":
        found["externalTrafficPolicy"] = policy
    return found


def node_port(data: Object) -> int | None:
    """The port of each node that a label of kompose's asks for, where it is one."""
    written = asked(data).get("service.nodeport.port", "")
    return int(written) if written.isdecimal() and 0 < int(written) < 65536 else None


def outside_name(service: Service) -> str:
    """``web-published``: a Service's name has 63 characters."""
    name = service.workload
    return f"{name if len(name) <= LONGEST else hashed(name, name)}-published"


def _problems(service: Service, entries: list[Published], ports: list[Object]) -> Iterator[Finding]:
    if len(ports) > MOST:
        message = f"more than {MOST} ports, which can be named. The others need not be: every port can be reached"
        where = "ports" if len(entries) > MOST else "expose"
        yield service.finding(where, "error", "TooManyPorts", message)
    for index, (numbers, _) in enumerate(_exposures(service.data)):
        if not numbers:
            message = f"`{service.data['expose'][index]}` is no port; write a number of 1 to {LAST}, or a range: 80-81"
            yield service.finding(f"expose[{index}]", "error", "PortUnknown", message)
    for entry in entries:
        if entry.protocol not in _PROTOCOLS:
            message = f"Kubernetes knows no protocol `{entry.protocol.lower()}`; write tcp, udp or sctp"
            yield service.finding(f"ports[{entry.index}]", "error", "ProtocolUnknown", message)


def _findings(service: Service, entries: list[Published]) -> Iterator[Finding]:
    for entry in entries:
        written = service.data["ports"][entry.index]
        where = f"ports[{entry.index}]"
        if entry.local:
            message = (
                f"is for {written['host_ip']} alone, and not published; "
                f"kubectl port-forward svc/{service.workload} {entry.port or entry.target}:{entry.target} reaches it"
            )
            yield service.finding(f"{where}.host_ip", "info", "PortOfMachine", message)
        elif written.get("host_ip") not in (None, "", "0.0.0.0", "::"):  # noqa: S104 - compared with, not bound to
            message = f"is published on every address, not on {written['host_ip']} alone: a cluster has other addresses"
            yield service.finding(f"{where}.host_ip", "warning", "PortOnAllAddresses", message)
        if entry.port is None and not entry.local:
            message = f"is not published, since there is no port for it; write `PORT:{entry.target}`"
            yield service.finding(where, "warning", "PortNotPublished", message)
        elif "-" in str(written.get("published") or ""):
            message = f"the first of the range {written['published']} is published, {entry.port}; write one port"
            yield service.finding(f"{where}.published", "warning", "FirstOfRange", message)
