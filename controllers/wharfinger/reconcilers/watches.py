"""What a ContainerWorkload's reconciler is woken by: what it made, the pods of that, and what its pods depend on."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from wharfinger.api import builtin
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.labels import INSTANCE_LABEL, MANAGED_BY, MANAGED_BY_LABEL, TASK_LABEL, WORKLOAD_LABEL
from wharfinger.api.resource import Key, Object, Resource, controller_of, key_of
from wharfinger.engine.controller import Watch
from wharfinger.engine.stores import Stores
from wharfinger.engine.trim import shallow, slim
from wharfinger.placement import trim_node
from wharfinger.reconcilers import nodes as nodes_
from wharfinger.reconcilers.content import trim_content
from wharfinger.reconcilers.reading import readable
from wharfinger.render import referenced
from wharfinger.rollout import event_subject, trim_event, trim_pod, trim_task

OURS = f"{MANAGED_BY_LABEL}={MANAGED_BY}"
"""Server-side selector of everything that is rendered."""

BY_WORKLOAD = "workload"
"""Index of pods: the workload that they belong to."""
BY_NODE = "node"
"""Index of pods: the node that they run on."""
BY_SUBJECT = "subject"
"""Index of Events: uid of the object that they are about."""
BY_REFERENCE = "reference"
"""Index of workloads: the ConfigMaps and Secrets that they refer to, as (kind, namespace, name)."""

BY_SCALED = "scaled"
"""Index of HorizontalPodAutoscalers: kind, namespace and name of what they scale."""

CONTENT = {"ConfigMap": "content-configmaps", "Secret": "content-secrets"}
"""Names of the watches on the content of ConfigMaps and Secrets that people own."""

PER_NODE = "per-node"
"""Index of workloads: True for those that have a task on each node."""

_RUNNERS: tuple[Resource, ...] = (
    builtin.DEPLOYMENT,
    builtin.STATEFUL_SET,
    builtin.DAEMON_SET,
    builtin.JOB,
    builtin.CRON_JOB,
)
"""What runs the pods: their status is the workload's."""

_AROUND: tuple[Resource, ...] = (
    builtin.SERVICE,
    builtin.CONFIG_MAP,
    builtin.SERVICE_ACCOUNT,
    builtin.PERSISTENT_VOLUME_CLAIM,
    builtin.INGRESS,
    builtin.NETWORK_POLICY,
    builtin.POD_DISRUPTION_BUDGET,
)
"""What is around them: nobody reads their status here, a PodDisruptionBudget's changes with every pod."""

_OWNED = (*_RUNNERS, *_AROUND, builtin.CONTROLLER_REVISION)


def watches(*, secrets: bool, nodes: bool) -> tuple[Watch, ...]:
    """All watches. `secrets` and `nodes` need rights that not every installation grants."""
    return (
        *(Watch(resource, label_selector=OURS) for resource in _RUNNERS),
        *(Watch(resource, label_selector=OURS, heed_status=False) for resource in _AROUND),
        Watch(builtin.CONTROLLER_REVISION, label_selector=OURS, heed_status=False, trim=shallow),
        Watch(builtin.HTTP_ROUTE, label_selector=OURS, optional=True),
        _AUTOSCALERS,
        _PODS,
        _EVENTS,
        _content(builtin.CONFIG_MAP),
        *((_content(builtin.SECRET),) if secrets else ()),
        *((_NODES,) if nodes else ()),
    )


def references(obj: Object) -> Iterator[Hashable]:
    """Index of workloads by what they refer to."""
    workload = readable(obj)
    if workload is None:
        return
    for kind, name in referenced(workload):
        yield kind, workload.namespace, name


def per_node(obj: Object) -> Iterator[Hashable]:
    """Index of workloads by whether they have a task on each node."""
    spec = obj.get("spec", {})
    scheduling = (spec.get("tasks") or {}).get("scheduling", "")
    if spec.get("mode") == "tasks" and scheduling in ("global", "global-job"):
        yield True


# Pods


