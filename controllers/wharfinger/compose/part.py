"""What one group of attributes of a service becomes: a piece of a ContainerWorkload, with all that goes with it.

A group is a module with ``ROWS`` (what becomes of each of its attributes) and ``part`` (a pure function from a
`Service` to a `Part`). `convert` puts the parts of all groups together. A group writes only fields that no other
writes; lists (env, files, volumes, findings, objects) are joined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, cast

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding, Severity
from wharfinger.compose.building.builder import Builder
from wharfinger.compose.parser import Dialect, Document

Found = TypeVar("Found")

VolumeRetention = Literal["Retain", "Delete"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What the documents cannot say: `Stack.spec.defaults`, or options of the command line."""

    storage_class: str | None = None
    storage_size: str = "1Gi"
    volume_retention: VolumeRetention = "Retain"
    """Whether volumes that the project makes stay when it goes."""
    ingress_class: str | None = None
    """Of what HTTP from outside comes by; the cluster's default if absent."""
    registry: str | None = None
    """Where `build` pushes to."""
    image_pull_secrets: tuple[str, ...] = ()
    """Secrets for all images."""
    service_account: str | None = None
    """Of all pods, where a service names none."""
    builder: Builder | None = None
    """What `build` is done by, in the cluster; None where nothing is built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The whole project, as every service sees it."""

    document: Document
    namespace: str
    dialect: Dialect
    strict: bool = False
    """Somebody said that it is a stack: what Swarm refuses is refused."""
    defaults: Defaults
    files: Mapping[str, str]
    """The files that were given, for configs and secrets."""
    names: Mapping[str, str]
    """Service to its name in the cluster: that of its ContainerWorkload, and by which others reach it."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Service to the one whose pod it joins, for those that do."""
    operator: bool = True
    """Whether an operator will keep what is written; False for plain Kubernetes objects."""
    _found: dict[Callable[[Context], Any], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, look: Callable[[Context], Found]) -> Found:
        """What `look` finds in the whole project, looked for once.

        Without it each service would have all services looked at again, and a conversion take the square of their
        number. `look` is a function of a module, by which the answer is known.
        """
        if look not in self._found:
            self._found[look] = look(self)
        return cast("Found", self._found[look])

    @property
    def project(self) -> Object:
        """In canonical form."""
        return self.document.project

    @property
    def environment(self) -> Mapping[str, str]:
        """What interpolation saw, for configs and secrets that are taken from a variable."""
        return self.document.environment

    def pods(self, service: str) -> str:
        """Name of the ContainerWorkload in whose pods a service runs."""
        return self.names[self.hosts.get(service, service)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service of the project."""

    name: str
    """As the document has it."""
    data: Object
    """In canonical form."""
    context: Context

    @property
    def workload(self) -> str:
        """Name of its ContainerWorkload, and of the Service by which others reach it."""
        return self.context.names[self.name]

    @property
    def pods(self) -> str:
        """Name of the ContainerWorkload in whose pods it runs: its own, or that which it joins."""
        return self.context.pods(self.name)

    @property
    def host(self) -> Service:
        """The service whose pod it is: itself, or the one that it joins."""
        name = self.context.hosts.get(self.name, self.name)
        return Service(name=name, data=self.context.project["services"][name], context=self.context)

    def finding(self, attribute: str, severity: Severity, reason: str, message: str) -> Finding:
        """A finding about ``services.NAME.ATTRIBUTE``, with the place where the documents say it.

        `message` is one line: what does not happen as written, why, and what to write instead.
        """
        path = f"services.{self.name}.{attribute}" if attribute else f"services.{self.name}"
        return located(self.context.document, path, severity, reason, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a group of attributes becomes."""

    spec: Object = field(default_factory=dict)
    """Fields of ContainerWorkload.spec. Mappings are merged, lists joined."""
    pod: Object = field(default_factory=dict)
    """Fields of `spec.pod`, a partial PodSpec."""
    container: Object = field(default_factory=dict)
    """Fields of the main container that the short form does not have: they go into `spec.pod.containers`."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Of the ContainerWorkload itself."""
    objects: tuple[Object, ...] = ()
    """Other Kubernetes objects: ConfigMap, Secret, PersistentVolumeClaim, Service, NetworkPolicy, …"""
    findings: tuple[Finding, ...] = ()


Group = Callable[[Service], Part]


def located(document: Document, path: str, severity: Severity, reason: str, message: str) -> Finding:
    """A finding whose message begins with file, line and column."""
    place = document.place(path)
    told = f"{place[0]}:{place[1][0]}:{place[1][1]}: {message}" if place else message
    return Finding(path=path[:1024], severity=severity, reason=reason, message=told[:1024])


def refusal(context: Context) -> Severity:
    """How bad it is that Swarm would refuse something which can be done here."""
    return "error" if context.strict else "warning"


def merged(parts: list[Part]) -> Part:
    """All parts as one; ValueError where two write the same field, which is a defect of ours."""
    spec: Object = {}
    pod: Object = {}
    container: Object = {}
    for part in parts:
        for into, what in ((spec, part.spec), (pod, part.pod), (container, part.container)):
            _join(into, what)
    return Part(
        spec=spec,
        pod=pod,
        container=container,
        annotations={name: text for part in parts for name, text in part.annotations.items()},
        objects=tuple(each for part in parts for each in part.objects),
        findings=tuple(each for part in parts for each in part.findings),
    )


def _join(into: Object, what: Object) -> None:
    for name, value in what.items():
        have = into.get(name)
        if have is None:
            into[name] = dict(value) if isinstance(value, dict) else value
        elif isinstance(have, dict) and isinstance(value, dict):
            _join(have, value)
        elif isinstance(have, list) and isinstance(value, list):
            into[name] = [*have, *value]
        elif have != value:
            raise ValueError(f"two groups write {name}")
