"""``route``: HTTP from outside, as an Ingress or, where Gateways are named, as an HTTPRoute."""

from __future__ import annotations

from collections.abc import Iterator

from wharfinger.api.builtin import HTTP_ROUTE, INGRESS
from wharfinger.api.containerworkload import ParentRef, Port, Route, RoutePath, Workload
from wharfinger.api.resource import Object
from wharfinger.render.metadata import metadata, new
from wharfinger.render.options import Options
from wharfinger.render.service import has_service, service_port
from wharfinger.render.values import present

_PATH_MATCH = {"Prefix": "PathPrefix", "Exact": "Exact"}
"""Ingress' path types in the words of the Gateway API."""


def active_route(workload: Workload) -> Route | None:
    """`spec.route` where it can be made: turned on, and with a Service to lead to."""
    route = workload.spec.route
    return route if route is not None and route.enabled and has_service(workload) else None


def routes(workload: Workload, options: Options) -> list[Object]:
    """The Ingress or the HTTPRoute; neither where the cluster lacks the kind, or a path leads to no port of ours."""
    route = active_route(workload)
    if route is None or any(target_port(workload, path) is None for path in route.paths):
        return []
    if not route.gateways:
        return [_ingress(workload, route)]
    return [_http_route(workload, route)] if options.http_route else []


def target_port(workload: Workload, path: RoutePath) -> int | None:
    """The Service's port that a path leads to: by name, by number, or the first; None where there is no such port."""
    candidates = (port for port in workload.spec.ports if path.port is None or _is(port, path.port))
    port = next(candidates, None)
    return None if port is None else service_port(port)


def _is(port: Port, wanted: int | str) -> bool:
    return wanted in (port.name, service_port(port))


def _ingress(workload: Workload, route: Route) -> Object:
    spec = present(
        ingressClassName=route.ingress_class_name,
        rules=list(_ingress_rules(workload, route)),
        tls=_ingress_tls(route),
    )
    return new(INGRESS, metadata(workload, workload.name, annotations=route.annotations), spec=spec)


def _ingress_rules(workload: Workload, route: Route) -> Iterator[Object]:
    paths = [_ingress_path(workload, path) for path in route.paths]
    for host in route.hosts or [""]:  # a rule without a host takes any
        yield present(host=host, http={"paths": paths})


def _ingress_path(workload: Workload, path: RoutePath) -> Object:
    service = {"name": workload.name, "port": {"number": target_port(workload, path)}}
    return {"path": path.path, "pathType": path.path_type, "backend": {"service": service}}


def _ingress_tls(route: Route) -> list[Object]:
    if route.tls is None:
        return []
    return [present(hosts=list(route.hosts), secretName=route.tls.secret_name)]


def _http_route(workload: Workload, route: Route) -> Object:
    spec = present(
        parentRefs=[_parent(gateway) for gateway in route.gateways],
        hostnames=list(route.hosts),
        rules=[_http_rule(workload, path) for path in route.paths],
    )
    return new(HTTP_ROUTE, metadata(workload, workload.name, annotations=route.annotations), spec=spec)


def _parent(gateway: ParentRef) -> Object:
    return present(name=gateway.name, namespace=gateway.namespace, sectionName=gateway.section_name)


def _http_rule(workload: Workload, path: RoutePath) -> Object:
    return {
        "matches": [{"path": {"type": _PATH_MATCH[path.path_type], "value": path.path}}],
        "backendRefs": [{"name": workload.name, "port": target_port(workload, path)}],
    }
