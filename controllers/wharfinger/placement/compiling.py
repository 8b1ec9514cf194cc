"""From a placement to what the scheduler understands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from wharfinger.api.operation import Spread
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.api.tasks import Placement, TasksBlock
from wharfinger.placement import constraining, words
from wharfinger.placement.constraint import Constraint
from wharfinger.placement.findings import error, info, warning
from wharfinger.placement.load import Loads
from wharfinger.placement.node import CONTROL_PLANE, Node
from wharfinger.placement.pod_placement import PodPlacement, on_a_node
from wharfinger.placement.query import QueryError
from wharfinger.placement.query import compiling as querying
from wharfinger.placement.query.groups import split
from wharfinger.placement.requirement import ANYWHERE, NOWHERE, Requirement, Terms, both, met, only
from wharfinger.placement.resources import extended
from wharfinger.placement.spreading import rather_near, spread_constraints, unlabelled

Nodes = Sequence[Node] | None


def pod_placement(
    block: TasksBlock,
    *,
    selector: Mapping[str, str],
    nodes: Nodes,
    load: Loads | None = None,
    spread: Spread | None = None,
) -> PodPlacement:
    """The placement of a workload's tasks.

    `selector` are the labels of all its pods. `nodes` are all nodes of the cluster, None where they are not watched:
    what cannot be said without them is an error finding. `load` is what runs on them (`loads`); None where that is not
    known. `spread` is the workload's `spec.spread`. What `check` finds is not found here again: a constraint that is
    no constraint fits no node.
    """
    placement = block.placement
    parts = [*_constraints(placement, nodes), *_expressions(placement, nodes, load), _roles(placement)]
    spreads = spread_constraints(block, selector, spread or Spread())
    findings = (*_unknown(parts), *_deserted(parts, nodes), *_cases(placement, nodes), *unlabelled(spreads, nodes))
    return PodPlacement(
        nodes=reduce(both, (part.terms or ANYWHERE for part in parts), ANYWHERE),
        near=tuple(term for part in parts for term in part.near),
        apart=(*(term for part in parts for term in part.apart), *_alone(placement, selector)),
        rather_near=rather_near(block),
        spread=spreads,
        tolerations=_tolerations(placement),
        resources=extended(placement.generic_resources),
        lanes=_lanes(placement),
        selector=dict(selector),
        findings=findings,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What one line of a placement asks for."""

    path: str
    text: str
    terms: Terms | None
    """None where it cannot be told."""
    near: tuple[Object, ...] = ()
    apart: tuple[Object, ...] = ()


def _constraints(placement: Placement, nodes: Nodes) -> Iterator[_Part]:
    for path, each in words.constraints(placement):
        asked = constraining.terms(each, nodes) if isinstance(each, Constraint) else NOWHERE
        yield _Part(path=path, text=str(each), terms=asked)


def _expressions(placement: Placement, nodes: Nodes, load: Loads | None) -> Iterator[_Part]:
    for path, each in words.expressions(placement):
        if isinstance(each, QueryError):
            yield _Part(path=path, text=str(each), terms=NOWHERE)
            continue
        taken = split(each)
        asked = [querying.terms(part, nodes, load) for part in taken.rest]
        known = [terms for terms in asked if terms is not None]
        together = reduce(both, known, ANYWHERE) if len(known) == len(asked) else None
        yield _Part(path=path, text=str(each), terms=together, near=taken.near, apart=taken.apart)


def _roles(placement: Placement) -> _Part:
    """Ordinary tasks stay off the control plane, unlike Swarm's, unless it is asked for."""
    workers = only(Requirement(CONTROL_PLANE, "DoesNotExist"))
    asked = ANYWHERE if words.on_control_plane(placement) else workers
    return _Part(path="controlPlane", text="not on the control plane", terms=asked)


def _tolerations(placement: Placement) -> tuple[Object, ...]:
    return ({"key": CONTROL_PLANE, "operator": "Exists"},) if words.on_control_plane(placement) else ()


def _alone(placement: Placement, selector: Mapping[str, str]) -> tuple[Object, ...]:
    """A node of its own for each task, while tasks of other revisions run too: both systems count those."""
    alone = placement.distinct_instance or placement.max_replicas_per_node == 1
    return (on_a_node(selector),) if alone else ()


def _lanes(placement: Placement) -> int:
    many = placement.max_replicas_per_node
    return many if many > 1 and not placement.distinct_instance else 0


def _unknown(parts: Iterable[_Part]) -> Iterator[Finding]:
    for part in parts:
        if part.terms is None:
            message = f"`{part.text}` needs an operator that watches Nodes: no label of a node says so much"
            yield error(part.path, "NodesNotWatched", message)


def _deserted(parts: Sequence[_Part], nodes: Nodes) -> Iterator[Finding]:
    """Which line leaves no node, of those that there are; all of them together, where no single one does."""
    if not nodes:
        return
    known = [part for part in parts if part.terms is not None]
    alone = [part for part in known if not any(met(part.terms or ANYWHERE, node) for node in nodes)]
    for part in alone:
        yield _no_node(part, len(nodes))
    if not alone and not any(all(met(part.terms or ANYWHERE, node) for part in known) for node in nodes):
        path = next(part.path for part in known if part.terms != ANYWHERE)
        yield warning(path.partition("[")[0], "NoNodeFits", f"none of {len(nodes)} nodes fits all that is asked for")


def _no_node(part: _Part, count: int) -> Finding:
    if part.path == "controlPlane":
        message = f"all of {count} nodes are of the control plane: tasks run there with `controlPlane: true` only"
    else:
        message = f"`{part.text}` fits none of {count} nodes"
    return warning(part.path, "NoNodeFits", message)


def _cases(placement: Placement, nodes: Nodes) -> Iterator[Finding]:
    """Without nodes nobody knows in which case they write their labels."""
    about_labels = any(isinstance(each, Constraint) and each.label for _, each in words.constraints(placement))
    if nodes is None and about_labels:
        message = "values of labels are compared letter by letter, also their case: Nodes are not watched"
        yield info("constraints", "CaseSensitive", message)
