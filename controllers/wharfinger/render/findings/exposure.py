"""Findings about how a workload is reached: ports, Service, route."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from wharfinger.api.containerworkload import Workload
from wharfinger.api.status import Finding
from wharfinger.render import service
from wharfinger.render.findings.rule import Rule, error, warning
from wharfinger.render.options import Options
from wharfinger.render.pod_template import main_container
from wharfinger.render.route import active_route, target_port


def service_needs_a_mode(workload: Workload, _: Options) -> Iterator[Finding]:
    """An explicit Service in a mode whose pods end."""
    mode = workload.spec.mode
    if workload.spec.service is not None and workload.spec.service.enabled and not service.served(workload):
        yield warning("spec.service", "ServiceIgnored", f"mode {mode} has no Service: its pods end")


def service_needs_ports(workload: Workload, _: Options) -> Iterator[Finding]:
    """An explicit Service without a port."""
    block = workload.spec.service
    if block is not None and block.enabled and not workload.spec.ports and service.served(workload):
        yield warning("spec.service", "ServiceIgnored", "a Service needs a port: add one to spec.ports")


def service_ports_differ(workload: Workload, _: Options) -> Iterator[Finding]:
    """Two ports of one number and protocol in a Service are refused by the API server."""
    if not service.has_service(workload):
        return
    counts = Counter((service.service_port(port), port.protocol) for port in workload.spec.ports)
    for (number, protocol), count in counts.items():
        if count > 1:
            message = f"{count} ports lead to {number}/{protocol} of the Service: give each its own servicePort"
            yield error("spec.ports", "DuplicateServicePort", message)


def route_needs_service(workload: Workload, _: Options) -> Iterator[Finding]:
    """A route leads to the Service."""
    route = workload.spec.route
    if route is not None and route.enabled and not service.has_service(workload):
        message = "no route is made: it needs a port, and the Service that spec.service turns off or the mode lacks"
        yield warning("spec.route", "RouteIgnored", message)


def route_needs_gateway_api(workload: Workload, options: Options) -> Iterator[Finding]:
    """An HTTPRoute is a custom resource, which a cluster may lack."""
    route = active_route(workload)
    if route is not None and route.gateways and not options.http_route:
        message = "no route is made: the cluster has no gateway.networking.k8s.io/v1 HTTPRoute; install the Gateway API"
        yield warning("spec.route.gateways", "GatewayAPIMissing", message)


def route_paths_lead_somewhere(workload: Workload, _: Options) -> Iterator[Finding]:
    """A path's port is one of ours."""
    route = active_route(workload)
    for index, path in enumerate(route.paths if route else ()):
        if target_port(workload, path) is None:
            ports = ", ".join(f"{port.name} ({service.service_port(port)})" for port in workload.spec.ports)
            message = f"no port {path.port}; there are {ports}"
            yield error(f"spec.route.paths[{index}].port", "UnknownPort", message)


def gateway_terminates_tls(workload: Workload, _: Options) -> Iterator[Finding]:
    """With the Gateway API, certificates belong to the Gateway's listener."""
    route = active_route(workload)
    if route is not None and route.gateways and route.tls is not None:
        message = "ignored with gateways: the Gateway's listener holds the certificate"
        yield warning("spec.route.tls", "TlsIgnored", message)


def host_port_takes_the_node(workload: Workload, _: Options) -> Iterator[Finding]:
    """A host port is one pod a node, and not within Pod Security ``baseline``."""
    for index, port in enumerate(workload.spec.ports):
        if port.host_port is not None:
            message = "one pod a node can have it, and namespaces with Pod Security baseline or restricted refuse it"
            yield warning(f"spec.ports[{index}].hostPort", "HostPort", message)


def node_port_needs_a_type(workload: Workload, _: Options) -> Iterator[Finding]:
    """A node port without a Service that has one."""
    if service.has_service(workload) and service.block(workload).type in service.ON_NODES:
        return
    for index, port in enumerate(workload.spec.ports):
        if port.node_port is not None:
            message = "ignored: there is no Service of type NodePort or LoadBalancer"
            yield warning(f"spec.ports[{index}].nodePort", "NodePortIgnored", message)


def service_port_needs_service(workload: Workload, _: Options) -> Iterator[Finding]:
    """A Service's port without a Service."""
    if service.has_service(workload) or workload.spec.mode == "stateful":  # whose governing Service has it
        return
    for index, port in enumerate(workload.spec.ports):
        if port.service_port is not None:
            yield warning(f"spec.ports[{index}].servicePort", "ServicePortIgnored", "ignored: there is no Service")


def service_fields_fit_the_type(workload: Workload, _: Options) -> Iterator[Finding]:
    """Fields of a Service that is reached from outside, on one that is not."""
    block = service.block(workload)
    outside, balanced = block.type in service.ON_NODES, block.type == "LoadBalancer"
    for field, given, counts in (
        ("externalTrafficPolicy", block.external_traffic_policy, outside),
        ("loadBalancerClass", block.load_balancer_class, balanced),
        ("loadBalancerSourceRanges", block.load_balancer_source_ranges, balanced),
    ):
        if given and not counts:
            yield warning(f"spec.service.{field}", "ServiceFieldIgnored", f"ignored with type {block.type}")


def ingress_class_needs_an_ingress(workload: Workload, _: Options) -> Iterator[Finding]:
    """With Gateways there is no Ingress."""
    route = active_route(workload)
    if route is not None and route.gateways and route.ingress_class_name is not None:
        message = "ignored with gateways: an HTTPRoute has no class"
        yield warning("spec.route.ingressClassName", "IngressClassIgnored", message)


def port_names_are_service_names(workload: Workload, _: Options) -> Iterator[Finding]:
    """A port's name has a letter and no two dashes in a row (RFC 6335, section 5.1)."""
    for index, port in enumerate(workload.spec.ports):
        if "--" in port.name or not any(letter.isalpha() for letter in port.name):
            message = f"{port.name!r} is no name for a port: it needs a letter, and no two dashes in a row"
            yield error(f"spec.ports[{index}].name", "InvalidPortName", message)


def health_check_asks_a_port(workload: Workload, _: Options) -> Iterator[Finding]:
    """A probe of a port by a name that no port has fails for ever."""
    check = workload.spec.health_check
    for kind, handler in (("httpGet", check and check.http_get), ("tcpSocket", check and check.tcp_socket)):
        asked = handler.get("port") if handler else None
        if not isinstance(asked, str) or asked.isdigit():
            continue
        known = [port["name"] for port in main_container(workload).get("ports", ()) if "name" in port]
        if asked not in known:
            message = f"no port is called {asked!r}, so the check fails; ports: {', '.join(known) or 'none'}"
            yield warning(f"spec.healthCheck.{kind}.port", "UnknownPort", message)


RULES: tuple[Rule, ...] = (
    service_needs_a_mode,
    service_needs_ports,
    service_ports_differ,
    route_needs_service,
    route_needs_gateway_api,
    route_paths_lead_somewhere,
    gateway_terminates_tls,
    host_port_takes_the_node,
    node_port_needs_a_type,
    service_port_needs_service,
    service_fields_fit_the_type,
    ingress_class_needs_an_ingress,
    port_names_are_service_names,
    health_check_asks_a_port,
)
