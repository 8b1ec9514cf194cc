"""A kind of ours, as data, and the CustomResourceDefinition that publishes it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Literal

from wharfinger.api.model import Model, Rule, validations
from wharfinger.api.resource import Object, Resource
from wharfinger.api.schema import structural

MAX_NAME = 63
"""A resource's name becomes a label's value and the name of containers and Services."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of ``kubectl get``. A priority above 0 shows it with ``-o wide`` only."""

    name: str
    path: str
    description: str
    type: Literal["string", "integer", "date"] = "string"
    priority: int = 0

    def definition(self) -> Object:
        """The column as a CRD writes it."""
        column: Object = {"name": self.name, "type": self.type, "jsonPath": self.path, "description": self.description}
        return column | ({"priority": self.priority} if self.priority else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomResource:
    """What a CRD says about a kind. ``rules`` see the whole object (``self.metadata.name``, ``self.spec``)."""

    resource: Resource
    short_names: tuple[str, ...]
    description: str
    spec: type[Model]
    status: type[Model]
    rules: tuple[Rule, ...] = ()
    columns: tuple[Column, ...]
    selectable: tuple[str, ...] = ()
    scalable: bool = False

    @property
    def name(self) -> str:
        """Name of the CRD object."""
        return f"{self.resource.plural}.{self.resource.group}"


def definition(kind: CustomResource) -> Object:
    """The CustomResourceDefinition (apiextensions.k8s.io/v1) of a kind."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": kind.name},
        "spec": {
            "group": kind.resource.group,
            "scope": "Namespaced" if kind.resource.namespaced else "Cluster",
            "names": _names(kind),
            "versions": [_version(kind)],
        },
    }


def _names(kind: CustomResource) -> Object:
    return {
        "kind": kind.resource.kind,
        "listKind": f"{kind.resource.kind}List",
        "plural": kind.resource.plural,
        "singular": kind.resource.kind.lower(),
        "shortNames": list(kind.short_names),
        "categories": ["wharfinger"],
    }


def _version(kind: CustomResource) -> Object:
    """What is empty is left out: the API server drops it, and the next apply of the same would differ from what is."""
    fields = [{"jsonPath": path} for path in kind.selectable]
    return {
        "name": kind.resource.version,
        "served": True,
        "storage": True,
        "subresources": _subresources(kind),
        "additionalPrinterColumns": [column.definition() for column in kind.columns],
        **({"selectableFields": fields} if fields else {}),
        "schema": {"openAPIV3Schema": _root(kind)},
    }


def _subresources(kind: CustomResource) -> Object:
    scale = {
        "specReplicasPath": ".spec.replicas",
        "statusReplicasPath": ".status.replicas",
        "labelSelectorPath": ".status.selector",
    }
    return {"status": {}} | ({"scale": scale} if kind.scalable else {})


def _root(kind: CustomResource) -> Object:
    """The object as a whole. observedGeneration -1 makes a resource that nobody has looked at count as in progress."""
    return {
        "type": "object",
        "description": kind.description,
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": MAX_NAME}}},
            "spec": deepcopy(structural(kind.spec)),
            "status": deepcopy(structural(kind.status)) | {"default": {"observedGeneration": -1}},
        },
    } | (validations(kind.rules) if kind.rules else {})
