"""``network``: a NetworkPolicy on the workload's pods."""

from __future__ import annotations

from collections.abc import Iterator

from wharfinger.api.builtin import NETWORK_POLICY
from wharfinger.api.containerworkload import EgressRule, IngressRule, IpBlock, Network, NetworkPort, Workload
from wharfinger.api.resource import Object
from wharfinger.render.metadata import metadata, new, pods_of, selector
from wharfinger.render.values import present

_NAMESPACE_LABEL = "kubernetes.io/metadata.name"
"""Set by the API server on every namespace."""

_DNS: Object = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}


def network_policies(workload: Workload) -> list[Object]:
    """The policy; none where no direction is restricted."""
    network = workload.spec.network
    if network is None or not network.enabled or not _directions(network):
        return []
    spec = {"podSelector": {"matchLabels": selector(workload)}, "policyTypes": _directions(network)} | present(
        ingress=[_ingress_rule(rule) for rule in network.ingress or ()],
        egress=[made for rule in network.egress or () for made in _egress_rules(rule)],
    )
    return [new(NETWORK_POLICY, metadata(workload, workload.name), spec=spec)]


def _directions(network: Network) -> list[str]:
    """A direction with an empty list is named, and so closed; one that is absent is not, and so open."""
    given = {"Ingress": network.ingress, "Egress": network.egress}
    return [direction for direction, rules in given.items() if rules is not None]


def _ingress_rule(rule: IngressRule) -> Object:
    peers = _peers(rule.from_workloads, rule.from_namespaces, rule.from_pods, rule.from_cidrs)
    return present(**{"from": peers}, ports=_ports(rule.ports))


def _egress_rules(rule: EgressRule) -> Iterator[Object]:
    """The rule, and names beside it: `dns` opens one port to anywhere, whatever the rule's peers and ports are."""
    peers = _peers(rule.to_workloads, rule.to_namespaces, rule.to_pods, rule.to_cidrs)
    ports = _ports(rule.ports)
    if rule.dns:
        yield _DNS
    if peers or ports or not rule.dns:
        yield present(to=peers, ports=ports)


def _peers(workloads: list[str], namespaces: list[str], pods: list[Object], cidrs: list[IpBlock]) -> list[Object]:
    return [
        *({"podSelector": {"matchLabels": labels}} for name in workloads for labels in pods_of(name)),
        *({"namespaceSelector": {"matchLabels": {_NAMESPACE_LABEL: name}}} for name in namespaces),
        *({"podSelector": labels} for labels in pods),
        *({"ipBlock": _ip_block(block)} for block in cidrs),
    ]


def _ip_block(block: IpBlock) -> Object:
    return present(**{"cidr": block.cidr, "except": list(block.except_)})


def _ports(ports: list[NetworkPort]) -> list[Object]:
    return [{"port": port.port, "protocol": port.protocol} for port in ports]
