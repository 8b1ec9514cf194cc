"""Template: all that one revision of a workload runs, and the hash that is the revision's identity.

A rollout goes from one Template to another, and a rollback back to one that a ControllerRevision kept. So a Template
holds everything a pod needs to run as it did: the pod template, the claim templates, the text of its files. What can
change without new pods (replicas, Service, route, budgets) is not in it, and is always rendered from today's spec.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Final

import orjson

from wharfinger.api.builtin import CONTROLLER_REVISION
from wharfinger.api.containerworkload import Workload
from wharfinger.api.labels import (
    CONTENT_ANNOTATION,
    DEPENDENCIES_ANNOTATION,
    IMPORTED_ANNOTATION,
    RESTARTED_ANNOTATION,
    REVISION_LABEL,
    ROLLBACK_POLICY_ANNOTATION,
    SPARE_ANNOTATION,
    UNHEALTHY_AFTER_ANNOTATION,
)
from wharfinger.api.resource import Object
from wharfinger.render import files, names
from wharfinger.render.metadata import found_labels, metadata, new, pod_labels
from wharfinger.render.pod_template import pod_spec
from wharfinger.render.probes import unhealthy_after
from wharfinger.render.start import Order, staged
from wharfinger.render.storage import claim_templates
from wharfinger.render.tasking import tasks_block

Reference = tuple[str, str]
"""Kind (``ConfigMap`` or ``Secret``) and name of an object in the workload's namespace."""

_NO_DIGESTS: Final[Mapping[Reference, str]] = {}
_NO_STAMPS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What a revision runs."""

    pod: Object
    """A PodTemplateSpec, complete: `spec.pod` merged, the label of the revision set."""
    claims: tuple[Object, ...]
    """The volumeClaimTemplates of mode ``stateful``."""
    files: files.Contents
    """ConfigMap name to data: the text of `spec.files`."""
    hash: str
    """Ten hex digits: equal for what runs alike, however its document was ordered."""

    @property
    def as_found(self) -> bool:
        """Whether its pods were there before us, and so carry no label of ours."""
        return REVISION_LABEL not in self.pod["metadata"].get("labels", {})

    def to_data(self) -> Object:
        """As a ControllerRevision keeps it."""
        return {"hash": self.hash, "pod": self.pod, "claims": list(self.claims), "files": dict(self.files)}

    @classmethod
    def from_data(cls, data: Object) -> Template:
        """What `to_data` gave; KeyError where a part is missing."""
        return cls(pod=data["pod"], claims=tuple(data["claims"]), files=data["files"], hash=data["hash"])


def template(
    workload: Workload,
    *,
    digests: Mapping[Reference, str] = _NO_DIGESTS,
    stamps: Mapping[str, str] = _NO_STAMPS,
) -> Template:
    """The revision that the spec asks for.

    `digests` stand for the content of `referenced` objects, `stamps` for what runs of the workloads whose updates
    restart this one; one that is not given has no part in the revision. Nor has any in a revision that was imported:
    its pods were not made by what the content was.
    """
    imported = workload.annotations.get(IMPORTED_ANNOTATION) if workload.spec.selector else None
    if imported and (found := _template(workload, _NO_DIGESTS, _NO_STAMPS)).hash == imported:
        return _as_found(workload, found)
    return _template(workload, digests, stamps)


def stamps_of(pod: Object) -> dict[str, str]:
    """The `stamps` that a pod template was made with."""
    text = (pod.get("metadata", {}).get("annotations") or {}).get(DEPENDENCIES_ANNOTATION, "")
    return dict(each.split("=", 1) for each in text.split(",") if "=" in each)


def _template(workload: Workload, digests: Mapping[Reference, str], stamps: Mapping[str, str]) -> Template:
    contents = files.contents(workload)
    claims = claim_templates(workload)
    plain = pod_spec(workload, contents)
    spec = staged(workload, plain) if workload.spec.mode == "tasks" else plain
    annotations = _annotations(workload, digests, stamps) | (_of_order(workload, plain) if spec is not plain else {})
    labels = pod_labels(workload)
    identity = _digest([labels, annotations, spec, claims, contents, _job_identity(workload)], size=5)
    meta: Object = {"labels": labels | {REVISION_LABEL: identity}}
    if annotations:
        meta["annotations"] = annotations
    return Template(pod={"metadata": meta, "spec": spec}, claims=claims, files=contents, hash=identity)


def _as_found(workload: Workload, rendered: Template) -> Template:
    """The same with the labels that its pods had before us: with any other, they would be replaced."""
    meta = rendered.pod["metadata"] | {"labels": found_labels(workload)}
    return replace(rendered, pod=rendered.pod | {"metadata": meta})


def referenced(workload: Workload) -> frozenset[Reference]:
    """The ConfigMaps and Secrets that `files`, `env` and `envFrom` name; what `spec.pod` names rolls nothing."""
    spec = workload.spec
    return frozenset(
        reference
        for found in (
            _of_files(workload),
            _by_field(spec.env_from, "configMapRef", "secretRef"),
            _by_field((env.get("valueFrom") or {} for env in spec.env), "configMapKeyRef", "secretKeyRef"),
        )
        for reference in found
    )


def controller_revision(workload: Workload, kept: Template, revision: int) -> Object:
    """The apps/v1 ControllerRevision that keeps a Template under its number.

    With Swarm's rules for a rollback that the spec has now: a rollback goes by those of the revision that it goes to
    (swarmkit, the updater). They are no part of the revision, so the last ones count that were there with it.
    """
    block = tasks_block(workload)
    policy = block.rollback.model_dump_json(by_alias=True) if block and block.rollback else None
    annotations = {ROLLBACK_POLICY_ANNOTATION: policy} if policy else None
    meta = metadata(workload, names.controller_revision(workload, kept.hash), annotations=annotations)
    meta["labels"][REVISION_LABEL] = kept.hash
    return new(CONTROLLER_REVISION, meta, revision=revision, data=kept.to_data())


def file_maps(workload: Workload, kept: Template) -> list[Object]:
    """The immutable ConfigMaps that the Template's pods mount."""
    return files.config_maps(workload, kept.files)


