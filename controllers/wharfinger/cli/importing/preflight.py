"""What an import would do to the objects, asked of the API server by dry runs: nothing is written here.

Two questions. Made from nothing, would the rendered object be the one that is there? What of that is not so,
ContainerWorkload cannot say. And applied to the one that is there, what would change? If that is its pod template or
its selector, pods would be replaced, and the import is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wharfinger.api.builtin import BY_KIND
from wharfinger.api.containerworkload import Workload
from wharfinger.api.labels import INSTANCE_LABEL, MANAGED_BY_LABEL, NAME_LABEL, REVISION_LABEL
from wharfinger.api.resource import Object, Resource
from wharfinger.api.status import Finding
from wharfinger.cli.compare import Difference, differences
from wharfinger.cli.importing.checks import place
from wharfinger.cli.importing.source import Source, template_of
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import Invalid
from wharfinger.render import Options, objects, template
from wharfinger.render.findings.rule import error, info, warning
from wharfinger.render.names import POD_PARENT_LIMIT, fitted

REPLACES_PODS = "ReplacesPods"
"""Reason of a finding."""
_OURS = frozenset({NAME_LABEL, INSTANCE_LABEL, MANAGED_BY_LABEL, REVISION_LABEL})
"""Labels of ours on pods. On those of a CronJob's further jobs they do no harm."""
_BOOKKEEPING = frozenset({"managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What would come of it."""

    changes: dict[str, list[Difference]] = field(default_factory=dict)
    """By object (``Service/web``): fields that would change; none, where only its owner would."""
    findings: tuple[Finding, ...] = ()
    """What would replace pods (errors), and what stays on an object although the workload cannot say it."""


async def preflight(
    client: KubeClient, source: Source, workload: Workload, taken: Sequence[Object], *, allow_restart: bool
) -> Preflight:
    """Ask the API server. Raises what it answers to a dry run, but for what is wrong with an object."""
    findings: list[Finding] = []
    changes: dict[str, list[Difference]] = {}
    bodies = {(body["kind"], body["metadata"]["name"]): body for body in rendered(workload)}
    for live in taken:
        body = bodies[live["kind"], live["metadata"]["name"]]
        resource = BY_KIND[body["apiVersion"], body["kind"]]
        try:
            after = await client.apply(resource, body, dry_run=True)
        except Invalid as invalid:
            findings.append(error(place(live), "Refused", f"the API server refuses it as rendered: {invalid.message}"))
            continue
        changes[place(live)] = changed(live, after)
        if live is source.runner:
            made = await _made_anew(client, resource, body)
            findings += compared(source, after, made, allow_restart=allow_restart)
    return Preflight(changes=changes, findings=tuple(findings))


def rendered(workload: Workload) -> list[Object]:
    """The objects of the workload, as the operator would apply them; replicas are left to an autoscaler."""
    autoscale = workload.spec.autoscale
    replicas = None if autoscale is not None and autoscale.enabled else workload.spec.replicas
    return objects(workload, template(workload), options=Options(replicas=replicas))


async def _made_anew(client: KubeClient, resource: Resource, body: Object) -> Object:
    """What a create of the rendered object would store, under a name that is free."""
    name = fitted(body["metadata"]["name"], suffix="-import", limit=POD_PARENT_LIMIT)
    return await client.create(resource, body | {"metadata": body["metadata"] | {"name": name}}, dry_run=True)


def compared(source: Source, after: Object, made: Object, *, allow_restart: bool) -> Iterator[Finding]:
    """Whether pods stay, and what of the object the workload does not say."""
    live, where = source.runner, place(source.runner)
    say = warning if allow_restart else error
    ours = _OURS if source.mode == "cron" else frozenset()
    found: dict[str, None] = {}
    for other in (after, made):
        for each in differences(_template(live, ours), _template(other, ours)):
            found[each.at(f"{where}.spec.template")] = None
    for path in found:
        yield say(path, REPLACES_PODS, "would change, and so replace the pods")
    if after["spec"].get("selector") != live["spec"].get("selector"):
        yield error(f"{where}.spec.selector", "Immutable", "would change, which Kubernetes does not allow")
    changing = {each.path for each in differences(_rest(live), _rest(after))}
    for each in differences(_rest(live), _rest(made)):
        if each.path not in changing and each.path != ("replicas",):
            message = "stays on the object, but ContainerWorkload cannot say it: it is lost if the object is made again"
            yield info(each.at(f"{where}.spec"), "NotSaid", message)


def _template(runner: Object, ours: frozenset[str]) -> Object:
    """The pod template, less the labels `ours`."""
    found = template_of(runner)
    meta = found.get("metadata") or {}
    labels = {name: value for name, value in (meta.get("labels") or {}).items() if name not in ours}
    return {"labels": labels, "annotations": meta.get("annotations") or {}, "spec": found["spec"]}


def _rest(runner: Object) -> Object:
    """The object's spec without its pod template."""
    spec: Object = runner["spec"]
    if runner["kind"] == "CronJob":
        job = {name: value for name, value in spec["jobTemplate"]["spec"].items() if name != "template"}
        return spec | {"jobTemplate": {"spec": job}}
    return {name: value for name, value in spec.items() if name != "template"}


def changed(live: Object, after: Object) -> list[Difference]:
    """The fields that differ, less what the API server counts for itself, and status."""
    return list(differences(_wished(live), _wished(after)))


def _wished(obj: Object) -> Object:
    metadata = {name: value for name, value in obj["metadata"].items() if name not in _BOOKKEEPING}
    return {**obj, "metadata": metadata, "status": None}
