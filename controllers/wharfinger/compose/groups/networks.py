"""Networks: which services reach one another, by NetworkPolicies.

A pod has a label for each of its networks, and each network a policy that lets those of the same label in. Policies add
up, so that a service on two networks is reached from both. Where all services share a network there is nothing to keep
apart, and no policy. An `internal` network lets its services reach one another and name servers, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose import names
from wharfinger.compose.groups.naming import unreachable
from wharfinger.compose.groups.objects import metadata, pods_of
from wharfinger.compose.groups.ports import published
from wharfinger.compose.joining import target
from wharfinger.compose.part import Context, Part, Service, located
from wharfinger.compose.rows import Row

NETWORK_LABEL: Final = "network.compose.wharfinger.dev/"
"""And the network's name: on the pods of its services."""

_USUAL_DRIVERS: Final = ("", "bridge", "overlay", "default")
_DNS_PORTS: Final = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]

_ATTACHED: Final = {
    "ipv4_address": "a pod's address is the cluster's; reach it by name",
    "ipv6_address": "a pod's address is the cluster's; reach it by name",
    "link_local_ips": "a pod's address is the cluster's; reach it by name",
    "mac_address": "a pod's hardware address is the cluster's",
    "driver_opts": "the cluster's network has no options for a pod",
    "priority": "a pod has one network, in which all of these are",
    "gw_priority": "a pod has one network, in which all of these are",
    "interface_name": "a pod has one network interface, eth0",
}
"""Attributes of a service on a network, and why they have no effect."""

_NETWORK: Final = {
    "driver_opts": "the network is the cluster's, and has no options",
    "ipam": "addresses are the cluster's; reach services by name",
    "enable_ipv4": "which addresses there are is the cluster's to say",
    "enable_ipv6": "which addresses there are is the cluster's to say",
    "attachable": "pods from elsewhere join by the network's label",
}
"""Attributes of a network, and why they have no effect."""

ROWS: Final = (
    Row(
        "services.*.networks",
        "honoured",
        "a label on the pods for each network, and a NetworkPolicy for each that lets only those of the network in; "
        "none where all services share one",
    ),
    *(Row(f"services.*.networks.*.{name}", "reported", why) for name, why in _ATTACHED.items()),
    Row("services.*.mac_address", "reported", _ATTACHED["mac_address"]),
    Row(
        "services.*.network_mode",
        "partly",
        "`host`: `hostNetwork`. `none`: a NetworkPolicy that lets nothing in or out. `bridge`: the default network, "
        "with a finding. `service:NAME`, and `container:NAME` of the project: a further container in the pods of that "
        "service, without a workload of its own, with a finding for each attribute that containers of a pod share. "
        "`container:NAME` of elsewhere: an error",
    ),
    Row("networks.*.name", "honoured", "what projects share the network by: its label"),
    Row(
        "networks.*.driver",
        "partly",
        "`bridge` and `overlay` are what the cluster's network does; another has a finding",
    ),
    Row("networks.*.internal", "honoured", "a NetworkPolicy without egress but to the network and name servers"),
    Row(
        "networks.*.external",
        "honoured",
        "the label alone: pods of other projects and namespaces with it get in too",
        whole=True,
    ),
    Row("networks.*.labels", "honoured", "annotations of the NetworkPolicy"),
    *(Row(f"networks.*.{name}", "reported", why) for name, why in _NETWORK.items()),
)


