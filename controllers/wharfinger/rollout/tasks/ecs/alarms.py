"""Alarms: what Prometheus says fails a deployment as well.

Source: developer guide, "How CloudWatch alarms detect Amazon ECS deployment failures". An alarm that is on already when
a deployment begins turns them off for it; they are watched until the bake time after the steady state is over.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from wharfinger.api.duration import seconds
from wharfinger.api.task_status import AlarmMonitoring
from wharfinger.api.tasks import Alarms, Deployment


def ringing(alarms: Alarms, firing: frozenset[str] | None) -> frozenset[str] | None:
    """Those of the deployment's alarms that are on; None where it cannot be told."""
    return None if firing is None else firing & {query.name for query in alarms.queries}


def monitored(alarms: Alarms, firing: frozenset[str] | None, before: AlarmMonitoring | None) -> AlarmMonitoring | None:
    """How alarms stand for a deployment in progress. The first reading is the one that it began with.

    Where alarms cannot be read, nothing changes: ECS does not take INSUFFICIENT_DATA for ALARM either.
    """
    if not alarms.enable or not alarms.queries:
        return None
    on = ringing(alarms, firing)
    if on is None or before in ("DISABLED", "TRIGGERED"):
        return before
    if before is None:
        return "DISABLED" if on else "MONITORING"
    return "TRIGGERED" if on else "MONITORING"


def baked_at(policy: Deployment, steady_at: datetime, state: AlarmMonitoring | None) -> datetime:
    """When the bake time is over: at once where no alarm is watched."""
    watched = policy.alarms.enable and bool(policy.alarms.queries) and state != "DISABLED"
    return steady_at + timedelta(seconds=seconds(policy.bake_time)) if watched else steady_at
