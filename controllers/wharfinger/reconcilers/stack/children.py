"""Of a conversion the objects that a Stack owns: labelled, in the order in which they are written. Pure."""

from __future__ import annotations

from typing import Final

from wharfinger.api.builtin import BY_KIND
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.labels import (
    BUILD_LABEL,
    INSTANCE_LABEL,
    MANAGED_BY,
    MANAGED_BY_LABEL,
    STACK_LABEL,
)
from wharfinger.api.resource import Object, Resource
from wharfinger.compose.convert import Conversion
from wharfinger.engine.desired import Desired, prepare
from wharfinger.reconcilers.stack.reading import Stack

_BEFORE: Final = 0
_WORKLOADS: Final = 1
"""Waves: what pods need is there before they are."""


def children(stack: Stack, conversion: Conversion) -> tuple[Desired, ...]:
    """All objects of the Stack."""
    return tuple(_child(stack, obj) for obj in conversion.objects)


def resource_of(obj: Object) -> Resource:
    """The resource of an object that a conversion makes."""
    return CONTAINER_WORKLOAD if CONTAINER_WORKLOAD.describes(obj) else BY_KIND[obj["apiVersion"], obj["kind"]]


def _child(stack: Stack, obj: Object) -> Desired:
    resource = resource_of(obj)
    metadata = dict(obj["metadata"])
    if resource == CONTAINER_WORKLOAD:
        metadata["labels"] = {**(metadata.get("labels") or {}), STACK_LABEL: stack.name}
        return prepare(resource, {**obj, "metadata": metadata}, wave=_WORKLOADS)
    # By the instance an object is known as ours that has no owner: a volume that outlives its Stack.
    ours = {STACK_LABEL: stack.name, INSTANCE_LABEL: stack.name, MANAGED_BY_LABEL: MANAGED_BY}
    metadata["labels"] = {**(metadata.get("labels") or {}), **ours}
    return prepare(resource, {**obj, "metadata": metadata}, wave=_BEFORE, once=BUILD_LABEL in metadata["labels"])