def part(service: Service) -> Part:
    """Labels of the pods, and what `network_mode` asks for."""
    mode: str = service.data.get("network_mode") or ""
    pod: Object = {}
    if mode == "host":
        pod = {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
    isolated = apart(service.context)
    objects: tuple[Object, ...] = ()
    if mode == "none":
        objects = (_closed(service),)
    elif isolated and not unreachable(service) and any(port.outside for port in published(service.data)):
        objects = (_from_outside(service),)
    return Part(
        spec={"podLabels": labels} if (labels := _labels(service)) else {},
        pod=pod,
        objects=objects,
        findings=tuple(_findings(service)),
    )


def _labels(service: Service) -> dict[str, str]:
    """A label for each network that a policy speaks of: here, or in another project on an external one."""
    if unreachable(service):
        return {}
    context, networks = service.context, _networks(service.context)
    every = apart(context) or any(network.get("internal") for network in networks.values())
    wanted = [name for name in _attached(service.data) if every or networks.get(name, {}).get("external")]
    return {_label(context, name): "" for name in wanted}


def top_level(context: Context) -> Part:
    """The policies of the networks, and what is said about them."""
    used = {name for data in _services(context) for name in _attached(data)}
    policies = [
        policy
        for name, network in _networks(context).items()
        if name in used
        for policy in _policies(context, name, network)
    ]
    return Part(objects=tuple(policies), findings=tuple(_network_findings(context)))


def apart(context: Context) -> bool:
    """Whether there are services that share no network, so that something has to keep them apart."""
    return context.once(_apart)


def _apart(context: Context) -> bool:
    sets = [set(_attached(data)) for data in _services(context) if not data.get("network_mode")]
    return not set.intersection(*sets) if sets else False


def _networks(context: Context) -> Object:
    return context.once(_all_networks)


def _all_networks(context: Context) -> Object:
    return {name: network or {} for name, network in (context.project.get("networks") or {}).items()}


def _services(context: Context) -> list[Object]:
    return list(context.project["services"].values())


def _attached(data: Object) -> list[str]:
    return list(data.get("networks") or ())


def _label(context: Context, network: str) -> str:
    return f"{NETWORK_LABEL}{shared_name(context, network)}"


def shared_name(context: Context, network: str) -> str:
    """The network's own name, which projects share: ``shop_front`` becomes ``shop-front``."""
    return names.legal(_networks(context).get(network, {}).get("name") or network)


def _policies(context: Context, name: str, network: Object) -> Iterator[Object]:
    """What lets the services of a network in, and, where it is internal, out."""
    members: Object = {"podSelector": {"matchLabels": {_label(context, name): ""}}}
    if network.get("external"):
        members = {"namespaceSelector": {}, **members}
    if apart(context):
        ingress = {"policyTypes": ["Ingress"], "ingress": [{"from": [members]}]}
        called = f"{context.project.get('name')}-{name}" if network.get("external") else shared_name(context, name)
        yield _policy(context, names.legal(called), {_label(context, name): ""}, ingress, network)
    if network.get("internal"):
        for service in _only_internal(context, name):
            egress = {"policyTypes": ["Egress"], "egress": [{"to": [members]}, {"ports": _DNS_PORTS}]}
            internal = f"{context.names[service]}-{shared_name(context, name)}"
            yield _policy(context, names.legal(internal), pods_of(context.pods(service)), egress, network)


def _only_internal(context: Context, network: str) -> list[str]:
    """Services of an internal network that are on no other through which they could get out."""
    networks = _networks(context)
    return [
        name
        for name, data in context.project["services"].items()
        if network in _attached(data) and all(networks.get(each, {}).get("internal") for each in _attached(data))
    ]


def _policy(context: Context, name: str, selector: Object, spec: Object, network: Object) -> Object:
    about = metadata(context, name)
    if labels := network.get("labels"):
        about["annotations"] = {key: str(value) for key, value in labels.items()}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": about,
        "spec": {"podSelector": {"matchLabels": selector}, **spec},
    }


def _closed(service: Service) -> Object:
    """Nothing in, nothing out."""
    spec: Object = {"policyTypes": ["Ingress", "Egress"]}
    name = names.legal(f"{service.workload}-none")
    return _policy(service.context, name, pods_of(service.pods), spec, {})


def _from_outside(service: Service) -> Object:
    """Whoever is outside reaches what is published."""
    ports = {(port.target, port.protocol): None for port in published(service.data) if port.outside}
    allowed = [{"port": target, "protocol": protocol} for target, protocol in ports]
    spec = {"policyTypes": ["Ingress"], "ingress": [{"ports": allowed}]}
    name = names.legal(f"{service.workload}-published")
    return _policy(service.context, name, pods_of(service.pods), spec, {})


def _findings(service: Service) -> Iterator[Finding]:
    for network, attached in (service.data.get("networks") or {}).items():
        for attribute in attached or ():
            if attribute in _ATTACHED:
                where = f"networks.{network}.{attribute}"
                yield service.finding(where, "warning", "NetworkOfCluster", f"has no effect: {_ATTACHED[attribute]}")
    if service.data.get("mac_address"):
        message = f"has no effect: {_ATTACHED['mac_address']}"
        yield service.finding("mac_address", "warning", "NetworkOfCluster", message)
    mode: str = service.data.get("network_mode") or ""
    if mode.startswith("container:") and not target(service.context.project["services"], mode):
        message = (
            f"`{mode}` is outside of the project, and no pod can be joined from there; bring it in as a service, and "
            f"write service:NAME"
        )
        yield service.finding("network_mode", "error", "NetworkOfAnother", message)
    elif mode not in ("", "none", "host") and ":" not in mode:
        message = f"`{mode}` is the cluster's network, on which services reach one another by name"
        yield service.finding("network_mode", "info", "NetworkOfCluster", message)


def _network_findings(context: Context) -> Iterator[Finding]:
    def finding(where: str, message: str) -> Finding:
        return located(context.document, f"networks.{where}", "warning", "NetworkOfCluster", message)

    for name, network in _networks(context).items():
        driver = network.get("driver") or ""
        if driver not in _USUAL_DRIVERS:
            yield finding(f"{name}.driver", f"`{driver}` has no effect: the network is the cluster's")
        for attribute, why in _NETWORK.items():
            if network.get(attribute):
                yield finding(f"{name}.{attribute}", f"has no effect: {why}")
