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
        "`always`, `unless-stopped`: mode service. `no`: mode tasks, never started again. `on-failure:N`: "
        "mode tasks, at most N times. Both a job where another service waits for its end. Absent: mode service, which "
        "does restart it, as a finding says. In a stack: `spec.tasks.restart`, where `deploy.restart_policy` is absent",
    ),
    Row("services.*.stop_grace_period", "honoured", "`spec.terminationGracePeriod`; 10s if absent, as Docker has it"),
    Row(
        "services.*.logging",
        "reported",
        "containers' output is kept by the nodes and read with kubectl logs; a collector of the cluster ships it",
    ),
)
_FOR_EVER: Final = 2**31 - 1
"""The highest `job.backoffLimit` that there is."""


def part(service: Service) -> Part:
    """Mode, restart, stopping."""
    grace = service.data.get("stop_grace_period")
    spec: Object = {"mode": mode_of(service), "terminationGracePeriod": duration(grace) if grace else "10s"}
    return Part(spec=spec | _restart(service), findings=tuple(_findings(service)))


def _restart(service: Service) -> Object:
    """What the mode needs to restart as the service says."""
    mode = mode_of(service)
    if mode == "job":
        return {"job": {"backoffLimit": _attempts(service)}}
    policy = restart_policy(service) if mode == "tasks" else {}
    return {"tasks": {"restart": policy}} if policy else {}


def _attempts(service: Service) -> int:
    """Failures that are borne: none with ``no``, N with ``on-failure:N``, any number with ``on-failure``."""
    restart: str = service.data.get("restart") or ""
    if not restart.startswith("on-failure"):
        return 0
    most = restart.partition(":")[2]
    return min(int(most), _FOR_EVER) if most.isdecimal() and int(most) else _FOR_EVER


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
    if logging := service.data.get("logging"):
        driver = logging.get("driver") or "the driver"
        message = f"{driver} is not used: the nodes keep what is written to stdout and stderr, for kubectl logs"
        yield service.finding("logging", "info", "LogsOfNode", message)


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
