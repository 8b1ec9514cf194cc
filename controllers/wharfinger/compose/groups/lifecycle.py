"""When a service starts, what happens when it ends, and how it is stopped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.durations import duration
from wharfinger.compose.mode import mode_of
from wharfinger.compose.part import Part, Service
from wharfinger.compose.rows import Row

ROWS: Final = (
    Row(
        "services.*.restart",
        "partly",
        "`always`, `unless-stopped`: mode service. `no`: mode tasks, never started again, or a job where another "
        "service waits for its end. `on-failure:N`: mode tasks, at most N times. Absent: mode service, which does "
        "restart it, as a finding says. In a stack: `spec.tasks.restart`, where `deploy.restart_policy` is absent",
    ),
    Row(
        "services.*.depends_on",
        "reported",
        "nothing waits: a service that cannot reach another has to try again, or end and be restarted",
    ),
    Row("services.*.stop_grace_period", "honoured", "`spec.terminationGracePeriod`; 10s if absent, as Docker has it"),
    Row(
        "services.*.logging",
        "reported",
        "containers' output is kept by the nodes and read with kubectl logs; a collector of the cluster ships it",
    ),
)

_WAITS: Final = {
    "service_started": "has started",
    "service_healthy": "is healthy",
    "service_completed_successfully": "has ended well",
}


def part(service: Service) -> Part:
    """Mode, restart, stopping."""
    grace = service.data.get("stop_grace_period")
    spec: Object = {"mode": mode_of(service), "terminationGracePeriod": duration(grace) if grace else "10s"}
    return Part(spec=spec | _restart(service), findings=tuple(_findings(service)))


def _restart(service: Service) -> Object:
    """What the mode needs to restart as the service says."""
    mode = mode_of(service)
    if mode == "job":
        return {"job": {"backoffLimit": 0}}
    policy = restart_policy(service) if mode == "tasks" else {}
    return {"tasks": {"restart": policy}} if policy else {}


def restart_policy(service: Service) -> Object:
    """`spec.tasks.restart` by ``restart``; empty where ``deploy.restart_policy`` says it, or Swarm's default holds.

    In a stack ``no`` means that nothing is said, so that Swarm restarts it (docker/cli's convertRestartPolicy).
    """
    restart: str = service.data.get("restart") or ""
    stack = service.context.dialect == "stack"
    if stack and (service.data.get("deploy") or {}).get("restart_policy"):
        return {}
    if restart.startswith("on-failure"):
        most = restart.partition(":")[2]
        return {"condition": "on-failure"} | ({"maxAttempts": int(most)} if most.isdecimal() and int(most) else {})
    return {"condition": "none"} if restart == "no" and not stack else {}


def _findings(service: Service) -> Iterator[Finding]:
    yield from _restart_findings(service)
    linked = {link.partition(":")[0] for link in service.data.get("links") or ()}
    for name, dependency in (service.data.get("depends_on") or {}).items():
        if name in linked or _in_order(service, name, dependency):
            continue  # made by the parser, of a link or of what is joined
        waits = _WAITS.get(dependency.get("condition", ""), "is there")
        also = f", nor is it restarted with {name}" if dependency.get("restart") else ""
        message = f"it does not wait until {name} {waits}{also}; have it try again until {name} answers"
        yield service.finding(f"depends_on.{name}", "warning", "NotWaitedFor", message)
    if logging := service.data.get("logging"):
        driver = logging.get("driver") or "the driver"
        message = f"{driver} is not used: the nodes keep what is written to stdout and stderr, for kubectl logs"
        yield service.finding("logging", "info", "LogsOfNode", message)


def _in_order(service: Service, other: str, dependency: Object) -> bool:
    """Whether both are in one pod, which starts its containers one after the other."""
    started = dependency.get("condition") == "service_started"
    return started and service.context.pods(other) == service.pods


def _restart_findings(service: Service) -> Iterator[Finding]:
    restart = service.data.get("restart")
    if service.context.dialect == "stack":
        if restart == "no" and not (service.data.get("deploy") or {}).get("restart_policy"):
            message = "means nothing in a stack: Swarm restarts it; write deploy.restart_policy.condition: none"
            yield service.finding("restart", "warning", "RestartedByDefault", message)
        return
    if not restart and mode_of(service) == "service":
        message = 'has no `restart`: Kubernetes starts it again when it ends; write `restart: "no"` if it should not'
        yield service.finding("", "info", "RestartedByDefault", message)
