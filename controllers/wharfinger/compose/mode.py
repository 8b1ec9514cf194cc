"""How a service runs: what becomes its workload's mode. Several groups have to agree on it."""

from __future__ import annotations

from typing import Literal

from wharfinger.api.resource import Object
from wharfinger.compose.part import Service

Mode = Literal["service", "job", "tasks"]


def mode_of(service: Service) -> Mode:
    """Swarm's stacks run as tasks. In Compose's dialect ``restart`` says it, and who waits for the service's end.

    A service that is not restarted is of mode tasks, since a Deployment restarts whatever ends. One that others wait
    for with ``service_completed_successfully`` is a job.
    """
    if service.context.dialect == "stack":
        return "tasks"
    restart = service.data.get("restart", "")
    ends = restart == "no" or restart.startswith("on-failure")
    if (ends or not restart) and awaited(service) and scale(service.data) == 1:
        return "job"
    return "tasks" if ends else "service"


def awaited(service: Service) -> bool:
    """Whether another service starts when this one has ended well."""
    return any(
        (other.get("depends_on") or {}).get(service.name, {}).get("condition") == "service_completed_successfully"
        for other in service.context.project["services"].values()
    )


def scale(data: Object) -> int:
    """Containers wanted: ``scale``, else ``deploy.replicas``, else one."""
    for wanted in (data.get("scale"), (data.get("deploy") or {}).get("replicas")):
        if wanted is not None:
            return int(wanted)
    return 1
