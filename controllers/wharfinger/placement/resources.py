"""Swarm's generic resources as extended resources of Kubernetes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from wharfinger.api.tasks import GenericResource
from wharfinger.placement.labels import legal_key

DOMAIN: Final = "generic.wharfinger.dev"
"""Of those that have no domain of their own: a node offers them as ``generic.wharfinger.dev/KIND``."""

_NATIVE: Final = "kubernetes.io"


def resource_name(kind: str) -> str:
    """The extended resource of a kind."""
    return kind if "/" in kind else f"{DOMAIN}/{kind}"


def legal_kind(kind: str) -> bool:
    """Whether there can be such a resource: a label's name, in nobody's domain who keeps it (core/v1 validation)."""
    domain, _, _ = resource_name(kind).rpartition("/")
    native = domain == _NATIVE or domain.endswith("." + _NATIVE)
    return legal_key(resource_name(kind)) and not native and not domain.startswith("requests.")


def extended(claims: Iterable[GenericResource]) -> dict[str, str]:
    """What a task claims, by name of the extended resource."""
    return {resource_name(each.kind): str(each.value) for each in claims if legal_kind(each.kind)}
