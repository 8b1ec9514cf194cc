"""Write a placement into a PodSpec: what the document says itself stays, and both must hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wharfinger.api.resource import Object
from wharfinger.placement import requirement
from wharfinger.placement.pod_placement import PodPlacement
from wharfinger.placement.requirement import ANYWHERE, Terms, both

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def placed(spec: Object, placement: PodPlacement, container: str) -> Object:
    """A PodSpec with the placement in it; `container` is the one that claims resources. The spec given is not changed.

    Labels are not in a PodSpec: `PodPlacement.labels` go to the pod's metadata.
    """
    parts = {
        "affinity": _affinity(spec.get("affinity") or {}, placement),
        "tolerations": _united(spec.get("tolerations") or (), placement.tolerations),
        "topologySpreadConstraints": _spread(spec.get("topologySpreadConstraints") or (), placement.spread),
    }
    made = {**{name: part for name, part in spec.items() if name not in parts}, **_said(parts)}
    if placement.resources:
        made["containers"] = [
            _claiming(each, placement.resources) if each["name"] == container else each for each in spec["containers"]
        ]
    return made


def _affinity(affinity: Object, placement: PodPlacement) -> Object:
    near, apart = affinity.get("podAffinity") or {}, affinity.get("podAntiAffinity") or {}
    return _said(
        {
            "nodeAffinity": _node_affinity(affinity.get("nodeAffinity") or {}, placement.nodes),
            "podAffinity": _said(
                {
                    REQUIRED: _united(near.get(REQUIRED) or (), placement.near),
                    PREFERRED: _united(near.get(PREFERRED) or (), placement.rather_near),
                }
            ),
            "podAntiAffinity": _said({**apart, REQUIRED: _united(apart.get(REQUIRED) or (), placement.apart)}),
        }
    )


def _node_affinity(affinity: Object, nodes: Terms) -> Object:
    if nodes == ANYWHERE:
        return affinity
    return {**affinity, REQUIRED: {"nodeSelectorTerms": requirement.to_json(both(own_terms(affinity), nodes))}}


def own_terms(node_affinity: Object) -> Terms:
    """The node affinity that a PodSpec requires itself."""
    required = node_affinity.get(REQUIRED)
    return requirement.from_json(required.get("nodeSelectorTerms") or ()) if required else ANYWHERE


def _spread(own: Iterable[Object], ours: Iterable[Object]) -> list[Object]:
    """A pod may not have two with the same key and the same binding (core/v1 validation): its own counts."""
    kept = list(own)
    taken = {_identity(each) for each in kept}
    return kept + [each for each in ours if _identity(each) not in taken]


def _identity(constraint: Object) -> tuple[Any, Any]:
    return constraint.get("topologyKey"), constraint.get("whenUnsatisfiable")


def _claiming(container: Object, resources: Mapping[str, str]) -> Object:
    """With these resources, but for those that the container claims itself."""
    own = container.get("resources") or {}
    claimed = (own.get("requests") or {}).keys() | (own.get("limits") or {}).keys()
    added = {name: amount for name, amount in resources.items() if name not in claimed}
    both_ways = {kind: {**(own.get(kind) or {}), **added} for kind in ("requests", "limits")}
    return {**container, "resources": {**own, **both_ways}} if added else container


def _united(own: Iterable[Object], ours: Iterable[Object]) -> list[Object]:
    kept = list(own)
    return kept + [each for each in ours if each not in kept]


def _said(parts: Object) -> Object:
    return {name: part for name, part in parts.items() if part}
