"""All that is known about one workload at one moment, read from the caches and from nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial

from wharfinger.api import builtin
from wharfinger.api.containerworkload import Workload
from wharfinger.api.resource import Key, Object, Resource, controller_of, key_of
from wharfinger.api.status import ContainerWorkloadStatus
from wharfinger.engine.stores import Stores
from wharfinger.placement import Loads, Node, loads
from wharfinger.reconcilers import dependencies, nodes, watches
from wharfinger.reconcilers.alarms import UNTOLD, Reading
from wharfinger.reconcilers.content import DIGEST
from wharfinger.render import referenced, stamps_of, tasks_block
from wharfinger.rollout import Standing, stamps


@dataclass(frozen=True, kw_only=True)
class View:
    """What a decision is made from. Objects are the caches' own: never to be changed."""

    workload: Workload
    """The resource, read."""
    status: ContainerWorkloadStatus
    """What it reports now: the state that outlives the operator."""
    owned: tuple[tuple[Resource, Object], ...]
    """Objects that it controls."""
    pods: tuple[Object, ...]
    """Its pods, whichever object made them; none in mode ``tasks``, which looks at those alone that changed."""
    task_pods: tuple[tuple[Key, int], ...] = ()
    """Mode ``tasks``: its Pods by key, and their resource versions."""
    pod: Callable[[Key], Object | None] = lambda _: None
    """The Pod of a key, as it is in the cache."""
    told_of: Callable[[Iterable[Object]], Iterator[Object]] = lambda _: iter(())
    """Recent warnings about objects."""
    events: tuple[Object, ...]
    """Recent warnings about its objects and pods."""
    autoscalers: Mapping[tuple[str, str], str]
    """Kind and name of what is scaled, to the name of a HorizontalPodAutoscaler that is not ours and scales it."""
    lost_nodes: frozenset[str]
    """Nodes of its pods that are gone, or do not answer."""
    nodes: tuple[Node, ...] | None = None
    """All nodes, where tasks are placed on them; None where they are not watched, and in the other modes."""
    loads: Loads | None = None
    """What runs on them, where the placement asks."""
    alarms: Reading = UNTOLD
    """How the alarms of `spec.tasks.deployment` stand."""
    dependencies: Mapping[str, Standing] = field(default_factory=dict)
    """The workloads that `spec.dependsOn` names, as far as they are there."""
    loop: tuple[str, ...] = ()
    """Names along a cycle of dependencies that it is part of."""
    digests: Mapping[tuple[str, str], str]
    """Content of the ConfigMaps and Secrets that it refers to, as far as they exist and are watched."""
    http_route: bool
    """Whether the cluster has HTTPRoute."""
    secrets_watched: bool
    """Whether the operator may watch what Secrets contain."""
    start_image: str = ""
    """Image with the start program of tasks; empty where the operator was given none."""
    now: datetime

    def of(self, resource: Resource) -> Iterator[Object]:
        """The controlled objects of one resource."""
        return (obj for found, obj in self.owned if found == resource)

    @cached_property
    def kept(self) -> Mapping[str, Object]:
        """The data of the ControllerRevisions, by hash."""
        return {obj["data"]["hash"]: obj["data"] for obj in self.of(builtin.CONTROLLER_REVISION)}

    @cached_property
    def restarted_with(self) -> Mapping[str, str]:
        """What runs of the workloads whose updates restart this one, by name.

        Of one that is not there, or runs nothing yet, what ran when a revision was last asked for: nobody's pods are
        replaced because a dependency went.
        """
        asked = [each.name for each in self.workload.spec.depends_on if each.restart]
        if not asked:
            return {}
        kept = stamps_of(self._last_asked) | stamps(self.workload.spec.depends_on, self.dependencies)
        return {name: kept[name] for name in asked if name in kept}

    @property
    def _last_asked(self) -> Object:
        """The pod template of the revision that was last asked for; empty if none is kept."""
        state = self.status.rollout
        last = (state.waiting_revision or state.revision) if state else None
        records = self.of(builtin.CONTROLLER_REVISION)
        newest = max(records, key=lambda obj: (obj["revision"] == last, obj["revision"]), default=None)
        pod: Object = newest["data"]["pod"] if newest else {}
        return pod

    def live(self, resource: Resource, name: str) -> Object | None:
        """The controlled object of that name."""
        return next((obj for obj in self.of(resource) if obj["metadata"]["name"] == name), None)


