"""How a workload is reached and what it may reach: Service, route, network policy."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from wharfinger.api import core
from wharfinger.api.lists import ListSet
from wharfinger.api.model import Bool, DnsLabel, DnsSubdomain, IntOrName, Labels, Model


class ServiceBlock(Model):
    """The Service. Made when there are ports, unless turned off."""

    enabled: Bool = True
    """False: no Service is made."""
    type: Literal["ClusterIP", "Headless", "NodePort", "LoadBalancer"] = "ClusterIP"
    """As core/v1 ServiceSpec.type; Headless is ClusterIP with clusterIP None."""
    annotations: Labels = {}
    """Annotations on the Service, as cloud load balancers ask for."""
    session_affinity: Literal["None", "ClientIP"] = "None"
    """ClientIP: one client keeps to one pod."""
    external_traffic_policy: Literal["Cluster", "Local"] | None = None
    """NodePort and LoadBalancer only. Local keeps the client's address."""
    load_balancer_class: Annotated[str, Field(max_length=253)] | None = None
    """LoadBalancer only: which implementation."""
    load_balancer_source_ranges: Annotated[list[str], Field(max_length=64), ListSet()] = []
    """LoadBalancer only: CIDRs that may connect."""
    spec: core.ServiceSpec | None = None
    """A partial core/v1 ServiceSpec for everything else: each field given takes the place of the one rendered."""


class RoutePath(Model):
    """A path and where it leads."""

    path: Annotated[str, StringConstraints(pattern=r"^/", max_length=1024)] = "/"
    """Path to match."""
    path_type: Literal["Prefix", "Exact"] = "Prefix"
    """How to match it."""
    port: IntOrName | None = None
    """Port by name or by Service port; the first of `ports` if absent."""


class RouteTls(Model):
    """TLS for the route's hosts. With HTTPRoute, TLS belongs to the Gateway's listener."""

    secret_name: DnsSubdomain | None = None
    """Secret with tls.crt and tls.key; the controller's default certificate if absent."""


class ParentRef(Model):
    """A Gateway to attach to."""

    name: DnsSubdomain
    """Name of the Gateway."""
    namespace: DnsLabel | None = None
    """Its namespace; ours if absent."""
    section_name: DnsSubdomain | None = None
    """One of its listeners."""


class Route(Model):
    """How HTTP comes in: an Ingress, or an HTTPRoute where `gateways` are named."""

    enabled: Bool = True
    """False: no route is made."""
    hosts: Annotated[list[Annotated[str, Field(max_length=253)]], Field(max_length=32), ListSet()] = []
    """Host names; any if empty."""
    paths: Annotated[list[RoutePath], Field(min_length=1, max_length=32)] = [RoutePath()]
    """Paths; everything to the first port if absent."""
    tls: RouteTls | None = None
    """TLS for all `hosts`."""
    ingress_class_name: DnsSubdomain | None = None
    """Class; the cluster's default if absent."""
    gateways: Annotated[list[ParentRef], Field(max_length=8)] = []
    """Gateways to attach to. With them an HTTPRoute is made in place of an Ingress."""
    annotations: Labels = {}
    """Annotations on the Ingress or HTTPRoute."""


class IpBlock(Model):
    """A CIDR, less some of its parts."""

    cidr: Annotated[str, Field(max_length=64)]
    """``10.0.0.0/8``"""
    except_: Annotated[list[Annotated[str, Field(max_length=64)]], Field(alias="except", max_length=64)] = []
    """CIDRs within it that are left out."""


class NetworkPort(Model):
    """A port of the peer's or ours."""

    port: IntOrName
    """By number, or by name."""
    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"
    """Transport."""


class IngressRule(Model):
    """Who may connect. What is named adds up; an empty rule lets everyone in."""

    from_workloads: Annotated[list[DnsLabel], Field(max_length=64), ListSet()] = []
    """ContainerWorkloads of the same namespace, by name."""
    from_namespaces: Annotated[list[DnsLabel], Field(max_length=64), ListSet()] = []
    """Every pod of these namespaces."""
    from_pods: Annotated[list[core.LabelSelector], Field(max_length=64)] = []
    """Pods of the same namespace, by LabelSelector."""
    from_cidrs: Annotated[list[IpBlock], Field(max_length=64)] = []
    """Addresses."""
    ports: Annotated[list[NetworkPort], Field(max_length=64)] = []
    """On these ports; all if empty."""


class EgressRule(Model):
    """Where it may connect to. What is named adds up; an empty rule lets everything out."""

    to_workloads: Annotated[list[DnsLabel], Field(max_length=64), ListSet()] = []
    """ContainerWorkloads of the same namespace, by name."""
    to_namespaces: Annotated[list[DnsLabel], Field(max_length=64), ListSet()] = []
    """Every pod of these namespaces."""
    to_pods: Annotated[list[core.LabelSelector], Field(max_length=64)] = []
    """Pods of the same namespace, by LabelSelector."""
    to_cidrs: Annotated[list[IpBlock], Field(max_length=64)] = []
    """Addresses."""
    dns: Bool = False
    """Port 53, UDP and TCP, anywhere: names resolve."""
    ports: Annotated[list[NetworkPort], Field(max_length=64)] = []
    """On these ports; all if empty. Does not narrow `dns`."""


class Network(Model):
    """A NetworkPolicy on the workload's pods. A direction that is absent is not restricted; an empty list closes it."""

    enabled: Bool = True
    """False: no NetworkPolicy is made."""
    ingress: Annotated[list[IngressRule], Field(max_length=64)] | None = None
    """Who may connect."""
    egress: Annotated[list[EgressRule], Field(max_length=64)] | None = None
    """Where it may connect to."""
