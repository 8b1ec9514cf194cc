"""What wakes a NodePolicy: nodes that change in what policies look at, and pods on nodes that are drained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wharfinger.api.builtin import NODE, POD
from wharfinger.api.kinds import NODE_POLICY
from wharfinger.api.labels import AVAILABILITY_ANNOTATION, NODE_POLICY_ANNOTATION
from wharfinger.api.resource import Key, Object, key_of
from wharfinger.engine.controller import Watch
from wharfinger.engine.stores import Stores
from wharfinger.engine.trim import keep
from wharfinger.placement import trim_node
from wharfinger.reconcilers.nodepolicy.leaving import MIRROR
from wharfinger.reconcilers.nodepolicy.marks import record_of
from wharfinger.reconcilers.watches import BY_NODE, node_of

PODS: Final = "policy-pods"
"""Name of the store of pods: all of them, since anybody's pods may be on a node."""


def _all_policies(stores: Stores, _node: Object) -> Iterator[Key]:
    """Any policy may be about a node, and who is about it may change with its labels."""
    for policy in stores[NODE_POLICY].values():
        yield key_of(policy)


def _node_changed(old: Object | None, new: Object | None) -> bool:
    return _of_interest(old) != _of_interest(new)


def _of_interest(node: Object | None) -> tuple[object, ...] | None:
    if node is None:
        return None
    metadata = node["metadata"]
    annotations = metadata.get("annotations") or {}
    noted = [annotations.get(name) for name in (NODE_POLICY_ANNOTATION, AVAILABILITY_ANNOTATION)]
    return metadata["uid"], metadata.get("labels"), noted, node.get("spec", {}).get("unschedulable")


def _drainer(stores: Stores, pod: Object) -> Iterator[Key]:
    """The policy that drains the pod's node."""
    for name in node_of(pod):
        node = stores[NODE].get("", name)
        if node is None or (node["metadata"].get("annotations") or {}).get(AVAILABILITY_ANNOTATION) != "drain":
            continue
        if policy := record_of(node).policy:
            yield "", policy


_trim_pod_parts = keep("spec.nodeName", "spec.volumes.emptyDir", "status.phase")


def _trim_pod(pod: Object) -> Object:
    """Where it runs, whose it is, and what a drain asks of it: there may be very many."""
    kept = _trim_pod_parts(pod)
    metadata = kept["metadata"]
    metadata.pop("creationTimestamp", None)
    if not any("emptyDir" in volume for volume in kept.get("spec", {}).get("volumes") or ()):
        kept.get("spec", {}).pop("volumes", None)
    metadata["annotations"] = {key: "" for key in metadata.get("annotations") or () if key == MIRROR}
    return kept


WATCHES: Final = (
    Watch(NODE, trim=trim_node, route=_all_policies, changed=_node_changed, owned=False),
    Watch(POD, name=PODS, trim=_trim_pod, route=_drainer, indexes={BY_NODE: node_of}, owned=False),
)
