"""How a Kubernetes resource is addressed: group, version, kind, and the path that the API server serves it under."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]
"""A Kubernetes object as the API server sends it, decoded from JSON and nothing more."""

Key = tuple[str, str]
"""Namespace and name of an object; the namespace is empty for what belongs to none."""


Identity = tuple[str, str, str]
"""Kind, namespace and name of an object of ours: whose reconcile it is that writes something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource of the API, as discovery would describe it.

    ``group`` is empty for the core API, whose paths begin with ``/api`` and not ``/apis``.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    api_version: str = field(init=False, compare=False, repr=False)
    """What objects carry as ``apiVersion``."""
    _root: str = field(init=False, compare=False, repr=False)
    _name: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        api_version = f"{self.group}/{self.version}" if self.group else self.version
        object.__setattr__(self, "api_version", api_version)
        object.__setattr__(self, "_root", f"/{'apis' if self.group else 'api'}/{api_version}")
        object.__setattr__(self, "_name", f"{self.plural}.{self.group}" if self.group else self.plural)

    @property
    def group_version_path(self) -> str:
        """Path of the group and version, where discovery lists its resources."""
        return self._root

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """Path of the collection, of one object, or of a subresource.

        An empty ``namespace`` on a namespaced resource means the collection over all namespaces.
        """
        path = self._root
        if self.namespaced and namespace:
            path += f"/namespaces/{namespace}"
        path += f"/{self.plural}"
        if name:
            path += f"/{name}"
        return f"{path}/{subresource}" if subresource else path

    def describes(self, obj: Object) -> bool:
        """Whether ``obj`` says that it is of this kind, in any version of the group."""
        group = obj.get("apiVersion", "").rpartition("/")[0]
        return bool(obj.get("kind") == self.kind and group == self.group)

    def __str__(self) -> str:
        """The name that RBAC and ``kubectl`` use: ``deployments.apps``."""
        return self._name


def key_of(obj: Object) -> Key:
    """Namespace and name of ``obj``."""
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def identity_of(obj: Object) -> Identity:
    """Kind, namespace and name of ``obj``."""
    return obj["kind"], *key_of(obj)


def controller_of(obj: Object) -> Object | None:
    """The one owner reference that is marked as the controller's, if any."""
    for reference in obj["metadata"].get("ownerReferences", ()):
        if reference.get("controller"):
            found: Object = reference
            return found
    return None
