"""Which dialect a document is in, where nobody says."""

from __future__ import annotations

from typing import Final

from wharfinger.api.resource import Object
from wharfinger.compose.parser import Dialect

SWARM_ONLY: Final = ("update_config", "rollback_config", "restart_policy", "endpoint_mode")
"""Keys of `deploy` that mean something to Swarm alone."""
_SWARM_MODES: Final = ("global", "replicated-job", "global-job")
_PLACES: Final = ("constraints", "preferences", "max_replicas_per_node")


def by_content(project: Object) -> Dialect:
    """``stack`` where a service asks for what Swarm alone does, else ``compose``."""
    deploys = [service.get("deploy") or {} for service in (project.get("services") or {}).values()]
    return "stack" if any(_for_swarm(deploy) for deploy in deploys) else "compose"


def _for_swarm(deploy: Object) -> bool:
    reservations = (deploy.get("resources") or {}).get("reservations") or {}
    placement = deploy.get("placement") or {}
    return (
        any(deploy.get(key) for key in SWARM_ONLY)
        or deploy.get("mode") in _SWARM_MODES
        or any(placement.get(key) for key in _PLACES)
        or bool(reservations.get("generic_resources"))
    )
