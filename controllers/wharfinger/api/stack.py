"""Stack: Compose files and Swarm stacks, as they are; each of their services becomes a ContainerWorkload.

What the documents mean is the Compose specification's and Swarm's business; docs/reference/compose.md has a row for
every attribute. Nothing in a document reaches anything that the Stack does not name: no file, no variable.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from kubernetes.client.models.v1_config_map_key_selector import V1ConfigMapKeySelector
from kubernetes.client.models.v1_config_map_projection import V1ConfigMapProjection
from kubernetes.client.models.v1_secret_key_selector import V1SecretKeySelector
from kubernetes.client.models.v1_secret_projection import V1SecretProjection
from pydantic import Field, StringConstraints

from wharfinger.api import core
from wharfinger.api.building import BuildDefaults
from wharfinger.api.lists import ListMap, ListSet
from wharfinger.api.model import Bool, DnsSubdomain, Int, LocalRef, Model, Quantity, Rule
from wharfinger.api.status import Condition, Finding

ConfigMapKeySelector = Annotated[dict[str, Any], core.Shape(V1ConfigMapKeySelector)]
SecretKeySelector = Annotated[dict[str, Any], core.Shape(V1SecretKeySelector)]
ConfigMapProjection = Annotated[dict[str, Any], core.Shape(V1ConfigMapProjection)]
SecretProjection = Annotated[dict[str, Any], core.Shape(V1SecretProjection)]

RelativePath = Annotated[str, StringConstraints(pattern=r"^[^/:][^:]*$", min_length=1, max_length=1024)]
"""A path below the project's directory."""

FreeForm = Annotated[Any, Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True})]

VolumeRetention = Literal["Retain", "Delete"]
"""Whether a volume outlives the Stack, and the service that it was for."""

MAX_SERVICES = 512
"""Services that a status tells of."""


def _one_of(*fields: str) -> Rule:
    """Exactly one of several fields."""
    given = " + ".join(f"(has(self.{name}) ? 1 : 0)" for name in fields)
    snake = tuple("".join(f"_{each.lower()}" if each.isupper() else each for each in name) for name in fields)
    return Rule(
        f"{given} == 1",
        f"exactly one of {', '.join(fields)} is required",
        lambda block: sum(getattr(block, name) is not None for name in snake) == 1,
    )


class DocumentSource(Model):
    """One document, by its text or by where that is kept."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (_one_of("content", "configMapKeyRef", "secretKeyRef"),)

    name: RelativePath
    """What the file is called: findings say it, and relative paths in it begin at its directory."""
    content: str | None = None
    """The document itself."""
    config_map_key_ref: ConfigMapKeySelector | None = None
    """The key of a ConfigMap that holds it."""
    secret_key_ref: SecretKeySelector | None = None
    """The key of a Secret that holds it, where the installation lets the operator read Secrets."""


class FileSource(Model):
    """Files that documents refer to: one by its text, or the keys of a ConfigMap or Secret."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        _one_of("content", "configMap", "secret"),
        Rule(
            "!has(self.content) || has(self.path)",
            "path is required with content: what the file is called",
            lambda source: source.content is None or source.path is not None,
        ),
    )

    path: RelativePath | None = None
    """The file's path; of a ConfigMap or Secret the directory that its keys are files in, the project's if absent."""
    content: str | None = None
    """The file's text."""
    config_map: ConfigMapProjection | None = None
    """A core/v1 ConfigMapProjection: `items` give keys a path, such as ``nginx/site.conf``."""
    secret: SecretProjection | None = None
    """A core/v1 SecretProjection, where the installation lets the operator read Secrets."""


class StackDefaults(Model):
    """What the documents cannot say."""

    storage_class_name: DnsSubdomain | None = None
    """Class of the volumes; the cluster's default if absent."""
    storage_size: Quantity = "1Gi"
    """Size of the volumes that do not say theirs."""
    ingress_class_name: DnsSubdomain | None = None
    """Class of the Ingresses that labels ask for; the cluster's default if absent."""
    registry: Annotated[str, Field(max_length=512)] | None = None
    """Where `build` pushes to, and images without a tag of their own come from: ``registry.example.com/shop``."""
    build: BuildDefaults = BuildDefaults()
    """How images are built that `build` asks for."""
    image_pull_secrets: Annotated[list[LocalRef], Field(max_length=16), ListMap("name")] = []
    """Secrets to pull images with."""
    service_account_name: DnsSubdomain | None = None
    """Whose rights the pods have, beside those that a document gives a service."""


