"""``spec.dependsOn``: which workloads come before this one. Compose's ``depends_on``, in Kubernetes' spelling."""

from __future__ import annotations

from typing import Literal

from wharfinger.api.model import Bool, DnsLabel, Model

DependencyCondition = Literal["Started", "Healthy", "Completed"]
"""Compose's service_started, service_healthy and service_completed_successfully."""


class WorkloadDependency(Model):
    """A workload of the same namespace that comes before this one (Compose Specification, depends_on)."""

    name: DnsLabel
    """Name of the ContainerWorkload."""
    condition: DependencyCondition = "Started"
    """Started: its containers have started. Healthy: it is ready. Completed: it did its work and ended well."""
    restart: Bool = False
    """Replace the pods when an update, a rollback or a restart by hand gives the other workload new ones; a crash of it
    does not."""
    required: Bool = True
    """false: go on without it where it does not exist, or has failed."""
