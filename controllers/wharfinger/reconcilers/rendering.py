"""What follows from a workload's document alone, worked out once for each thing that it depends on.

Most reconciles are about pods that became ready, and nothing of what is rendered changed: they take it from here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from cachetools import LRUCache

from wharfinger.api.builtin import BY_KIND
from wharfinger.api.containerworkload import Workload
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.engine.desired import Desired, prepare
from wharfinger.render import RESOURCES, Options, Template, controller_revision, file_maps, findings, objects, template
from wharfinger.rollout import RevisionRef

_RECENT = 1024
"""Workloads whose objects are kept: those in motion. One at rest is not looked at, and needs no place here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revisions:
    """The revision that the spec asks for, and the one that runs: the same, but for a pause or a rollback."""

    target: RevisionRef
    wanted: Template
    running: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """What a revision means on this cluster."""

    desired: tuple[Desired, ...]
    """Objects as they shall be."""
    findings: tuple[Finding, ...]
    """What will not happen as written."""


_templates: LRUCache[Hashable, Template] = LRUCache(_RECENT)
_renderings: LRUCache[Hashable, Rendering] = LRUCache(_RECENT)


def wanted_template(workload: Workload, digests: Mapping[tuple[str, str], str], stamps: Mapping[str, str]) -> Template:
    """The revision that the spec asks for; `digests` and `stamps` as `render.template` has them."""
    key = (*_identity(workload), frozenset(digests.items()), frozenset(stamps.items()))
    found = _templates.get(key)
    if found is None:
        found = _templates[key] = template(workload, digests=digests, stamps=stamps)
    return found


def template_of(workload: Workload, ref: RevisionRef, wanted: Template, kept: Mapping[str, Object]) -> Template:
    """What a revision runs: as its ControllerRevision kept it, where that is not what the spec asks for.

    `kept` is the data of the ControllerRevisions, by hash.
    """
    if ref.hash == wanted.hash or ref.hash not in kept:
        return wanted
    return Template.from_data(kept[ref.hash])


def rendered(workload: Workload, revisions: Revisions, options: Options) -> Rendering:
    """Everything: history and text first, then what `render.objects` gives."""
    key = (*_identity(workload), revisions.target, revisions.running.hash, options)
    found = _renderings.get(key)
    if found is None:
        found = _renderings[key] = Rendering(
            desired=tuple(_render(workload, revisions, options)), findings=tuple(findings(workload, options))
        )
    return found


def _identity(workload: Workload) -> tuple[Hashable, ...]:
    """Equal for what renders alike: metadata.generation stands for the spec, and does not count labels."""
    labels, annotations = workload.labels.items(), workload.annotations.items()
    return workload.uid, workload.generation, frozenset(labels), frozenset(annotations)


def _render(workload: Workload, revisions: Revisions, options: Options) -> Iterator[Desired]:
    texts = [each for kept in (revisions.running, revisions.wanted) for each in file_maps(workload, kept)]
    yield _prepared(workload, controller_revision(workload, revisions.wanted, revisions.target.number))
    for text in {each["metadata"]["name"]: each for each in texts}.values():
        yield _prepared(workload, text)
    for made in objects(workload, revisions.running, options=options):
        yield _prepared(workload, made)


def _prepared(workload: Workload, body: Object) -> Desired:
    """What runs the pods comes last: a pod must find its account, its claims, its text and its network policy."""
    resource = BY_KIND[body["apiVersion"], body["kind"]]
    if resource != RESOURCES[workload.spec.mode]:
        return prepare(resource, body)
    autoscale = workload.spec.autoscale
    return prepare(resource, body, wave=1, initial_replicas=autoscale.min_replicas if autoscale else None)
