"""The container: the ports it listens on, how it proves its health, the files and the storage that it sees."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from wharfinger.api import core
from wharfinger.api.lists import ListSet
from wharfinger.api.model import (
    AbsolutePath,
    Bool,
    DnsLabel,
    DnsSubdomain,
    Duration,
    Int,
    Model,
    PortName,
    PortNumber,
    Quantity,
    Rule,
)


def _given(*alternatives: object) -> int:
    return sum(alternative is not None for alternative in alternatives)


class Port(Model):
    """A port that the main container listens on, and, with a Service, how it is reached."""

    name: PortName
    """Name, unique in the workload; other blocks refer to it."""
    container_port: PortNumber
    """Where the container listens."""
    service_port: PortNumber | None = None
    """Where the Service listens; the container's port if absent."""
    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"
    """Transport."""
    app_protocol: Annotated[str, Field(max_length=253)] | None = None
    """Hint for proxies: http, kubernetes.io/h2c, …"""
    node_port: Annotated[Int, Field(ge=1, le=65535)] | None = None
    """With Service type NodePort or LoadBalancer: the port on each node; chosen by Kubernetes if absent."""
    host_port: PortNumber | None = None
    """Port on the node itself, one pod a node."""


class HealthCheck(Model):
    """Docker's and ECS's idea of a check. Becomes a startup and a readiness probe, and a liveness probe on request."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!self.enabled || "
            "[has(self.httpGet), has(self.tcpSocket), has(self.exec), has(self.grpc)].filter(x, x).size() == 1",
            "exactly one of httpGet, tcpSocket, exec, grpc",
            lambda check: not check.enabled or _given(check.http_get, check.tcp_socket, check.exec, check.grpc) == 1,
        ),
    )

    enabled: Bool = True
    """False: no probes are made."""
    http_get: core.HTTPGetAction | None = None
    """Healthy when it answers 200 to 399."""
    tcp_socket: core.TCPSocketAction | None = None
    """Healthy when it accepts a connection."""
    exec: core.ExecAction | None = None
    """Healthy when it exits with 0."""
    grpc: core.GRPCAction | None = None
    """Healthy when grpc.health.v1 says SERVING."""
    interval: Duration = "10s"
    """Between checks."""
    timeout: Duration = "2s"
    """For one check."""
    retries: Annotated[Int, Field(ge=1, le=1000)] = 3
    """Failures in a row until it counts as unhealthy."""
    start_period: Duration = "30s"
    """Failures in this time after the start do not count."""
    start_interval: Duration | None = None
    """Between checks during `startPeriod`; a fifth of `interval`, at least 1s, if absent."""
    on_unhealthy: Literal["unready", "restart"] = "unready"
    """unready: taken out of the Service. restart: the container is restarted as well."""


class FileSource(Model):
    """A Secret or ConfigMap, or one of its keys."""

    name: DnsSubdomain
    """Name of the object."""
    key: Annotated[str, StringConstraints(min_length=1, max_length=253)] | None = None
    """One key, mounted as a file; all keys, mounted as a directory, if absent."""
    optional: Bool = False
    """True: the pod starts without it."""


class FileMount(Model):
    """A file in the container, from text here or from a Secret or ConfigMap.

    A change of content rolls the pods; of a Secret's, where the operator may watch Secrets, else a finding says so.
    """

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "[has(self.content), has(self.secretRef), has(self.configMapRef)].filter(x, x).size() == 1",
            "exactly one of content, secretRef, configMapRef",
            lambda file: _given(file.content, file.secret_ref, file.config_map_ref) == 1,
        ),
    )

    path: AbsolutePath
    """Where it appears; a directory, where a reference names no key."""
    content: Annotated[str, Field(max_length=524288)] | None = None
    """The text itself; kept in a ConfigMap."""
    secret_ref: FileSource | None = None
    """A Secret in the same namespace."""
    config_map_ref: FileSource | None = None
    """A ConfigMap in the same namespace."""
    mode: Annotated[Int, Field(ge=0, le=0o777)] = 0o444
    """Permission bits, as a number (YAML's 0400 is octal)."""


class Storage(Model):
    """A volume that outlives the container: a PersistentVolumeClaim, one a pod in mode ``stateful``."""

    name: DnsLabel
    """Name of the volume."""
    path: AbsolutePath
    """Where it is mounted."""
    size: Quantity
    """Capacity asked for."""
    storage_class_name: DnsSubdomain | None = None
    """Class; the cluster's default if absent."""
    access_modes: Annotated[
        list[Literal["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]],
        Field(min_length=1, max_length=4),
        ListSet(),
    ] = ["ReadWriteOnce"]
    """How it may be mounted."""
    sub_path: Annotated[str, Field(max_length=1024)] | None = None
    """Directory within the volume to mount."""
    read_only: Bool = False
    """Mounted read-only."""
    retain: Bool = True
    """The claim, and so the data, stays when the block or the workload is removed."""