class StackSpec(Model):
    """The documents, and what they need."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.env) || self.env.all(each, !has(each.valueFrom) || has(each.valueFrom.configMapKeyRef)"
            " || has(each.valueFrom.secretKeyRef))",
            "env takes values from configMapKeyRef and secretKeyRef only: there is no pod whose fields could be meant",
            lambda spec: all(
                "valueFrom" not in each or {"configMapKeyRef", "secretKeyRef"} & each["valueFrom"].keys()
                for each in spec.env
            ),
        ),
    )

    compose: FreeForm = None
    """A Compose file, unchanged: as an object, or as text, which findings can name lines of. This, or `documents`, is
    required; CEL cannot see a field without a type, so that the operator says it."""
    documents: Annotated[list[DocumentSource], Field(max_length=32), ListMap("name")] = []
    """Further documents, merged over `compose` in their order, as `docker compose -f` does: overrides, `!reset`."""
    files: Annotated[list[FileSource], Field(max_length=64)] = []
    """The files that documents refer to: env_file, extends, include, configs, secrets, binds. A later one wins."""
    env: Annotated[list[core.EnvVar], Field(max_length=256), ListMap("name")] = []
    """Variables for interpolation. There are no others but those of `envFrom` and a file called ``.env``."""
    env_from: Annotated[list[core.EnvFromSource], Field(max_length=32)] = []
    """ConfigMaps and Secrets whose keys are variables for interpolation; those of `env` win."""
    profiles: Annotated[list[Annotated[str, Field(min_length=1, max_length=253)]], Field(max_length=64), ListSet()] = []
    """Profiles that are on; ``*`` means all."""
    dialect: Literal["compose", "stack"] | None = None
    """Whose rules count: docker compose's, or those of docker stack. By what the documents say, if absent: one with
    Swarm's keys in ``deploy`` is a stack."""
    defaults: StackDefaults = StackDefaults()
    """What the documents cannot say."""
    prune: Bool = True
    """False: what a document no longer has stays, as `docker stack deploy` leaves it without ``--prune``."""
    suspend: Bool = False
    """True: what runs goes on, and no change of the Stack is carried out."""
    volume_retention: VolumeRetention = "Retain"
    """Delete: volumes go with the Stack, and when no service has them any more."""


class StackService(Model):
    """One service."""

    name: str
    """As the document has it."""
    workload: str = ""
    """Name of its ContainerWorkload; empty while there is none."""
    image: Annotated[str, Field(max_length=2048)] = ""
    """The image that it asks for."""
    mode: str = ""
    """Swarm's word: replicated, global, replicated-job, global-job."""
    running: Int = 0
    """Pods that run and are ready."""
    wanted: Int = 0
    """Pods that there should be."""
    state: str = ""
    """Reason of the workload's Ready condition."""
    update: str | None = None
    """Of a service with Swarm's rules, as Swarm has it: updating, paused, completed, rollback_started, …"""
    message: Annotated[str, Field(max_length=1024)] | None = None
    """Why it is not well."""
    ports: Annotated[list[str], Field(max_length=128)] = []
    """Published, as docker prints them: ``*:80->8080/tcp``; with the address where there is one."""


class StackStatus(Model):
    """What is so."""

    observed_generation: Int = -1
    """The metadata.generation that this status is about; -1 until the operator has seen the resource."""
    conditions: Annotated[list[Condition], Field(max_length=16), ListMap("type")] = []
    """Ready, and while it lasts Reconciling or Stalled."""
    dialect: Literal["compose", "stack"] | None = None
    """Whose rules count."""
    service_count: Int | None = None
    """Services that there should be."""
    ready_services: Int | None = None
    """Services that are well."""
    services: Annotated[list[StackService], Field(max_length=MAX_SERVICES), ListMap("name")] = []
    """Service by service; those that are not well first where there are more than can be told."""
    findings: Annotated[list[Finding], Field(max_length=128)] = []
    """What is not honoured as written, with file, line and column; the worst first."""
