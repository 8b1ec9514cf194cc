"""Services: the one that `spec.service` shapes, and the governing one of a StatefulSet."""

from __future__ import annotations

from wharfinger.api.builtin import SERVICE
from wharfinger.api.containerworkload import Port, ServiceBlock, Workload
from wharfinger.api.resource import Object
from wharfinger.render import names
from wharfinger.render.metadata import metadata, new, selector
from wharfinger.render.tasking import runs_jobs
from wharfinger.render.values import present

_SERVED_MODES = frozenset({"service", "stateful", "daemon", "pod", "tasks"})

ON_NODES = frozenset({"NodePort", "LoadBalancer"})
"""Types that have a port on every node."""
_DEFAULT = ServiceBlock()


def block(workload: Workload) -> ServiceBlock:
    """`spec.service`, or what its absence means."""
    return workload.spec.service or _DEFAULT


def served(workload: Workload) -> bool:
    """Whether its pods wait for requests; jobs end."""
    return workload.spec.mode in _SERVED_MODES and not runs_jobs(workload)


def has_service(workload: Workload) -> bool:
    """Whether a Service is made: there are ports, the mode serves, and nobody turned it off."""
    return bool(workload.spec.ports) and served(workload) and block(workload).enabled


def service_port(port: Port) -> int:
    """Where the Service listens for `port`."""
    return port.service_port or port.container_port


def services(workload: Workload) -> list[Object]:
    """All Services of the workload."""
    made = [_service(workload)] if has_service(workload) else []
    return [*made, _governing(workload)] if _needs_governing(workload) else made


def _needs_governing(workload: Workload) -> bool:
    """Whether the StatefulSet's headless Service is ours to make, and not one that exists."""
    stateful = workload.spec.stateful
    return workload.spec.mode == "stateful" and (stateful is None or stateful.service_name is None)


def _service(workload: Workload) -> Object:
    shape = block(workload)
    spec = {
        "selector": selector(workload),
        "ports": _ports(workload, on_nodes=shape.type in ON_NODES),
        "sessionAffinity": shape.session_affinity,
    }
    meta = metadata(workload, workload.name, annotations=shape.annotations)
    return new(SERVICE, meta, spec=spec | _type(shape) | _outside(shape) | (shape.spec or {}))


def _governing(workload: Workload) -> Object:
    """Gives each pod of a StatefulSet a DNS name, ready or not: peers must find each other to become ready."""
    spec = present(
        clusterIP="None",
        publishNotReadyAddresses=True,
        selector=selector(workload),
        ports=_ports(workload, on_nodes=False),
    )
    return new(SERVICE, metadata(workload, names.governing_service(workload)), spec=spec)


def _type(shape: ServiceBlock) -> Object:
    return {"type": "ClusterIP", "clusterIP": "None"} if shape.type == "Headless" else {"type": shape.type}


def _ports(workload: Workload, *, on_nodes: bool) -> list[Object]:
    return [_port(port, on_nodes=on_nodes) for port in workload.spec.ports]


def _port(port: Port, *, on_nodes: bool) -> Object:
    return present(
        name=port.name,
        port=service_port(port),
        targetPort=port.name,
        protocol=port.protocol,
        appProtocol=port.app_protocol,
        nodePort=port.node_port if on_nodes else None,
    )


def _outside(shape: ServiceBlock) -> Object:
    """The fields that the API server takes only with a type that is reached from outside."""
    balanced = shape.type == "LoadBalancer"
    return present(
        externalTrafficPolicy=shape.external_traffic_policy if shape.type in ON_NODES else None,
        loadBalancerClass=shape.load_balancer_class if balanced else None,
        loadBalancerSourceRanges=list(shape.load_balancer_source_ranges) if balanced else None,
    )