def gather(
    stores: Stores,
    workload: Workload,
    status: ContainerWorkloadStatus,
    *,
    now: datetime,
    alarms: Reading = UNTOLD,
    start_image: str = "",
) -> View:
    """Everything about `workload`, from the caches; `alarms` is what Prometheus said of them.

    `start_image` is the operator's own setting.
    """
    tasks, store = workload.spec.mode == "tasks", stores[builtin.POD]
    owned = tuple(stores.by_owner(workload.uid, workload.namespace, without=(builtin.POD,) if tasks else ()))
    labelled = () if tasks else store.by_index(watches.BY_WORKLOAD, (workload.namespace, workload.name))
    pods = tuple(pod for pod in labelled if controller_of(pod))  # a copy that somebody made by hand is not ours
    versions = store.versions_by_owner(workload.uid) if tasks else ()
    return View(
        workload=workload,
        status=status,
        owned=owned,
        pods=pods,
        events=tuple(_events(stores, (*(obj for _, obj in owned), *pods))),
        task_pods=tuple((key, version) for key, version in versions if key[0] == workload.namespace),
        pod=lambda key: store.get(*key),
        told_of=partial(_events, stores),
        autoscalers=dict(_autoscalers(stores, workload, owned)),
        lost_nodes=frozenset(_lost_nodes(stores, pods)),
        nodes=_nodes(stores, workload),
        loads=_loads(stores, workload),
        alarms=alarms,
        dependencies=dependencies.standings(stores, workload),
        loop=dependencies.loop(stores, workload),
        digests=dict(_digests(stores, workload)),
        http_route=not stores.absent(builtin.HTTP_ROUTE),
        secrets_watched=watches.CONTENT["Secret"] in stores,
        start_image=start_image,
        now=now,
    )


def _events(stores: Stores, subjects: Iterable[Object]) -> Iterator[Object]:
    """By uid, so that an Event about an earlier object of the same name does not count; none from elsewhere does."""
    for obj in subjects:
        metadata = obj["metadata"]
        for event in stores[builtin.EVENT_V1].by_index(watches.BY_SUBJECT, metadata["uid"]):
            if event["metadata"].get("namespace") == metadata.get("namespace"):
                yield event


def _autoscalers(
    stores: Stores, workload: Workload, owned: Iterable[tuple[Resource, Object]]
) -> Iterator[tuple[tuple[str, str], str]]:
    for resource, obj in owned:
        scaled = (resource.kind, *key_of(obj))
        for autoscaler in stores[builtin.HORIZONTAL_POD_AUTOSCALER].by_index(watches.BY_SCALED, scaled):
            owner = controller_of(autoscaler)
            if owner is None or owner["uid"] != workload.uid:
                yield (resource.kind, obj["metadata"]["name"]), autoscaler["metadata"]["name"]


def _lost_nodes(stores: Stores, pods: Iterable[Object]) -> Iterator[str]:
    if builtin.NODE not in stores:
        return
    for name in {node for pod in pods if (node := pod.get("spec", {}).get("nodeName"))}:
        node = stores[builtin.NODE].get("", name)
        if node is None or nodes.read(node).ready != "True":
            yield name


def _nodes(stores: Stores, workload: Workload) -> tuple[Node, ...] | None:
    if workload.spec.mode != "tasks" or builtin.NODE not in stores:
        return None
    return tuple(map(nodes.read, stores[builtin.NODE].values()))


def _loads(stores: Stores, workload: Workload) -> Loads | None:
    """Only ECS's expressions ask what runs on nodes, and it takes a look at every pod to tell."""
    block = tasks_block(workload)
    return loads(stores[builtin.POD].values()) if block and block.placement.member_of else None


def _digests(stores: Stores, workload: Workload) -> Iterator[tuple[tuple[str, str], str]]:
    for kind, name in referenced(workload):
        store = watches.CONTENT[kind]
        found = stores[store].get(workload.namespace, name) if store in stores else None
        if found:
            yield (kind, name), found[DIGEST]
