"""How an operator is to run: everything that the command line can say."""

from __future__ import annotations

import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path

from wharfinger.engine.lease import LeaseTiming


def _identity() -> str:
    """Unlike any other replica's, even on one host."""
    return f"{socket.gethostname()}_{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionSettings:
    """How to serve the admission webhook."""

    certificates: Path
    """Directory with ``tls.crt`` and ``tls.key``, as a Secret of type kubernetes.io/tls is mounted."""
    renewal: float = 30.0
    """Seconds between two looks at whether these files are others by now."""
    enforce: bool = False
    """Refuse a document with an error, instead of warning of it."""
    host: str = "0.0.0.0"  # noqa: S104 - the API server comes from outside the pod
    port: int = 9443
    """0 for a free one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of an operator. The defaults are fit for production."""

    kubeconfig: str | Path | None = None
    """Path; the usual places, or the pod's service account, if absent."""
    context: str | None = None
    """Context of the kubeconfig; the current one if absent."""
    namespaces: tuple[str, ...] = ()
    """Watch these only; all, if empty."""
    workers: int = 64
    """Keys of one controller that are reconciled at once."""
    max_in_flight: int = 64
    """Requests to the API server at once, watches not counted."""
    identity: str = field(default_factory=_identity)
    """Who we are in Leases and Events."""
    leader_election: bool = True
    """False: write at once. Never with two replicas."""
    lease_namespace: str | None = None
    """Where the Leases are; our pod's namespace, or ``wharfinger-system`` outside of a cluster."""
    lease_name: str = "wharfinger"
    shards: int = 1
    """With more than one, namespaces are spread over as many Leases, and Leases over the replicas."""
    timing: LeaseTiming = field(default_factory=LeaseTiming)
    metrics_host: str = "0.0.0.0"  # noqa: S104 - the kubelet and Prometheus come from outside the pod
    metrics_port: int | None = 8080
    """0 for a free one, None for none."""
    admission: AdmissionSettings | None = None
    """How to serve the admission webhook; None: it is off."""
    status_interval: float = 1.0
    """Seconds between two writes of mere progress to one status."""
    status_patience: float = 5.0
    """Seconds for which status waits while keys wait to be reconciled; then it goes between them, one by one."""
    grace: float = 30.0
    """Seconds for which a stop waits for reconciles that are under way."""
