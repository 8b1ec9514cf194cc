"""How a service looks up names: hosts of its own, name servers, search domains."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.part import Part, Service
from wharfinger.compose.rows import Row

ROWS: Final = (
    Row("services.*.extra_hosts", "partly", "`hostAliases`; `host-gateway` has a finding"),
    Row(
        "services.*.dns",
        "partly",
        "`dnsConfig.nameservers`, after the cluster's own, which keeps services' names; a finding says so",
    ),
    Row("services.*.dns_search", "honoured", "`dnsConfig.searches`, after the cluster's own"),
    Row("services.*.dns_opt", "honoured", "`dnsConfig.options`"),
)

_MOST_SERVERS: Final = 2
"""Of three that a pod may have, the first is the cluster's."""


def part(service: Service) -> Part:
    """`hostAliases` and `dnsConfig`."""
    data = service.data
    hosts = _host_aliases(data)
    config: Object = {
        "nameservers": list(data.get("dns") or ())[:_MOST_SERVERS],
        "searches": list(data.get("dns_search") or ()),
        "options": [_option(text) for text in data.get("dns_opt") or ()],
    }
    config = {name: value for name, value in config.items() if value}
    pod: Object = ({"hostAliases": hosts} if hosts else {}) | ({"dnsConfig": config} if config else {})
    return Part(pod=pod, findings=tuple(_findings(service)))


def _option(text: str) -> Object:
    """``ndots:2`` or ``rotate``."""
    name, _, value = text.partition(":")
    return {"name": name, "value": value} if value else {"name": name}


def _hosts(data: Object) -> Iterator[tuple[int, str, str]]:
    """Index, name and address of each entry: ``name=address`` in canonical form."""
    for index, text in enumerate(data.get("extra_hosts") or ()):
        name, _, address = text.partition("=")
        yield index, name, address


def _host_aliases(data: Object) -> list[Object]:
    found: dict[str, list[str]] = {}
    for _, name, address in _hosts(data):
        if _is_address(address):
            found.setdefault(address, []).append(name)
    return [{"ip": address, "hostnames": names} for address, names in found.items()]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _findings(service: Service) -> Iterator[Finding]:
    data = service.data
    for index, name, address in _hosts(data):
        if not _is_address(address):
            message = (
                f"{name}: `{address}` is no address, and the machine under a pod has none that is known; write one"
            )
            yield service.finding(f"extra_hosts[{index}]", "warning", "HostUnknown", message)
    if data.get("dns"):
        message = f"asked after the cluster's own servers only, {_MOST_SERVERS} at most: they know the services' names"
        yield service.finding("dns", "warning", "ServersAfterCluster", message)