def _annotations(workload: Workload, digests: Mapping[Reference, str], stamps: Mapping[str, str]) -> dict[str, str]:
    made = dict(workload.spec.pod_annotations)
    if restarted := workload.annotations.get(RESTARTED_ANNOTATION):
        made[RESTARTED_ANNOTATION] = restarted
    if workload.spec.mode == "tasks" and (after := unhealthy_after(workload.spec.health_check)):
        made[UNHEALTHY_AFTER_ANNOTATION] = str(after)
    if digests and (known := sorted((ref, digests[ref]) for ref in referenced(workload) if ref in digests)):
        made[CONTENT_ANNOTATION] = _digest(known, size=8)
    if stamps:
        made[DEPENDENCIES_ANNOTATION] = ",".join(f"{name}={stamp}" for name, stamp in sorted(stamps.items()))
    return made


def _of_order(workload: Workload, pod: Object) -> dict[str, str]:
    """How a task's containers are to be read: part of the revision, so that its tasks are by its own word.

    A main container that waits for others cannot be unhealthy by the clock.
    """
    order, made = Order.of(workload, pod), {}
    if order.spare:
        made[SPARE_ANNOTATION] = ",".join(order.spare)
    if order.waits(names.main_container(workload)) and unhealthy_after(workload.spec.health_check):
        made[UNHEALTHY_AFTER_ANNOTATION] = "never"
    return made


def _job_identity(workload: Workload) -> Object | None:
    """What a Job cannot change besides its template; another value must be another Job, and so another revision."""
    job = workload.spec.job
    if workload.spec.mode != "job" or job is None:
        return None
    return {"completions": job.completions, "completionMode": job.completion_mode}


def _of_files(workload: Workload) -> Iterator[Reference]:
    for file in workload.spec.files:
        if file.config_map_ref is not None:
            yield "ConfigMap", file.config_map_ref.name
        if file.secret_ref is not None:
            yield "Secret", file.secret_ref.name


def _by_field(sources: Any, config_map_field: str, secret_field: str) -> Iterator[Reference]:
    for source in sources:
        for kind, field in (("ConfigMap", config_map_field), ("Secret", secret_field)):
            if name := (source.get(field) or {}).get("name"):
                yield kind, name


def _digest(value: Any, *, size: int) -> str:
    """Hex digest of a JSON value that does not depend on the order of keys; `size` in bytes."""
    return blake2b(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), digest_size=size).hexdigest()
