"""``healthCheck`` as Kubernetes probes, by Docker's rules.

Docker's HEALTHCHECK (docs.docker.com/reference/dockerfile/#healthcheck) knows one check with two lives: until it first
succeeds, failures within the start period do not count and checks may come faster; afterwards `retries` failures in a
row make the container unhealthy. Kubernetes splits this over three probes, with one trap: a startup probe that reaches
its threshold *kills* the container (kubernetes.io/docs/concepts/workloads/pods/probes); plain Docker only marks it.

- startup: checks every `startInterval` until the first success, and holds the others back until then. With
  ``onUnhealthy: restart`` its threshold is the moment at which Docker would say unhealthy. With ``unready`` its
  threshold is out of reach: the pod is not ready meanwhile, which is all that is asked for.
- readiness: every `interval` after that; `retries` failures take the pod out of the Service, one success puts it back.
- liveness, with ``onUnhealthy: restart`` only: the same, but the container is restarted.
"""

from __future__ import annotations

from math import ceil

from wharfinger.api.containerworkload import HealthCheck
from wharfinger.api.resource import Object
from wharfinger.render.values import whole_seconds

NEVER = 2**31 - 1
"""A failureThreshold that is not reached: int32's largest, 68 years of checks a second."""


def probes(check: HealthCheck | None) -> Object:
    """The probe fields of a container, as core/v1 names them; none where the check is absent or turned off."""
    handler = _handler(check) if check is not None and check.enabled else {}
    if check is None or not handler:
        return {}
    steady = _probe(handler, check, period=interval(check), failures=check.retries)
    made = {"readinessProbe": steady}
    if check.on_unhealthy == "restart":
        made["livenessProbe"] = steady
    if check.on_unhealthy == "restart" or start_interval(check) < interval(check):
        made["startupProbe"] = _probe(handler, check, period=start_interval(check), failures=start_failures(check))
    return made


def interval(check: HealthCheck) -> int:
    """Seconds between checks once started."""
    return whole_seconds(check.interval, minimum=1)


def start_interval(check: HealthCheck) -> int:
    """Seconds between checks until the first success: a fifth of `interval` if not given."""
    if check.start_interval is None:
        return max(1, interval(check) // 5)
    return whole_seconds(check.start_interval, minimum=1)


def start_failures(check: HealthCheck) -> int:
    """Failed checks until a container that never was healthy is restarted, if it is at all.

    Docker's verdict falls `retries` checks, `interval` apart, after the end of the start period.
    """
    if check.on_unhealthy == "unready":
        return NEVER
    return max(1, ceil(_verdict(check) / start_interval(check)))


def unhealthy_after(check: HealthCheck | None) -> int | None:
    """Seconds after its start from which a container that never was healthy is unhealthy; None where nothing checks."""
    return _verdict(check) if check is not None and probes(check) else None


def _verdict(check: HealthCheck) -> int:
    return whole_seconds(check.start_period) + check.retries * interval(check)


def _probe(handler: Object, check: HealthCheck, *, period: int, failures: int) -> Object:
    return {
        **handler,
        "periodSeconds": period,
        "timeoutSeconds": whole_seconds(check.timeout, minimum=1),
        "failureThreshold": failures,
    }


def _handler(check: HealthCheck) -> Object:
    """What is asked, as core/v1 ProbeHandler says it."""
    kinds = {"httpGet": check.http_get, "tcpSocket": check.tcp_socket, "exec": check.exec, "grpc": check.grpc}
    return {kind: value for kind, value in kinds.items() if value is not None}
