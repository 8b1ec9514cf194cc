"""From what is there to a ContainerWorkload, with findings: pure, and verified by rendering it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pydantic import ValidationError

from wharfinger.api import API_VERSION
from wharfinger.api.containerworkload import ContainerWorkloadSpec, Workload
from wharfinger.api.findings import findings
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.labels import IMPORTED_ANNOTATION, INSTANCE_LABEL, MANAGED_BY_LABEL, NAME_LABEL
from wharfinger.api.parse import InvalidSpec, parse
from wharfinger.api.resource import Object
from wharfinger.api.schema import structural
from wharfinger.api.status import Finding
from wharfinger.cli.importing.around import around
from wharfinger.cli.importing.blocks import BLOCKS
from wharfinger.cli.importing.checks import obstacles
from wharfinger.cli.importing.defaults import plain_pod
from wharfinger.cli.importing.podspec import completed, short_form
from wharfinger.cli.importing.source import Source
from wharfinger.render import checked, template
from wharfinger.render.findings.rule import error, info, warning
from wharfinger.render.metadata import own_labels, passed_on
from wharfinger.render.values import present


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of it."""

    document: Object
    """A ContainerWorkload."""
    workload: Workload | None
    """The same, read; None where it cannot be."""
    taken: tuple[Object, ...]
    """The objects that become the workload's, what runs the pods first."""
    findings: tuple[Finding, ...]
    """What stands against it, what is left alone, what will differ."""

    @property
    def blocked(self) -> bool:
        """Whether nothing must be handed over."""
        return any(finding.severity == "error" for finding in self.findings)

    def restarting(self) -> Imported:
        """The same with a rollout at once: the pods that are there are not those that the document means."""
        metadata = {name: value for name, value in self.document["metadata"].items() if name != "annotations"}
        return replace(self, document=self.document | {"metadata": metadata})


def imported(source: Source, *, force: bool = False, allow_restart: bool = False) -> Imported:
    """The workload that takes over `source`.

    `force` takes over what another tool looks after; `allow_restart` what cannot be said without new pods.
    """
    wanted = plain_pod(source.template["spec"])
    base = _spec(source, short_form(wanted, source.name))
    try:
        rest = around(source, base)
        spec, missing = completed(_ordered(base | rest.spec), wanted, name=source.name)
    except ValidationError as error:
        problems = findings(error, base, root="spec", schema=structural(ContainerWorkloadSpec))
        against = tuple(obstacles(source, (source.runner,), force=force, allow_restart=allow_restart))
        return _imported(source, base, (source.runner,), (*problems, *against))
    unsayable = _unsayable(source, missing, allow_restart=allow_restart)
    taken = (source.runner, *rest.taken)
    against = tuple(obstacles(source, taken, force=force, allow_restart=allow_restart))
    return _imported(source, spec, taken, (*against, *unsayable, *rest.findings), as_found=not missing)


def _imported(
    source: Source, spec: Object, taken: tuple[Object, ...], told: tuple[Finding, ...], *, as_found: bool = False
) -> Imported:
    """`as_found`: the rendered pod template is the one that is there, and shall stay so."""
    document = _document(source, spec)
    workload, problems = _read(document)
    if workload is not None and as_found and source.mode != "cron":
        document["metadata"]["annotations"] = {IMPORTED_ANNOTATION: template(workload).hash}
        workload, problems = _read(document)
    problems = tuple(each for each in problems if each not in told)
    return Imported(
        document=document,
        workload=workload,
        taken=taken,
        findings=(*problems, *told, *_notes(source, workload)),
    )


def _spec(source: Source, said: Object) -> Object:
    """The spec but for what is around the pods, and `pod`."""
    selector = (source.runner["spec"].get("selector") or {}).get("matchLabels") if source.mode != "cron" else None
    found: Mapping[str, str] = selector or {}
    return said | present(
        mode=None if source.mode == "service" else source.mode,
        selector=dict(found),
        podLabels={name: value for name, value in source.labels.items() if name not in found},
        podAnnotations=source.template.get("metadata", {}).get("annotations"),
        **{name: block for name, block in BLOCKS[source.mode](source.runner["spec"]).items() if block},
    )


_FIRST = (
    *("mode", "image", "containerName", "imagePullPolicy", "imagePullSecrets", "replicas", "command", "args"),
    *("workingDir", "env", "envFrom", "ports", "resources", "healthCheck", "stateful", "cron", "job", "service"),
)


def _ordered(spec: Object) -> Object:
    """In the order in which people write it."""
    first = [name for name in _FIRST if name in spec]
    return {name: spec[name] for name in (*first, *(name for name in spec if name not in first))}


def _document(source: Source, spec: Object) -> Object:
    metadata = present(name=source.name, namespace=source.runner["metadata"].get("namespace"), labels=_labels(source))
    return {
        "apiVersion": API_VERSION,
        "kind": CONTAINER_WORKLOAD.kind,
        "metadata": metadata,
        "spec": spec,
    }


def _labels(source: Source) -> dict[str, str]:
    """The object's own labels, as far as a workload would pass them on: they go on where it is made again."""
    ours = (NAME_LABEL, INSTANCE_LABEL, MANAGED_BY_LABEL)
    given = source.runner["metadata"].get("labels") or {}
    return {name: value for name, value in passed_on(given).items() if name not in ours}


def _read(document: Object) -> tuple[Workload | None, tuple[Finding, ...]]:
    try:
        return checked(parse(document)), ()
    except InvalidSpec as invalid:
        return None, invalid.findings


def _unsayable(source: Source, missing: list[str], *, allow_restart: bool) -> Iterator[Finding]:
    say = warning if allow_restart else error
    for path in missing[:10]:
        message = "ContainerWorkload cannot say it as it is: pods would be replaced (--allow-restart takes that)"
        yield say(f"{source.kind}/{source.name}.template.{path}", "Unsayable", message)


def _notes(source: Source, workload: Workload | None) -> Iterator[Finding]:
    """What will be otherwise from now on."""
    if source.mode == "cron":
        ours = own_labels(workload) if workload else {}
        for name, value in source.labels.items():
            if ours.get(name, value) != value:
                message = f"will be {ours[name]} on the pods of further jobs"
                yield info(f'spec.podLabels["{name}"]', "LabelReplaced", message)
        return
    message = "a rollout that fails goes back by itself; `rollout: {onFailure: continue}` leaves it, as before"
    yield info("spec.rollout.onFailure", "RollsBack", message)
