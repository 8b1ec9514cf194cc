"""What the checks are made from: read once, as plain data. None is what could not be read; `unread` says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wharfinger.api.resource import Object
from wharfinger.cli.doctor.rights import Access

Objects = tuple[Object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Where the operator is."""

    leases: Objects = ()
    """Its Leases, in whatever namespace."""
    pods: Objects = ()
    """Pods of the operator in the namespace of the Leases."""
    account: str | None = None
    """``namespace/name`` of the service account that its pods run as."""
    refused: tuple[Access, ...] | None = None
    """What that account may not do; None where nobody could be asked."""
    refused_cluster_wide: tuple[Access, ...] = ()
    """The same of what only an operator of all namespaces needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A cluster and one of its namespaces at one moment."""

    server: str
    unreachable: str = ""
    """Why there is no answer; then nothing else is known."""
    version: str = ""
    """``gitVersion``: v1.36.1."""
    skew: float | None = None
    """Seconds by which the server's clock is ahead of ours."""
    now: datetime
    """The server's time, where it told it."""
    definitions: Mapping[str, Object | None] = field(default_factory=dict)
    """The CRDs of ours by name; None where one is missing."""
    operator: Operator = Operator()
    node_policies: Objects | None = None
    """None where the kind is not there, or they may not be read."""
    user_refused: tuple[Access, ...] | None = None
    """What the user may not do with workloads in the namespace."""
    metrics: bool | None = None
    """Whether metrics.k8s.io answers."""
    storage_classes: Objects | None = None
    ingress_classes: Objects | None = None
    gateway: bool | None = None
    """Whether the cluster has HTTPRoute."""
    namespace: str
    namespace_object: Object | None = None
    """None where there is none, or it may not be read."""
    quotas: Objects | None = None
    limits: Objects | None = None
    """LimitRanges."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """What could not be read, and why."""