def _workload_of(pod: Object) -> Iterator[Key]:
    """The workload that a pod's labels name: its controller is a ReplicaSet or a Job, and not the workload itself."""
    metadata = pod["metadata"]
    labels = metadata.get("labels", {})
    name = labels.get(WORKLOAD_LABEL) or labels.get(INSTANCE_LABEL)
    if name:
        yield metadata.get("namespace", ""), name


def node_of(pod: Object) -> Iterator[str]:
    """Index of pods by the node that they run on."""
    node = pod.get("spec", {}).get("nodeName")
    if node:
        yield node


def _trim_pod(pod: Object) -> Object:
    """A bare Pod is kept whole, since it is compared with what it should be; of all others little is needed."""
    if TASK_LABEL in pod["metadata"].get("labels", {}):
        return trim_task(pod)
    owner = controller_of(pod)
    return slim(pod) if owner and owner["kind"] == CONTAINER_WORKLOAD.kind else trim_pod(pod)


_PODS = Watch(
    builtin.POD,
    label_selector=OURS,
    trim=_trim_pod,
    route=lambda _stores, pod: _workload_of(pod),
    indexes={BY_WORKLOAD: _workload_of, BY_NODE: node_of},
    calm=True,
    # Tasks leave in batches, and it is mostly we who sent them away.
    prompt=lambda pod: TASK_LABEL not in pod["metadata"].get("labels", {}),
)


# Autoscalers: ours, and those that people point at what we made


def _scaled(autoscaler: Object) -> Iterator[tuple[str, str, str]]:
    target = autoscaler.get("spec", {}).get("scaleTargetRef", {})
    yield target.get("kind", ""), autoscaler["metadata"].get("namespace", ""), target.get("name", "")


def _owner_of_scaled(stores: Stores, autoscaler: Object) -> Iterator[Key]:
    owner = controller_of(autoscaler)
    if owner and owner["kind"] == CONTAINER_WORKLOAD.kind:
        yield autoscaler["metadata"].get("namespace", ""), owner["name"]
    for kind, namespace, name in _scaled(autoscaler):
        for resource in (builtin.DEPLOYMENT, builtin.STATEFUL_SET):
            scaled = stores[resource].get(namespace, name) if resource.kind == kind else None
            yield from _workload_of(scaled) if scaled else ()


_AUTOSCALERS = Watch(builtin.HORIZONTAL_POD_AUTOSCALER, route=_owner_of_scaled, indexes={BY_SCALED: _scaled})


# Events: what no status tells (a volume that does not mount, a pod that could not be made)


def _about(stores: Stores, event: Object) -> Iterator[Key]:
    """The workload whose pod or object an Event is about."""
    subject = event["involvedObject"]
    for resource in (builtin.POD, *_OWNED):
        if resource.kind == subject.get("kind"):
            obj = stores[resource].get(subject.get("namespace", ""), subject.get("name", ""))
            yield from _workload_of(obj) if obj else ()


def _says_something_new(old: Object | None, new: Object | None) -> bool:
    return new is not None and (old is None or old.get("message") != new.get("message"))


_EVENTS = Watch(
    builtin.EVENT_V1,
    field_selector="type=Warning",
    trim=trim_event,
    route=_about,
    owned=False,
    indexes={BY_SUBJECT: lambda event: (event_subject(event),)},
    changed=_says_something_new,
)


# Nodes


def _concerned(stores: Stores, node: Object) -> Iterator[Key]:
    """The workloads of the pods that are there, and those that have a task on each node."""
    for pod in stores[builtin.POD].by_index(BY_NODE, node["metadata"]["name"]):
        yield from _workload_of(pod)
    for workload in stores[CONTAINER_WORKLOAD].by_index(PER_NODE, True):
        yield key_of(workload)


_NODES = Watch(builtin.NODE, trim=trim_node, route=_concerned, owned=False, changed=nodes_.changed)


# Content that people own


def _content(resource: Resource) -> Watch:
    def route(stores: Stores, obj: Object) -> Iterable[Key]:
        reference = (resource.kind, *key_of(obj))
        return [key_of(workload) for workload in stores[CONTAINER_WORKLOAD].by_index(BY_REFERENCE, reference)]

    return Watch(resource, name=CONTENT[resource.kind], trim=trim_content, route=route, owned=False)
