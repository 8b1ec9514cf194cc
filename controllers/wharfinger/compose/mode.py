"""How a service runs: what becomes its workload's mode. Several groups have to agree on it."""

from __future__ import annotations

from typing import Literal

from wharfinger.api.resource import Object
from wharfinger.compose.kompose import controller
from wharfinger.compose.part import Context, Service

Mode = Literal["service", "stateful", "daemon", "job", "cron", "tasks"]


def mode_of(service: Service) -> Mode:
    """Swarm's stacks run as tasks. In Compose's dialect ``restart`` says it, and who waits for the service's end.

    A service that is not restarted is of mode tasks, since a Deployment restarts whatever ends. One that others wait
    for with ``service_completed_successfully`` is a job.
    Labels of kompose's may ask for a controller. One that joins another's pod runs as that does.
    """
    if service.context.dialect == "stack":
        return "tasks"
    service = service.host
    if asked := controller(service.data):
        return asked
    restart = service.data.get("restart", "")
    ends = restart == "no" or restart.startswith("on-failure")
    if (ends or not restart) and awaited(service) and scale(service.data) == 1:
        return "job"
    return "tasks" if ends else "service"


def awaited(service: Service) -> bool:
    """Whether another service starts when this one has ended well."""
    return service.name in service.context.once(_awaited)


def _awaited(context: Context) -> frozenset[str]:
    """All services whose end another waits for."""
    return frozenset(
        name
        for data in context.project["services"].values()
        for name, dependency in (data.get("depends_on") or {}).items()
        if dependency.get("condition") == "service_completed_successfully"
    )


def scale(data: Object) -> int:
    """Containers wanted: ``scale``, else ``deploy.replicas``, else one."""
    for wanted in (data.get("scale"), (data.get("deploy") or {}).get("replicas")):
        if wanted is not None:
            return int(wanted)
    return 1
