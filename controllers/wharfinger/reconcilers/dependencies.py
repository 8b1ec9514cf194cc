"""Dependencies between workloads, from the cache: how they stand, whether they go round in a circle, whom they wake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from wharfinger.api.containerworkload import Workload
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Key, Object, key_of
from wharfinger.engine.stores import Stores
from wharfinger.rollout import Standing, cycle, standing

BY_DEPENDENCY = "dependency"
"""Index of workloads: namespace and name of each that they depend on."""


def dependencies(obj: Object) -> Iterator[Key]:
    """Index of workloads by what they depend on; of what cannot be read too, since it may be part of a cycle."""
    namespace = obj["metadata"].get("namespace", "")
    for name in _names(obj):
        yield namespace, name


def dependents(stores: Stores, old: Object | None, new: Object | None) -> Iterable[Key]:
    """The workloads that a change of one concerns: those that depend on it, if it stands otherwise than before."""
    obj = new or old
    if obj is None:
        return
    waiting = stores[CONTAINER_WORKLOAD].by_index(BY_DEPENDENCY, key_of(obj))
    if waiting and _shown(old) != _shown(new):
        yield from map(key_of, waiting)


def standings(stores: Stores, workload: Workload) -> Mapping[str, Standing]:
    """The workloads that it depends on, by name, as far as they are there."""
    found: dict[str, Standing] = {}
    for each in workload.spec.depends_on:
        shown = standing(stores[CONTAINER_WORKLOAD].get(workload.namespace, each.name))
        if shown is not None:
            found[each.name] = shown
    return found


def loop(stores: Stores, workload: Workload) -> tuple[str, ...]:
    """The names along a cycle that it is part of, itself at both ends; empty if it is part of none."""
    if not workload.spec.depends_on:
        return ()
    own = [each.name for each in workload.spec.depends_on]

    def named(name: str) -> Iterable[str]:
        if name == workload.name:
            return own
        obj = stores[CONTAINER_WORKLOAD].get(workload.namespace, name)
        return () if obj is None else _names(obj)

    return cycle(workload.name, named)


def _shown(obj: Object | None) -> tuple[Standing | None, list[str]]:
    return standing(obj), sorted(_names(obj)) if obj is not None else []


def _names(obj: Object) -> Iterator[str]:
    for each in obj.get("spec", {}).get("dependsOn") or ():
        yield each["name"]
