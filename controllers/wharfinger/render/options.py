"""What rendering needs to know that is not in the workload."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The state of the rollout and of the cluster, as far as it shapes objects."""

    replicas: int | None
    """Pods wanted; None leaves the field out, because someone else scales."""
    paused: bool = False
    """Freeze a rolling update where it is, in the native way of the mode's object."""
    http_route: bool = False
    """The cluster has gateway.networking.k8s.io/v1 HTTPRoute."""
    secrets_watched: bool = True
    """The operator may watch what Secrets contain, so a change of content rolls the pods."""
    revision: int = 1
    """Number of the revision that runs."""
