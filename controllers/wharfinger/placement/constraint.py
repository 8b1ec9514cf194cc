"""Swarm's placement constraints: ``node.labels.zone == a``, ``node.role != manager`` (swarmkit, manager/constraint).

Grammar, keys and comparison are Swarm's, with one addition: names of labels may have a slash, since those of Kubernetes
do (``node.labels.topology.kubernetes.io/zone``); Swarm refuses it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from wharfinger.placement.node import Node, architecture

KEYS: Final = (
    "node.id", "node.hostname", "node.ip", "node.role", "node.platform.os", "node.platform.arch",
)  # fmt: skip
"""All but those of labels."""
NODE_LABELS: Final = "node.labels."
ENGINE_LABELS: Final = "engine.labels."

_KEY: Final = re.compile(r"[a-z_][a-z0-9\-_.]+", re.IGNORECASE | re.ASCII)
_LABEL_KEY: Final = re.compile(r"(node|engine)\.labels\.[a-z0-9\-_./]+", re.IGNORECASE | re.ASCII)
_VALUE: Final = re.compile(r"[a-z0-9:\-_ \t\n\f\r.*()?+\[\]\\^$|/]+", re.IGNORECASE | re.ASCII)
_OPERATORS: Final = ("==", "!=")
"""In the order in which they are looked for."""


_MAPPED: Final = 96
"""Bits before the IPv4 address in an IPv6 address that stands for one: ``::ffff:10.0.0.1``."""


class ConstraintError(ValueError):
    """No constraint. Its text says in one line why, and what would be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """``key == value``, or ``key != value``."""

    key: str
    """As it is written; its case does not matter, but in the name of a label."""
    equal: bool
    value: str

    def __str__(self) -> str:
        return f"{self.key} {'==' if self.equal else '!='} {self.value}"

    @property
    def subject(self) -> str:
        """What it is about: one of `KEYS`, `NODE_LABELS`, `ENGINE_LABELS`; empty if Swarm knows no such key."""
        lower = self.key.lower()
        if lower in KEYS:
            return lower
        return next((each for each in (NODE_LABELS, ENGINE_LABELS) if lower.startswith(each) and lower != each), "")

    @property
    def label(self) -> str:
        """The name of the label that it is about; empty if it is about none."""
        subject = self.subject
        return self.key[len(subject) :] if subject in (NODE_LABELS, ENGINE_LABELS) else ""

    @property
    def network(self) -> IPv4Network | IPv6Network | None:
        """Its value as addresses (one, or CIDR, whose host part may be set); None if it is neither."""
        _, slash, length = self.value.partition("/")
        if slash and not length.isdecimal():
            return None
        try:
            found = ip_network(self.value, strict=False)
        except ValueError:
            return None
        mapped = found.network_address.ipv4_mapped if isinstance(found, IPv6Network) else None
        return IPv4Network((mapped, found.prefixlen - _MAPPED)) if mapped and found.prefixlen >= _MAPPED else found


@lru_cache(maxsize=4096)
def parse(text: str) -> Constraint:
    """A constraint. ConstraintError where Swarm refuses it."""
    operator = next((each for each in _OPERATORS if each in text), None)
    if operator is None:
        raise ConstraintError("must have one operator, == or !=: `node.labels.zone == a`")
    key, _, value = (part.strip() for part in text.partition(operator))
    if not (_KEY.fullmatch(key) or _LABEL_KEY.fullmatch(key)):
        raise ConstraintError(f"`{key}` is no key; keys are {', '.join(KEYS)}, node.labels.NAME, engine.labels.NAME")
    if not _VALUE.fullmatch(value):
        raise ConstraintError(
            f"`{value}` is no value: letters, digits, spaces and : - _ . * ( ) ? + [ ] \\ ^ $ | / only"
        )
    return Constraint(key=key, equal=operator == "==", value=value)


def matches(constraint: Constraint, node: Node) -> bool:
    """Whether a node meets it. Values compare whatever their case; a label that is absent is an empty one."""
    if constraint.subject == "node.ip":
        return _matches_address(constraint, node)
    if not constraint.subject:
        return False
    return _equals(constraint, node) == constraint.equal


def _equals(constraint: Constraint, node: Node) -> bool:
    value = constraint.value.casefold()
    return value in {each.casefold() for each in facts(constraint, node)} or (
        constraint.subject == "node.platform.arch" and architecture(constraint.value) == node.arch
    )


def facts(constraint: Constraint, node: Node) -> tuple[str, ...]:
    """What a node has for the subject of a constraint: any of it may be meant."""
    match constraint.subject:
        case "node.id":
            return node.name, node.uid
        case "node.hostname":
            return (node.hostname,)
        case "node.role":
            return (node.role,)
        case "node.platform.os":
            return (node.os,)
        case "node.platform.arch":
            return (node.arch,)
        case "node.labels.":
            return (node.labels.get(constraint.label, ""),)
        case _:
            return (node.engine_labels.get(constraint.label, ""),)


def _matches_address(constraint: Constraint, node: Node) -> bool:
    """One that is no address fits no node, whichever way it is put."""
    network = constraint.network
    if network is None:
        return False
    return any(ip.version == network.version and ip in network for ip in node.ips) == constraint.equal
