"""What the start program is told: the type Settings of `go/settings.go`, as JSON."""

from __future__ import annotations

from typing import Any

import orjson

from wharfinger.api.duration import seconds
from wharfinger.api.resource import Object
from wharfinger.api.tasks import ContainerRestartPolicy, TaskContainer, Ulimit
from wharfinger.render.start.order import Order
from wharfinger.render.values import present

DIRECTORY = "/wharfinger/start"
"""Where the containers of a task find the start program, and what they tell each other."""

PROGRAM = f"{DIRECTORY}/wharfinger-start"


def command(order: Order, name: str) -> list[str]:
    """The command of a container that the start program runs; what it ran itself follows.

    ``$(`` is doubled, since Kubernetes expands variables in commands.
    """
    told = orjson.dumps(settings(order, name)).decode()
    return [PROGRAM, "run", told.replace("$(", "$$(")]


def settings(order: Order, name: str) -> Object:
    """The settings of one container."""
    said = order.said.get(name, TaskContainer(name=name))
    awaited_healthy = any(
        each.container_name == name and each.condition == "HEALTHY"
        for other in order.wrapped
        for each in order.depends_on(other)
    )
    return present(
        directory=DIRECTORY,
        name=name,
        dependsOn=[_dependency(order, each.container_name, each.condition) for each in order.depends_on(name)
                   if each.container_name not in order.native],
        dependents=[other for other in order.dependents(name) if other in order.wrapped],
        essential=[other for other in order.wrapped if order.essential(other)],
        stopTimeout=order.stop_timeout(name),
        linger=(order.served and not order.essential(name)) or None,
        restart=_restart(said.restart_policy),
        limits=[_limit(each) for each in said.ulimits],
        check=health(order.containers[name]) if awaited_healthy else None,
    )  # fmt: skip


def health(container: Object) -> Object | None:
    """The health check of a container, from its readiness or startup probe; None where it has none that we can run."""
    probe = container.get("readinessProbe") or container.get("startupProbe") or container.get("livenessProbe")
    handler = _handler(container, probe) if probe else None
    if probe is None or handler is None:
        return None
    return handler | {
        "interval": probe.get("periodSeconds", 10),
        "timeout": probe.get("timeoutSeconds", 1),
    }


def _handler(container: Object, probe: Object) -> Object | None:
    if command := (probe.get("exec") or {}).get("command"):
        return {"exec": command}
    for kind in ("httpGet", "tcpSocket"):
        if action := probe.get(kind):
            port = _port(container, action.get("port"))
            host = action.get("host") or "localhost"
            return {"tcp": f"{host}:{port}"} if kind == "tcpSocket" else _http(action, host, port)
    return None


def _http(action: Object, host: str, port: Any) -> Object:
    scheme, path = action.get("scheme", "HTTP").lower(), action.get("path", "/").removeprefix("/")
    headers = {each["name"]: each["value"] for each in action.get("httpHeaders") or ()}
    return {"http": f"{scheme}://{host}:{port}/{path}"} | ({"headers": headers} if headers else {})


def _port(container: Object, port: Any) -> Any:
    named = {each.get("name"): each["containerPort"] for each in container.get("ports") or ()}
    return named.get(port, port)


def _dependency(order: Order, name: str, condition: str) -> Object:
    said = order.said.get(name)
    timeout = seconds(said.start_timeout) if said and said.start_timeout else None
    return present(name=name, condition=condition, timeout=timeout)


def _restart(policy: ContainerRestartPolicy | None) -> Object | None:
    if policy is None or not policy.enabled:
        return None
    period = seconds(policy.restart_attempt_period)
    return present(ignoredExitCodes=policy.ignored_exit_codes) | {"attemptPeriod": period}


def _limit(ulimit: Ulimit) -> Object:
    return {"name": ulimit.name, "soft": ulimit.soft_limit, "hard": ulimit.hard_limit}
