"""What stands against taking objects over: a policy chain, each link one reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from wharfinger.api.labels import MANAGED_BY_LABEL
from wharfinger.api.resource import Object, controller_of
from wharfinger.api.status import Finding
from wharfinger.cli.importing.source import Source
from wharfinger.cli.importing.tools import tool_of
from wharfinger.render.findings.rule import error, warning


def obstacles(source: Source, taken: Sequence[Object], *, force: bool, allow_restart: bool) -> Iterator[Finding]:
    """All of them; errors, less those that `force` or `allow_restart` make warnings."""
    for check in _CHECKS:
        yield from check(source)
    for finding in under_way(source):
        yield warning(finding.path, finding.reason, finding.message) if allow_restart else finding
    for finding in looked_after(taken):
        yield warning(finding.path, finding.reason, finding.message) if force else finding


def place(obj: Object) -> str:
    """How findings name an object: ``Deployment/web``."""
    return f"{obj['kind']}/{obj['metadata']['name']}"


def controlled(source: Source) -> Iterator[Finding]:
    """An object has one controller."""
    owner = controller_of(source.runner)
    if owner is not None:
        message = f"{owner['kind']} {owner['name']} controls it, and would go on to: import that, or delete it first"
        yield error(f"{place(source.runner)}.metadata.ownerReferences", "Controlled", message)


def going(source: Source) -> Iterator[Finding]:
    """What is being deleted cannot be kept."""
    if "deletionTimestamp" in source.runner["metadata"]:
        yield error(place(source.runner), "BeingDeleted", "it is being deleted")


def expressions(source: Source) -> Iterator[Finding]:
    """A Service selects by labels alone, and the workload has one selector for all."""
    selector = source.runner["spec"].get("selector") or {}
    if source.mode != "cron" and selector.get("matchExpressions"):
        message = "ContainerWorkload selects by labels alone, and Kubernetes does not let the selector change"
        yield error(f"{place(source.runner)}.spec.selector.matchExpressions", "Unsayable", message)


def paused(source: Source) -> Iterator[Finding]:
    """A pause is said on the workload, and the import ends its own."""
    if source.mode == "service" and source.runner["spec"].get("paused"):
        message = f"it is paused: `kubectl rollout resume {place(source.runner).lower()}` first"
        yield error(f"{place(source.runner)}.spec.paused", "Paused", message)


def held_back(source: Source) -> Iterator[Finding]:
    """A StatefulSet that is updated by hand, or in part, would be updated as a whole."""
    strategy = source.runner["spec"].get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        message = "OnDelete becomes RollingUpdate: the next change replaces the pods by itself"
        yield warning(f"{place(source.runner)}.spec.updateStrategy", "UpdatesByItself", message)
    if partition := (strategy.get("rollingUpdate") or {}).get("partition"):
        message = f"{partition} becomes 0: the next change replaces every pod"
        yield warning(f"{place(source.runner)}.spec.updateStrategy.rollingUpdate.partition", "UpdatesAll", message)


def lost_by_label(source: Source) -> Iterator[Finding]:
    """The one label that new pods will have another value of; what selects by it would lose them."""
    selecting = [each for each in source.services if MANAGED_BY_LABEL in each["spec"]["selector"]]
    if MANAGED_BY_LABEL in ((source.runner["spec"].get("selector") or {}).get("matchLabels") or {}):
        selecting.append(source.runner)
    for obj in selecting:
        message = f"selects by the label {MANAGED_BY_LABEL}, which will say wharfinger: take it out of the selector"
        yield error(f"{place(obj)}.spec.selector", "SelectsByManager", message)


def under_way(source: Source) -> Iterator[Finding]:
    """A rollout in progress: there is more than one template, and only one can be kept."""
    status = source.runner.get("status") or {}
    if source.mode == "service":
        half_way = status.get("updatedReplicas", 0) != status.get("replicas", 0)
    else:
        half_way = source.mode == "stateful" and status.get("currentRevision") != status.get("updateRevision")
    behind = source.mode != "cron" and status.get("observedGeneration", 0) < source.runner["metadata"]["generation"]
    if half_way or behind:
        message = f"a rollout is under way: wait for `kubectl rollout status {place(source.runner).lower()}`"
        yield error(place(source.runner), "RolloutUnderWay", message)


def looked_after(taken: Sequence[Object]) -> Iterator[Finding]:
    """Another tool has the object from somewhere, and puts it back to that."""
    for obj in taken:
        if tool := tool_of(obj):
            message = (
                f"{tool} has it, and will write to it again: take it out of there without deleting it "
                f"({_HOW.get(tool, 'see its documentation')}), or --force"
            )
            yield error(place(obj), "LookedAfter", message)


_HOW: Final = {
    "Helm": "annotation helm.sh/resource-policy=keep, then uninstall or leave it out of the chart",
    "Argo CD": "annotation argocd.argoproj.io/sync-options=Prune=false, then remove it from the source",
    "Flux": "annotation kustomize.toolkit.fluxcd.io/prune=disabled, then remove it from the source",
}

_CHECKS: Final[tuple[Callable[[Source], Iterator[Finding]], ...]] = (
    controlled,
    going,
    expressions,
    paused,
    held_back,
    lost_by_label,
)
