"""Swarm's constraints as requirements on nodes.

The scheduler compares values of labels letter by letter, Swarm whatever their case: so each constraint asks for the
value as written and for all that nodes have of it in other cases. What nodes have no label for (addresses, uids) is
asked for by hostname. Both are as good as the Nodes that are known when a task starts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from wharfinger.placement.constraint import Constraint, matches
from wharfinger.placement.labels import legal_key, legal_value
from wharfinger.placement.node import ARCH, CONTROL_PLANE, ENGINE_LABEL_PREFIX, HOSTNAME, OS, Node, architecture
from wharfinger.placement.requirement import ANYWHERE, NOWHERE, Requirement, Terms, among, named, only

Nodes = Sequence[Node] | None
"""All nodes of the cluster; None where they are not watched."""

_UID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_NODE_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


def terms(constraint: Constraint, nodes: Nodes) -> Terms | None:
    """What a constraint asks of a node; None where that cannot be said without knowing the nodes."""
    compile_it = _BY_SUBJECT.get(constraint.subject)
    return compile_it(constraint, nodes) if compile_it else NOWHERE


def _by_id(constraint: Constraint, nodes: Nodes) -> Terms | None:
    """By the node's name, or by its uid."""
    if nodes is None and _UID.fullmatch(constraint.value):
        return None
    wanted = constraint.value.lower()
    name = next((node.name for node in nodes or () if node.uid.lower() == wanted), wanted)
    if not _NODE_NAME.fullmatch(name):
        return _never(constraint)
    return named(name, is_it=constraint.equal)


def _by_hostname(constraint: Constraint, nodes: Nodes) -> Terms:
    """Kubelets write host names in lower case."""
    wanted = constraint.value.lower()
    return _by_value(constraint, HOSTNAME, [wanted], seen_values(HOSTNAME, nodes))


def _by_address(constraint: Constraint, nodes: Nodes) -> Terms | None:
    if constraint.network is None:
        return NOWHERE
    if nodes is None:
        return None
    inside = [node for node in nodes if matches(constraint, node) == constraint.equal]
    return among(inside, inside=constraint.equal)


def _by_role(constraint: Constraint, nodes: Nodes) -> Terms:
    del nodes
    role = constraint.value.lower()
    if role not in ("manager", "worker"):
        return _never(constraint)
    manager = (role == "manager") == constraint.equal
    return only(Requirement(CONTROL_PLANE, "Exists" if manager else "DoesNotExist"))


def _by_os(constraint: Constraint, nodes: Nodes) -> Terms:
    return _by_value(constraint, OS, [constraint.value.lower()], seen_values(OS, nodes))


def _by_arch(constraint: Constraint, nodes: Nodes) -> Terms:
    return _by_value(constraint, ARCH, [architecture(constraint.value)], seen_values(ARCH, nodes))


def _by_node_label(constraint: Constraint, nodes: Nodes) -> Terms:
    return _by_label(constraint, constraint.label, nodes)


def _by_engine_label(constraint: Constraint, nodes: Nodes) -> Terms:
    return _by_label(constraint, ENGINE_LABEL_PREFIX + constraint.label, nodes)


def _by_label(constraint: Constraint, key: str, nodes: Nodes) -> Terms:
    if not legal_key(key):
        return _never(constraint)
    return _by_value(constraint, key, [constraint.value], seen_values(key, nodes))


def _by_value(constraint: Constraint, key: str, written: Iterable[str], seen: Iterable[str]) -> Terms:
    """The value as written and as seen; what is no legal value of a label, none has."""
    wanted = constraint.value.casefold()
    values = {value for value in written if legal_value(value)} | {each for each in seen if each.casefold() == wanted}
    if not values:
        return _never(constraint)
    return only(Requirement(key, "In" if constraint.equal else "NotIn", tuple(sorted(values))))


def _never(constraint: Constraint) -> Terms:
    """No node has that value."""
    return NOWHERE if constraint.equal else ANYWHERE


def seen_values(key: str, nodes: Nodes) -> set[str]:
    """The values that nodes have of a label."""
    return {node.labels[key] for node in nodes or () if key in node.labels}


_BY_SUBJECT: Final[Mapping[str, Callable[[Constraint, Nodes], Terms | None]]] = {
    "node.id": _by_id,
    "node.hostname": _by_hostname,
    "node.ip": _by_address,
    "node.role": _by_role,
    "node.platform.os": _by_os,
    "node.platform.arch": _by_arch,
    "node.labels.": _by_node_label,
    "engine.labels.": _by_engine_label,
}
