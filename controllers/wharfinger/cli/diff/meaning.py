"""What a workload means on a cluster, now and after an apply. Pure: the operator's own rendering, asked twice.

Both sides are rendered rather than read from the cluster: the operator keeps what is there equal to what is rendered,
so that the difference is what the apply changes and nothing else, without the defaults that others fill in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from wharfinger.api.containerworkload import Workload
from wharfinger.api.labels import CONTENT_ANNOTATION, PAUSED_ANNOTATION, ROLLBACK_TO_ANNOTATION
from wharfinger.api.parse import parse
from wharfinger.api.status import ContainerWorkloadStatus, RolloutStatus
from wharfinger.render import Options, Template, checked, file_maps, objects, template
from wharfinger.rollout import History, RevisionRef, Standing, history, outlook, stamps, target_ref

Object = dict[str, Any]
Named = dict[str, Object]
"""Objects by ``Kind/name``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What rendering depends on besides the workload."""

    records: Sequence[Object]
    """The workload's ControllerRevisions."""
    digests: Mapping[tuple[str, str], str]
    """Content of the ConfigMaps that it refers to."""
    http_route: bool
    dependencies: Mapping[str, Standing] = field(default_factory=dict)
    """The workloads that it depends on, as far as they are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """The objects before and after, and what becomes of the pods, in words."""

    before: Named
    after: Named
    remark: str


@dataclass(frozen=True, slots=True)
class _Side:
    """A workload, the revision that it asks for, and the one that runs."""

    workload: Workload
    wanted: RevisionRef
    run: RevisionRef
    template: Template


def meaning(live: Object | None, result: Object, around: Surroundings) -> Meaning:
    """What the apply that turns ``live`` into ``result`` changes. Raises InvalidSpec for a workload that cannot run."""
    status = _status(live)
    kept = history(around.records)
    after = _after(result, kept, status.rollout, around)
    if live is None:
        return Meaning(before={}, after=_rendered(after, status, around), remark="")
    before = _before(live, kept, status.rollout, around)
    same = before.wanted.hash == after.wanted.hash
    if same and not _repinned(before, after):
        after = _Side(after.workload, after.wanted, before.run, before.template)
    return Meaning(
        before=_rendered(before, status, around),
        after=_rendered(after, status, around),
        remark=_UNSTARTED if _unstarted(status.rollout) else _remark(before, after),
    )


def _status(live: Object | None) -> ContainerWorkloadStatus:
    return ContainerWorkloadStatus.model_validate((live or {}).get("status", {}))


def _before(live: Object, kept: History, state: RolloutStatus | None, around: Surroundings) -> _Side:
    """What runs now: after a rollback or while held, another revision than the spec asks for."""
    workload, wanted, own = _wanted(live, kept, state, around)
    run = (kept.by_number(state.running_revision) if state else None) or wanted
    return _Side(workload, wanted, run, _kept(around, run) or own)


def _after(result: Object, kept: History, state: RolloutStatus | None, around: Surroundings) -> _Side:
    """What will run: what the spec asks for, unless an annotation holds it."""
    workload, wanted, own = _wanted(result, kept, state, around)
    pin = workload.annotations.get(ROLLBACK_TO_ANNOTATION)
    running = kept.by_number(state.running_revision) if state else None
    waits = bool(outlook(workload.spec.depends_on, around.dependencies).unmet)
    held = running if _paused(workload) or (waits and not pin) else kept.pinned(pin, wanted) if pin else None
    run = held or wanted
    return _Side(workload, wanted, run, (_kept(around, run) if held else None) or own)


def _wanted(
    obj: Object, kept: History, state: RolloutStatus | None, around: Surroundings
) -> tuple[Workload, RevisionRef, Template]:
    workload = checked(parse(obj))
    seen = stamps(workload.spec.depends_on, around.dependencies)
    own = template(workload, digests=around.digests, stamps=seen)
    return workload, target_ref(kept, own.hash, state), own


def _kept(around: Surroundings, run: RevisionRef) -> Template | None:
    found = (record["data"] for record in around.records if record["data"]["hash"] == run.hash)
    return next((Template.from_data(data) for data in found), None)


def _paused(workload: Workload) -> bool:
    return workload.annotations.get(PAUSED_ANNOTATION, "").lower() == "true"


def _repinned(before: _Side, after: _Side) -> bool:
    """Whether the documents themselves set or remove the annotations that hold a rollout."""
    return any(
        before.workload.annotations.get(name) != after.workload.annotations.get(name)
        for name in (PAUSED_ANNOTATION, ROLLBACK_TO_ANNOTATION)
    )


def _rendered(side: _Side, status: ContainerWorkloadStatus, around: Surroundings) -> Named:
    autoscale = side.workload.spec.autoscale
    scaled = autoscale is not None and autoscale.enabled
    scaled = scaled or any(finding.reason == "ScaledElsewhere" for finding in status.findings)
    options = Options(
        replicas=None if scaled else side.workload.spec.replicas,
        paused=_paused(side.workload),
        http_route=around.http_route,
        revision=side.run.number,
    )
    made = [*file_maps(side.workload, side.template), *objects(side.workload, side.template, options=options)]
    return {f"{obj['kind']}/{obj['metadata']['name']}": _without_content(obj) for obj in made}


def _without_content(value: Any) -> Any:
    """Without the digest of what pods refer to: an apply changes no content, and Secrets are not read for this."""
    if isinstance(value, dict):
        return {key: _without_content(each) for key, each in value.items() if key != CONTENT_ANNOTATION}
    return [_without_content(each) for each in value] if isinstance(value, list) else value


_UNSTARTED: Final = "nothing runs yet: it waits for what it depends on"


def _unstarted(state: RolloutStatus | None) -> bool:
    return state is not None and state.waiting_revision is not None and state.running_revision is None


def _remark(before: _Side, after: _Side) -> str:
    """What becomes of the pods."""
    if after.run.hash != before.run.hash and after.run.number == before.run.number:  # no operator has numbered them yet
        return "pods are replaced"
    if after.run.hash != before.run.hash:
        return f"pods are replaced: revision {before.run.number} runs, {after.run.number} will"
    if before.wanted.hash != after.wanted.hash:
        return f"the rollout is held: revision {after.wanted.number} waits, {after.run.number} goes on running"
    return ""
