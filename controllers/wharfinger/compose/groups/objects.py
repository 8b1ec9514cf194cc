"""Objects beside the workload: their metadata, and how they select its pods."""

from __future__ import annotations

from typing import Final

from wharfinger.api.labels import INSTANCE_LABEL, NAME_LABEL
from wharfinger.api.resource import Object
from wharfinger.compose.part import Context, Service

PROJECT_LABEL: Final = "com.docker.compose.project"
"""On every object that a project makes: the project's name, by the label that Docker gives its containers."""


def metadata(context: Context, name: str) -> Object:
    """Name, namespace, and the label of the project."""
    project = context.project.get("name")
    labels = {"labels": {PROJECT_LABEL: project}} if project else {}
    return {"name": name, "namespace": context.namespace, **labels}


def pods_of(workload: str) -> dict[str, str]:
    """The labels that select a workload's pods."""
    return {NAME_LABEL: workload, INSTANCE_LABEL: workload}


def service_object(service: Service, name: str, spec: Object, selector: Object | None = None) -> Object:
    """A core/v1 Service for the pods of a service, or those that `selector` selects."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(service.context, name),
        "spec": {"selector": selector or pods_of(service.pods), **spec},
    }
